//! What keeps a witness from being an alarm: the window is there, and nobody need be in it.
//!
//! A file that no other process has a reason to touch, a value that everybody computes alike, a
//! helper whose callers hold the lock, a body that runs once. Each either drops the draft or names
//! the assumption that it hangs on.

use amorsize_facts::event::{
    ActKind, Atomicity, CheckKind, EventKind, Function, FunctionKind, Key, Lang, LockKind, Op,
    Root, Step, StoreKind, ValueId, ValueKind,
};
use amorsize_finding::Consequence;

use super::coin::holds;
use super::explore::{Found, Other};
use super::kept::{kept_for_others, spelled};
use super::no_matter::made_of_key;
use super::own_names::names_itself;
use super::refusal::{answers_only, turns_away};
use super::reported::tells_who_won;
use super::set_by_callers::is_the_callers_own;
use super::stateful::{
    changes_itself, is_ended, makes_what_counts, makes_what_ends, makes_what_locks, runs_a_factory,
};
use crate::flow::{AbsRoot, Flow, FrameId, Item, Uid, draws};
use crate::held::{is_command, stands_with_commands};
use crate::shared::{has_lock, is_lock_word};
use crate::slice::{AbsPlace, Pair, Target, refuses, said, touches};

/// Whether an act happens in the body of a `once`.
pub(super) fn once_only(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    within_once(flow, &flow.items, uid)
}

fn within_once(flow: &Flow<'_, '_>, items: &[Item<'_>], uid: Uid) -> bool {
    let Some(item) = items.iter().find(|item| holds(item, uid)) else { return false };
    let deeper = |items: &[Item<'_>]| within_once(flow, items, uid);
    match item {
        Item::Event(_) | Item::Unlock(..) => false,
        Item::Branch(fork) => deeper(&fork.then) || deeper(&fork.other),
        Item::Loop(round) => deeper(&round.body) || deeper(&round.otherwise),
        Item::Try(attempt) => {
            deeper(&attempt.body)
                || attempt.handlers.iter().any(|handler| deeper(&handler.body))
                || deeper(&attempt.otherwise)
                || deeper(&attempt.finally)
        }
        Item::Call(inlined) => deeper(&inlined.body),
        Item::Within(items) => deeper(items),
        Item::With(region) => {
            let once = region.enter.iter().any(|item| {
                matches!(item, Item::Event(uid)
                    if matches!(&flow.event(*uid).kind, EventKind::Acquire(acquire)
                        if acquire.kind == LockKind::Once))
            });
            once || deeper(&region.body)
        }
    }
}

/// Whether a path is this caller's own, or that of a tool which a person runs by hand and which
/// keeps nothing for others.
pub(super) fn own_or_tool(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let mut made = false;
    let own = [pair.check, pair.act].into_iter().any(|uid| {
        let frame = flow.frame_of(uid);
        let apart = |key: &Key| names_itself(flow, frame, key);
        let moved =
            |key: &Key| flow.keys_of(frame, key).iter().any(|number| target.keys.contains(number));
        match &flow.event(uid).kind {
            // What is moved out of a place of one's own is nobody else's.
            EventKind::Act(act)
                if act.target.is_some() && !is_go(flow) && moved(&act.key) && apart(&act.key) =>
            {
                made = true;
                true
            }
            // What is moved may be this caller's own; where it goes counts as well.
            EventKind::Act(act) if act.target.is_some() => {
                act.target.as_ref().is_some_and(apart) && apart(&act.key)
            }
            kind => kind.target().and_then(|(_, key)| key).is_some_and(apart),
        }
    });
    // A tool of Go's tells its own runs apart seldom enough to be told of, as a note.
    own && (made || !refuses(flow))
        || is_tool(flow) && !is_go(flow) && !kept_for_others(flow, pair, false)
}

/// Whether a function stands where the commands of a program do.
pub(super) fn is_in_a_tool(flow: &Flow<'_, '_>) -> bool {
    stands_with_commands(&flow.tree.file(flow.entry).path)
}

/// Whether a function belongs to a command that a person runs.
pub(super) fn is_tool(flow: &Flow<'_, '_>) -> bool {
    is_command(flow.tree, flow.entry)
}

/// The words of identifiers and paths, lower case: `FileCache/lock_dir` is file, cache, lock, dir.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut low = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && low) {
            found.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = found.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        low = c.is_lowercase();
    }
    found
}

/// Whether a file that is moved to its place whole is called by what is in it: whoever comes second puts the same there.
pub(super) fn named_by_content(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(moved) = &flow.event(act).kind else { return false };
    let Some(to) = moved.target.as_ref().filter(|_| moved.kind == ActKind::Rename) else {
        return false;
    };
    words(&spelled(flow, flow.frame_of(act), to)).iter().any(|word| {
        matches!(word.as_str(), "digest" | "sha" | "sha1" | "sha256" | "checksum" | "hash" | "cas")
    })
}

/// Whether a file is by its name what only one may have: a lock, the file of a process's number.
pub(super) fn is_claim(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let Some((_, Some(key))) = flow.event(pair.act).kind.target() else { return false };
    let entry = flow.tree.function(flow.entry).qualified;
    // A package of Go is called after what it keeps: `pidfile.New(path)`.
    let file = flow.tree.file(flow.entry);
    let package = if file.lang == Lang::Go { file.package.as_str() } else { "" };
    let said = format!("{package} {} {entry}", spelled(flow, flow.frame_of(pair.act), key));
    target.kind == StoreKind::File
        && words(&said).iter().any(|word| {
            matches!(word.strip_suffix("file").unwrap_or(word), "lock" | "pid" | "lease")
        })
}

/// Whether the function promises not to touch what is there: between the look and the act it
/// raises an error that says so, by what it is called or by its words.
pub(super) fn refuses_what_exists(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let mut raised = (pair.check..pair.act).filter_map(|uid| match &flow.event(uid).kind {
        EventKind::Raise(raise) => Some((uid, raise)),
        _ => None,
    });
    // What is raised later may be about something else that exists.
    let first = raised.clone().next();
    let told = first.is_some_and(|(uid, raise)| {
        says_that_it_exists(said(flow, flow.frame_of(uid), raise).as_str())
    });
    told || raised.any(|(_, raise)| raise.type_name.as_str().to_ascii_lowercase().contains("exist"))
}

/// Whether an error says that something is there: `File exists`, `already exists`, and not that nothing is.
fn says_that_it_exists(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let denies = ["not ", "n't ", "no such", "whether"].iter().any(|word| text.contains(word));
    !denies && ["exists", "already exist"].iter().any(|word| text.contains(word))
}

/// Whether everybody who gets there stores what everybody else would, and hands out that value: a
/// result kept, not a claim made.
pub(super) fn memo(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> bool {
    // What is stored counts, where the finding is told of a look at it afterwards.
    let stored = |step: &crate::explore::Step| {
        step.thread == 0
            && touches(flow, target, step.site).is_some()
            && matches!(flow.event(step.site).kind, EventKind::Act(_))
    };
    let site = match &flow.event(found.pair.act).kind {
        EventKind::Act(_) => Some(found.pair.act),
        _ => {
            found.witness.steps.iter().filter(|step| stored(step)).map(|step| step.site).next_back()
        }
    };
    let Some(site) = site else { return false };
    let EventKind::Act(act) = &flow.event(site).kind else { return false };
    let stores = matches!(act.kind, ActKind::Insert | ActKind::Update | ActKind::Create);
    let rival = match found.harm.consequence {
        Consequence::DoubleWin | Consequence::LostUpdate => !deletes(found),
        Consequence::WrongAnswer => true,
        _ => false,
    };
    let memory = matches!(
        target.kind,
        StoreKind::Map
            | StoreKind::Cell
            | StoreKind::Atomic
            | StoreKind::Synchronised
            | StoreKind::Remote
            | StoreKind::Api
    );
    // A count that begins anew is not what everybody else counts.
    let counts = |uid: Uid| matches!(&flow.event(uid).kind, EventKind::Act(act) if act.atomicity == Atomicity::Relative);
    let counted = act.atomicity == Atomicity::Relative || counts(found.pair.check);
    let computed = found.pair.data || found.recomputed || found.set || counted;
    if !stores || !rival || !memory || computed {
        return false;
    }
    let Some(value) = act.value else { return false };
    let (frame, value) = origin(flow, flow.frame_of(site), value);
    let line = flow.event(site).span.line;
    let claims = tells_who_won(flow);
    let kind = &flow.tree.function(flow.frames[frame as usize].func).value(value).kind;
    // A variable that holds what the last one put there, where nobody is told that he came too late.
    let mark = matches!(kind, ValueKind::Literal(_));
    // What the object has already, whoever puts it in place.
    let at_hand = matches!(kind, ValueKind::Load(path)
        if path.root == Root::Receiver && frame == 0 && !path.steps.is_empty());
    let variable = match target.kind {
        StoreKind::Cell => true,
        StoreKind::Atomic => is_cache(target),
        _ => false,
    };
    let lasts = is_go(flow) && variable && !mark && !refuses(flow);
    !one_of_a_kind(flow, target, (frame, value), line)
        && !is_the_callers_own(flow, (frame, value), &target.keys)
        && (hands_out(flow, target, frame, value)
            || made_of_key(flow, act, flow.frame_of(site))
            || (!claims || lasts) && is_cache(target)
            || !claims && (lasts || is_go(flow) && at_hand))
}

/// Whether a store is by its name a cache: what it loses can be had again.
fn is_cache(target: &Target) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    let text = path.text().to_ascii_lowercase();
    ["cache", "memo"].iter().any(|word| text.contains(word))
}

/// Whether all that is lost is an entry of a cache in memory, whose age nobody judged.
pub(super) fn replaceable(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> bool {
    let memory = matches!(target.kind, StoreKind::Map | StoreKind::Synchronised);
    let aged = flow.events.iter().any(
        |ev| matches!(&ev.event.kind, EventKind::Check(check) if check.what == CheckKind::Expiry),
    );
    let lost = found.harm.consequence == Consequence::LostWrite;
    // What keeps a cache besides its own work gets an entry again, however old it thought it was.
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    let library = class.is_none_or(|class| {
        flow.tree.class(class).name.as_str().to_ascii_lowercase().contains("cache")
    });
    let aside = is_go(flow) && !library;
    let cached =
        is_cache(target) && (!aged || aside) || aside && drops_cached(flow, found.pair.act);
    memory && lost && cached
}

/// Whether the helper that an act stands in says that what it drops is cached.
fn drops_cached(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let helper = flow.tree.function(flow.frames[flow.frame_of(act) as usize].func);
    let deletes =
        matches!(&flow.event(act).kind, EventKind::Act(act) if act.kind == ActKind::Delete);
    deletes && helper.name.as_str().to_ascii_lowercase().contains("cache")
}

/// Whether a function belongs to a migration, which one process runs once.
pub(super) fn migrates(flow: &Flow<'_, '_>) -> bool {
    let path = &flow.tree.file(flow.entry).path;
    path.split('/').any(|part| {
        matches!(
            part.trim_start_matches('_'),
            "migrations" | "migration" | "upgrades" | "alembic" | "delta"
        )
    })
}

/// Whether a function brings what an older version left into today's form: once, at the start.
pub(super) fn upgrades(flow: &Flow<'_, '_>) -> bool {
    words(flow.tree.function(flow.entry).name.as_str())
        .iter()
        .any(|word| matches!(word.as_str(), "migrate" | "migration" | "upgrade" | "bootstrap"))
}

/// Whether the other participant takes something away.
fn deletes(found: &Found) -> bool {
    matches!(found.other, Other::Mutator { .. } | Other::Outside(_))
        && found
            .witness
            .steps
            .iter()
            .any(|step| step.thread == 1 && step.result.starts_with("removes"))
}

/// A value through the arguments that carry it.
pub(super) fn origin(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> (FrameId, ValueId) {
    let (mut frame, mut value) = (frame, value);
    for _ in 0..6 {
        let activation = &flow.frames[frame as usize];
        let ValueKind::Param(n) = &flow.tree.function(activation.func).value(value).kind else {
            break;
        };
        match activation.args.get(usize::from(*n)).and_then(Option::as_ref) {
            Some(arg) if activation.parent.is_some() => match arg.value {
                Some(given) => (frame, value) = (arg.frame, given),
                None => break,
            },
            _ => break,
        }
    }
    (frame, value)
}

/// Whether what an act stores is a lock.
pub(super) fn keeps_locks(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(stored) = &flow.event(act).kind else { return false };
    let Some(value) = stored.value else { return false };
    let (frame, value) = origin(flow, flow.frame_of(act), value);
    let made = &flow.tree.function(flow.frames[frame as usize].func).value(value).kind;
    matches!(made, ValueKind::New(name, _)
        if is_lock_word(name.as_str().rsplit('.').next().unwrap_or_default()))
}

/// Whether what an act stores is something that there must be one of.
pub(super) fn is_the_one(flow: &Flow<'_, '_>, target: &Target, act: Uid) -> bool {
    let EventKind::Act(stored) = &flow.event(act).kind else { return false };
    let Some(value) = stored.value else { return false };
    let from = origin(flow, flow.frame_of(act), value);
    one_of_a_kind(flow, target, from, flow.event(act).span.line)
}

/// Whether a variable says by its name that there is one of what it holds: `_instance`, `singleton`.
fn names_the_one(target: &Target) -> bool {
    let AbsPlace::Path(path) = &target.place else { return false };
    let ((AbsRoot::Global(_, name), []) | (AbsRoot::Class(_), [Step::Field(name)])) =
        (&path.root, path.steps.as_slice())
    else {
        return false;
    };
    let name = name.as_str().trim_matches(['.', '_']).to_ascii_lowercase();
    target.kind == StoreKind::Cell && (name.ends_with("instance") || name.ends_with("singleton"))
}

/// Whether two makings of a value are not interchangeable: an empty container that is filled
/// later, a lock, an object with state of its own.
fn one_of_a_kind(
    flow: &Flow<'_, '_>,
    target: &Target,
    (frame, value): (FrameId, ValueId),
    line: u32,
) -> bool {
    let func = flow.frames[frame as usize].func;
    let made = flow.tree.function(func).value(value);
    // A container that was made before may have been filled on the way.
    let direct = made.span.line == line;
    match &made.kind {
        ValueKind::New(name, inputs) => {
            let class = flow.tree.class_named(func.file, *name);
            let container = matches!(
                name.as_str(),
                "dict" | "list" | "set" | "map" | "slice" | "make" | "defaultdict" | "deque"
            );
            match class {
                _ if is_lock_like(name.as_str()) => true,
                _ if container => inputs.is_empty() && direct,
                Some(class) if has_lock(flow.tree, class) => true,
                // What a cache is given written out with its fields is a record: another one says the same.
                Some(_)
                    if is_go(flow)
                        && is_cache(target)
                        && !inputs.is_empty()
                        && !inputs.iter().any(|input| made_by_caller(flow, frame, *input)) =>
                {
                    false
                }
                Some(_) if matches!(target.kind, StoreKind::Map | StoreKind::Cell) => true,
                Some(class) => {
                    is_go(flow) && (is_ended(flow.tree, class) || changes_itself(flow.tree, class))
                }
                None => false,
            }
        }
        ValueKind::Result(..) if names_the_one(target) => true,
        ValueKind::Result(event, _) => {
            let Some(uid) = flow.uid(frame, *event) else { return false };
            let EventKind::Call(call) = &flow.event(uid).kind else {
                // What a list is given is what it hands back as an element.
                return is_go(flow)
                    && matches!(&flow.event(uid).kind, EventKind::Act(act)
                        if act.kind == ActKind::Append
                            && act.value.is_some_and(|x| one_of_a_kind(flow, target, (frame, x), line)));
            };
            if matches!(target.kind, StoreKind::Map | StoreKind::Cell)
                && makes_what_locks(flow, frame, call)
            {
                return true;
            }
            if matches!(target.kind, StoreKind::Map | StoreKind::Cell)
                && !is_cache(target)
                && flow.tree.class_named(func.file, call.callee).is_some()
            {
                return true;
            }
            let keyed = matches!(target.kind, StoreKind::Map | StoreKind::Synchronised);
            let made_anew = keyed && !is_cache(target) && runs_a_factory(flow, frame, call);
            let ends = || makes_what_ends(flow, frame, call);
            if is_go(flow) && (made_anew || ends() || makes_what_counts(call.name.as_str())) {
                return true;
            }
            // The very object is what matters: `super().__new__(cls)`, `cls()`.
            let made = matches!(call.callee.as_str(), "super.__new__" | "super.__call__")
                || call.name == "__new__"
                || call.name == "cls";
            // A method called by a noun looks something up: `manager.Connection(host)`.
            let looks_up = is_go(flow) && call.receiver.is_some() && is_noun(call.name.as_str());
            made || draws(call.name.as_str()) || is_lock_like(call.name.as_str()) && !looks_up
        }
        ValueKind::Part(of, 0) => one_of_a_kind(flow, target, (frame, *of), line),
        ValueKind::Op(Op::Or | Op::And, inputs) => {
            inputs.iter().any(|input| one_of_a_kind(flow, target, (frame, *input), line))
        }
        _ => false,
    }
}

/// Whether a name is that of something with a state of its own that two must not have twice.
fn is_lock_like(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["lock", "mutex", "semaphore", "event", "condition", "connect", "pool", "session", "executor"]
        .iter()
        .any(|word| name.contains(word))
        || ["register", "dial", "listen", "spawn", "launch", "subscribe", "reserve"]
            .iter()
            .any(|word| name.starts_with(word))
}

fn is_go(flow: &Flow<'_, '_>) -> bool {
    flow.tree.file(flow.entry).lang == Lang::Go
}

/// Whether a value comes from a function that the caller gave: nobody knows what it makes.
fn made_by_caller(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    match &function.value(value).kind {
        ValueKind::Part(of, _) => made_by_caller(flow, frame, *of),
        ValueKind::Result(event, _) => flow.uid(frame, *event).is_some_and(
            |uid| matches!(&flow.event(uid).kind, EventKind::Call(call) if call.callee.is_empty()),
        ),
        _ => false,
    }
}

/// Whether a name says what there is, not what is done: it begins with the thing itself.
fn is_noun(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["connection", "conn", "pool", "session", "lock", "mutex", "executor"]
        .iter()
        .any(|word| name == *word || name.starts_with(&format!("{word}for")))
}

/// Whether a returned part only says whether something was there.
fn is_a_yes_or_no(function: &Function, part: usize, given: ValueId) -> bool {
    let declared = function.returns.get(part).is_some_and(|of| of.name == "bool" && !of.pointer);
    let asks = matches!(
        &function.value(given).kind,
        ValueKind::Op(Op::Not | Op::Eq | Op::Ne | Op::Is | Op::IsNot | Op::In | Op::NotIn, _)
    );
    declared || asks
}

/// Whether the entry returns the value, or what it saw in its place.
fn hands_out(flow: &Flow<'_, '_>, target: &Target, frame: FrameId, value: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    if matches!(function.value(value).kind, ValueKind::Literal(_)) {
        // A mark is a claim, not a result.
        return false;
    }
    let wanted = flow.canon(frame, value);
    let turned_away = turns_away(flow);
    let parts = (0..2).filter(|part| !(turned_away && answers_only(flow, *part)));
    // What one flight of several callers gives is handed out by the flight.
    let flights = (0..).zip(&flow.frames).filter(|(at, activation)| {
        *at != 0
            && is_go(flow)
            && flow.tree.function(activation.func).kind == FunctionKind::Closure
            && flow.chain_of(frame).contains(at)
    });
    let of_flights = flights.map(|(at, _)| (at, 0));
    parts.map(|part| (0, part)).chain(of_flights).any(|(giver, part)| {
        flow.returned(giver, part).into_iter().any(|(given, at)| {
            let function = flow.tree.function(flow.frames[at as usize].func);
            let any = |id: ValueId| flow.canon(at, id) == wanted;
            let same = any(given)
                || matches!(&function.value(given).kind, ValueKind::Phi(ids)
                    if ids.iter().any(|id| any(*id)));
            same || !is_a_yes_or_no(function, part, given)
                && flow.deps(at, given, None).events.iter().any(|uid| {
                    touches(flow, target, *uid).is_some()
                        && matches!(flow.event(*uid).kind, EventKind::Read(_))
                })
        })
    })
}
