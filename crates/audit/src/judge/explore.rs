//! One flow, all its targets: builds the scenes, explores them, and keeps the worst per store.

use amorsize_facts::event::{
    ActKind, CheckKind, Conflict, EventKind, FunctionKind, LockMode, Name, Outcome, Scope as Reach,
    SqlVerb, Step, StoreKind, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::alone::{alone, hears_of_it};
use super::anew::{
    alternates, counts_back, decided_anew, gives_back, of_one_helper, settled_at_flush,
    spares_the_fresh, watched,
};
use super::apart::may_meet;
use super::consequence::{Harm, harm};
use super::pattern::{Grip, LockAt, grip, locks_at, rule};
use super::sense::{
    half_locked, is_claim, is_the_one, is_tool, keeps_locks, kept_for_others, memo, migrates,
    once_only, own_or_tool, refuses_what_exists, replaceable, upgrades,
};
use super::variants::{VARIANTS_MAX, callers_hold};
use crate::explore::{
    Lost, Mode, Op, OpKind, Program, Purse, Scene, Value, Verdict as Explored, When, Witness,
    interleave_for, interleave_within,
};
use crate::flow::{AbsPath, AbsRoot, Flow, Uid};
use crate::held::{Locking, is_test};
use crate::mutators::{Home, Mutators, Seat, home_of, program, ways};
use crate::shared::{Guarded, Sharing, deals_with_threads, sharing};
use crate::slice::{
    AbsPlace, Day, Locks, Pair, Slice, Target, beside, cleans_up, compile, compile_on, touches,
};
use crate::turns::{lives_on_a_loop, turn};

/// Other mutators a slice is explored against.
const MUTATORS_MAX: usize = 5;
/// States visited for the inserts of one table.
const KEYED_STATES_MAX: usize = 100_000;
/// States that may be visited for each target, whatever the others took.
const TARGET_STATES_LEAST: usize = 8_000;
/// Targets of one function.
const TARGETS_MAX: usize = 24;

/// Who takes part besides the function itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// The same function once more.
    Same,
    /// Another function of the tree.
    Mutator { label: String, path: String, line: u32, bare: bool },
    /// The same call with the coin on its other side.
    Coin,
    /// Somebody outside the tree.
    Outside(&'static str),
}

/// What will become a finding.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub rule: u16,
    pub verdict: Verdict,
    pub consequence: Consequence,
    pub target: Target,
    pub pair: Pair,
    pub witness: Option<Witness>,
    pub other: Other,
    pub why_shared: String,
    pub assumption: Option<String>,
    pub grip: Grip,
    pub guard: Option<LockAt>,
}

/// Judges every target of a flow.
pub(crate) fn judge(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mutators: &Mutators<'_>,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for target in targets(flow) {
        let guarded = guarded(flow, mutators, &target);
        let sharing = sharing(flow, &target, guarded);
        // A plain variable is meant to be shared only where it is changed under a lock.
        let plain = target.kind == StoreKind::Cell && !guarded.here;
        if plain && !is_module_wide(&target) && !flow.tree.function(flow.entry).is_async {
            continue;
        }
        if sharing == Sharing::No {
            continue;
        }
        // One store must not eat up what is due to the next.
        flow.purse.left.set(flow.purse.left.get().max(TARGET_STATES_LEAST));
        // Nor is a variable of the module, unless the one object that is made for it matters.
        let drafted = one(flow, locking, mutators, &target, &sharing)
            .filter(|draft| !plain || makes_the_one(flow, draft));
        if let Some(draft) = drafted {
            let alarms = draft.verdict != Verdict::Closed;
            drafts.push(draft);
            if alarms {
                drafts.extend(closed_by_key(flow, locking, &target));
            }
        }
    }
    drafts
}

/// Whether a plain variable belongs to the module or a class, hence to everybody.
fn is_module_wide(target: &Target) -> bool {
    matches!(&target.place, AbsPlace::Path(path)
        if matches!(path.root, AbsRoot::Global(..)) && path.steps.is_empty()
            || matches!(path.root, AbsRoot::Class(_)) && path.steps.len() == 1)
}

/// Whether a draft is that of a variable which is filled at its first use with something that
/// there must be one of.
fn makes_the_one(flow: &Flow<'_, '_>, draft: &Draft) -> bool {
    let asks = match &flow.event(draft.pair.check).kind {
        EventKind::Check(check) => check.what == CheckKind::Presence,
        EventKind::Read(_) => true,
        _ => false,
    };
    let fills = matches!(&flow.event(draft.pair.act).kind, EventKind::Act(act)
        if matches!(act.kind, ActKind::Insert | ActKind::Create | ActKind::Update));
    asks && fills
        && !draft.pair.data
        && !matches!(draft.consequence, Consequence::DuplicateWork | Consequence::StaleAnswer)
        && is_the_one(flow, &draft.target, draft.pair.act)
}

/// The inserts of a table that its key decides: of two that saw nothing, one fails and says so.
fn closed_by_key(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, target: &Target) -> Vec<Draft> {
    if !matches!(target.kind, StoreKind::Sql) || target.size {
        return Vec::new();
    }
    let mut found: Vec<Draft> = Vec::new();
    let mut refuted: Vec<Uid> = Vec::new();
    // What the explorations before have spent must not leave this one without an answer.
    let purse = Purse::of(KEYED_STATES_MAX);
    for variant in 0..VARIANTS_MAX {
        let mut locks = Locks::default();
        // How many there are and what goes for that is another question.
        let untidy = Day { untidy: true, ..Day::default() };
        let Some(slice) = compile_on(flow, target, &mut locks, (variant, untidy), &[]) else {
            break;
        };
        for pair in slice.pairs.iter().copied().filter(|pair| is_own(flow, *pair)) {
            if !is_keyed_insert(flow, pair.act) || refuted.contains(&pair.act) {
                continue;
            }
            let scene = Scene {
                programs: vec![slice.program.clone(), slice.program.clone()],
                cells: vec![crate::explore::Domain::ABSENT],
                locks: locks.0.len(),
                silent: vec![false, false],
            };
            // Who is refused and says so has lost truthfully; that is no harm.
            let worth = |witness: &Witness| {
                harm(witness, &scene.programs, slice.unknown_value)
                    .is_some_and(|harm| harm.consequence != Consequence::WrongAnswer)
                    && witness.steps.iter().any(|step| step.site == pair.act)
            };
            if interleave_for(&scene, &purse, &worth) != Explored::Serial {
                refuted.push(pair.act);
                found.retain(|draft| draft.pair.act != pair.act);
            } else if !found.iter().any(|known| known.pair.act == pair.act) {
                found.push(closed_draft(flow, locking, target, (pair, None)));
            }
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    flow.purse.schedules.set(flow.purse.schedules.get() + purse.schedules.get());
    found
}

fn is_keyed_insert(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    act.sql.as_ref().is_some_and(|sql| {
        sql.verb == SqlVerb::Insert && matches!(sql.conflict, Some(Conflict::Error) | None)
    })
}

/// What of the store and its object is changed under a lock somewhere in the tree.
fn guarded(flow: &Flow<'_, '_>, mutators: &Mutators<'_>, target: &Target) -> Guarded {
    let home = home_of(flow, target).map(|(home, _)| home);
    let class = match &home {
        Some(Home::Field(class, _)) => Some(*class),
        _ => flow.class.or_else(|| flow.tree.class_of(flow.entry)),
    };
    let here = mutators.guarded(flow.tree, home.as_ref(), target.scope);
    let beside = !here && class.is_some_and(|class| mutators.guards_something(flow.tree, class));
    Guarded { here, beside }
}

/// Every entry of a store that some event of the flow changes and another one looks at.
fn targets(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for uid in 0..u32::try_from(flow.events.len()).unwrap_or(0) {
        let onto = match &flow.event(uid).kind {
            EventKind::Act(act) => act.target.as_ref(),
            // A read that fails when the entry has gone is an act on what was listed.
            EventKind::Read(read) if matches!(read.miss, Outcome::Raises(_)) => None,
            _ => continue,
        };
        let Some(target) = flow.target(uid) else { continue };
        let mut wanted = vec![target];
        if let Some(to) = onto {
            let mut onto = wanted[0].clone();
            onto.keys = flow.keys_of(flow.frame_of(uid), to);
            // What is moved may be private; where it goes is not.
            onto.confined = false;
            wanted.push(onto);
        }
        for target in wanted {
            let known = found.iter().any(|known| {
                known.place == target.place
                    && (known.keys.iter().any(|key| target.keys.contains(key))
                        || known.keys.is_empty())
            });
            let looked = (0..u32::try_from(flow.events.len()).unwrap_or(0)).any(|other| {
                other != uid
                    && !matches!(&flow.event(other).kind, EventKind::Act(act)
                        if act.kind != ActKind::OpenRead)
                    && touches(flow, &target, other).is_some()
            });
            if !known && looked && found.len() < TARGETS_MAX {
                found.push(target);
            }
        }
    }
    found.extend(sizes(flow));
    found
}

/// The stores whose size is asked for.
fn sizes(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for uid in 0..u32::try_from(flow.events.len()).unwrap_or(0) {
        let EventKind::Check(check) = &flow.event(uid).kind else { continue };
        if check.what != CheckKind::Size {
            continue;
        }
        let Some(target) = flow.store_of(uid) else { continue };
        if !found.iter().any(|known| known.place == target.place) {
            found.push(Target { size: true, ..target });
        }
    }
    found
}

/// A witness, and what it shows.
pub(super) struct Found {
    /// Whether it hangs on nothing.
    pub sure: bool,
    pub witness: Witness,
    pub harm: Harm,
    pub other: Other,
    pub pair: Pair,
    /// The act computes what it writes from a later look than the check.
    pub recomputed: bool,
}

fn one(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mutators: &Mutators<'_>,
    target: &Target,
    sharing: &Sharing,
) -> Option<Draft> {
    let held = callers_hold(flow, locking, target);
    let (mut best, mut tidied): (Option<Found>, Option<Found>) = (None, None);
    let mut closed: Option<(Slice, Locks)> = None;
    let mut bounded = false;
    let mut variant = 0;
    loop {
        let mut locks = Locks::default();
        let slice = compile(flow, target, &mut locks, variant, &held)?;
        let choices = slice.choices;
        if slice.pairs.iter().any(|pair| is_own(flow, *pair)) {
            // What a clean-up does to its own entries is told of the clean-up; it must not hide
            // what is done to the rest.
            let tidy = |frame: u32| !target.size && frame != 0 && cleans_up(flow, frame);
            let by_tidying = |found: &Found| {
                let within = |uid: Uid| flow.chain(uid).into_iter().any(tidy);
                let evicts = |step: &crate::explore::Step| {
                    let own = step.thread == 0 || found.other == Other::Same;
                    own && step.result.ends_with("in force") && within(step.site)
                };
                within(found.pair.act) || found.witness.steps.iter().any(evicts)
            };
            match explore(flow, (locking, mutators), target, (&slice, &slice.program), &mut locks) {
                (Some(found), _) => {
                    let kept = if by_tidying(&found) { &mut tidied } else { &mut best };
                    if better(kept.as_ref(), &found) {
                        *kept = Some(found);
                    }
                }
                (None, cut) => bounded |= cut,
            }
            let untidy = Day { untidy: true, ..Day::default() };
            let tidies = (1_u32..).zip(&flow.frames[1..]).any(|(frame, _)| tidy(frame));
            if best.is_none()
                && tidies
                && let Some(rest) = compile_on(flow, target, &mut locks, (variant, untidy), &held)
            {
                let mut against = |twin: &Program| {
                    explore(flow, (locking, mutators), target, (&rest, twin), &mut locks).0
                };
                best = against(&rest.program)
                    .or_else(|| against(&slice.program).filter(|found| !by_tidying(found)));
            }
            closed.get_or_insert((slice, locks));
        }
        variant += 1;
        if variant >= (1 << choices) || variant >= VARIANTS_MAX {
            break;
        }
    }
    let (slice, _) = closed?;
    match best.or(tidied) {
        Some(found) => draft(flow, locking, target, sharing, found),
        // Not seen is not the same as not there.
        None if !bounded => {
            let pair = slice.pairs.iter().copied().find(|pair| is_own(flow, *pair))?;
            let at_check = locks_at(flow, locking, pair.check);
            let at_act = locks_at(flow, locking, pair.act);
            let guard = match grip(&at_check, &at_act) {
                Grip::Whole(lock) => Some(lock),
                _ => at_act.first().cloned(),
            };
            // What is only read, and nobody takes away, is no site.
            if guard.is_none() && !matches!(flow.event(pair.act).kind, EventKind::Act(_)) {
                return None;
            }
            Some(closed_draft(flow, locking, target, (pair, guard)))
        }
        None => None,
    }
}

pub(super) const fn mode(mode: LockMode) -> Mode {
    if matches!(mode, LockMode::Shared) { Mode::Read } else { Mode::Write }
}

fn rank(consequence: Consequence) -> u8 {
    match consequence {
        Consequence::DuplicateWork => 0,
        Consequence::WrongAnswer | Consequence::StaleAnswer => 1,
        Consequence::Crash => 2,
        _ => 3,
    }
}

fn better(best: Option<&Found>, found: &Found) -> bool {
    best.is_none_or(|best| {
        let weight = |found: &Found| {
            let rank = rank(found.harm.consequence);
            (found.sure && rank > 0, rank, !found.harm.answer_only)
        };
        weight(found) > weight(best)
    })
}

/// Whether a pair belongs to the entry, not to one of its helpers alone.
fn is_own(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let mut frame = flow.common(pair.check, pair.act);
    // A closure that runs in place is part of the function it stands in.
    while let Some(lexical) = flow.frames[frame as usize].lexical {
        frame = lexical;
    }
    frame == 0
}

fn explore(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    (slice, twin): (&Slice, &Program),
    locks: &mut Locks,
) -> (Option<Found>, bool) {
    let mut scenes: Vec<(Program, Other)> = vec![(twin.clone(), Other::Same)];
    if !target.size {
        scenes.extend(others(flow, (locking, mutators), target, slice, locks));
    }
    let mut best: Option<Found> = None;
    let mut bounded = false;
    for (program, other) in scenes {
        let scene = Scene {
            programs: vec![slice.program.clone(), program],
            cells: vec![slice.domain(target)],
            locks: locks.0.len(),
            silent: vec![false, other != Other::Same],
        };
        match interleave_within(&scene, &flow.purse) {
            Explored::Witness(witness) => {
                let harmed = harm(&witness, &scene.programs, slice.unknown_value)
                    .or_else(|| vanished(target, &witness));
                let Some(mut harm) = harmed else { continue };
                if target.size {
                    harm.consequence = Consequence::LimitExceeded;
                }
                let Some(pair) = shown(flow, target, &witness, (slice, &other)) else { continue };
                if !alternates(&witness)
                    || gives_back(&witness)
                    || counts_back(flow, pair)
                    || watched(flow, target, pair.act)
                    || spares_the_fresh(flow, pair.act)
                    || decided_anew(flow, locking, target, (slice, pair), &other)
                {
                    continue;
                }
                if harm.consequence == Consequence::DuplicateWork
                    && !pair.data
                    && (is_the_one(flow, target, pair.act) || is_claim(flow, target, pair))
                {
                    harm.consequence = Consequence::DoubleWin;
                }
                let recomputed = !pair.data
                    && slice
                        .pairs
                        .iter()
                        .any(|p| p.data && p.act == pair.act && p.check > pair.check);
                let mut found =
                    Found { sure: false, witness: *witness, harm, other, pair, recomputed };
                found.sure = doubts(flow, target, &found).is_none();
                if better(best.as_ref(), &found) {
                    best = Some(found);
                }
            }
            Explored::Bounded => bounded = true,
            Explored::Serial => {}
        }
    }
    (best, bounded)
}

/// A file that was seen has gone when it is opened, and the caller is told what no order of calls
/// tells.
fn vanished(target: &Target, witness: &Witness) -> Option<Harm> {
    let mut own = witness.steps.iter().filter(|step| step.thread == 0);
    let seen = own.any(|step| step.result.starts_with("sees") && step.result != "sees nothing");
    let gone = own.any(|step| matches!(step.result.as_str(), "fails, handled" | "sees nothing"));
    (target.kind == StoreKind::File && seen && gone)
        .then_some(Harm { consequence: Consequence::WrongAnswer, answer_only: true })
}

/// The pair that the witness runs through.
fn shown(
    flow: &Flow<'_, '_>,
    target: &Target,
    witness: &Witness,
    (slice, other): (&Slice, &Other),
) -> Option<Pair> {
    let threads: &[u8] = if *other == Other::Same { &[0, 1] } else { &[0] };
    let ran = |uid: Uid| {
        witness.steps.iter().any(|step| threads.contains(&step.thread) && step.site == uid)
    };
    // An opening whose failure is caught is told of only where nothing else is.
    let caught = |uid: Uid| {
        matches!(&flow.event(uid).kind, EventKind::Act(act) if act.kind == ActKind::OpenRead)
            && witness.steps.iter().any(|step| step.site == uid && step.result == "fails, handled")
    };
    slice
        .pairs
        .iter()
        .filter(|pair| is_own(flow, **pair) && ran(pair.act) && ran(pair.check))
        .filter(|pair| !of_one_helper(flow, target, **pair))
        .max_by_key(|pair| (!caught(pair.act), pair.data, pair.check))
        .copied()
}

/// The other mutators of the store, and whoever may be outside.
pub(super) fn others(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    slice: &Slice,
    locks: &mut Locks,
) -> Vec<(Program, Other)> {
    let (home, base) = home_of(flow, target).unzip();
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry));
    let base = base.flatten();
    let seat = Seat { base: base.as_ref(), class };
    let mut found: Vec<(Program, Other)> = Vec::new();
    let known = mutators.of_target(home.as_ref());
    let everywhere = target.scope > Reach::Process;
    let looped = locking.only_in_loop(flow.entry);
    for mutator in known {
        // What the function does itself is its twin's part, under the function's own guards.
        let own = mutator.function == flow.entry;
        if found.len() >= MUTATORS_MAX || mutator.confined || own {
            continue;
        }
        if target.kind == StoreKind::File && !same_folder(flow, mutator.function)
            || !may_meet(flow, target, mutator)
        {
            continue;
        }
        // One goroutine does the one after the other.
        if looped.is_some() && locking.only_in_loop(mutator.function) == looped && !everywhere {
            continue;
        }
        let file = flow.tree.file(mutator.function);
        if is_test(&file.path) {
            continue;
        }
        let in_turn = target.scope <= Reach::Thread
            && lives_on_a_loop(flow)
            && !deals_with_threads(flow.tree, mutator.function.file);
        for mut held in ways(flow.tree, locking, mutator, &seat) {
            held.extend(in_turn.then(turn));
            let Some(program) = program(flow.tree, mutator, target, &held, locks) else { break };
            let shape: Vec<OpKind> = program.ops.iter().map(|op| op.kind).collect();
            if found
                .iter()
                .any(|(known, _)| known.ops.iter().map(|op| op.kind).eq(shape.iter().copied()))
            {
                continue;
            }
            let label = program.label.clone();
            let line = mutator.event.span.line;
            let bare = mutator.held.is_empty();
            found.push((program, Other::Mutator { label, path: file.path.clone(), line, bare }));
        }
    }
    if target.place == AbsPlace::Model(Name::EMPTY) {
        return found;
    }
    // A bare UPDATE or INSERT of somebody who does the other one otherwise is half a writer.
    let writes = found.iter().any(|(program, _)| {
        program.ops.iter().any(|op| matches!(op.kind, OpKind::Write { when: When::Always, .. }))
    });
    let deletes_here = slice.program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. }));
    if everywhere && deletes_here && !writes {
        found.push((outside_writer(), Other::Outside("stores a new value")));
    }
    // On a server, whoever deletes the entry in between sees it come back.
    let deletes = found
        .iter()
        .any(|(program, _)| program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. })));
    let remote = matches!(target.kind, StoreKind::Remote | StoreKind::Api);
    if everywhere && remote && !deletes_here && !deletes {
        found.push((outside_deleter(), Other::Outside("deletes it")));
    }
    found
}

/// Files are one store; only what the same module does to them is taken to meet this entry.
fn same_folder(flow: &Flow<'_, '_>, other: crate::link::FnId) -> bool {
    flow.tree.package(other.file) == flow.tree.package(flow.entry.file)
}

pub(super) fn outside_writer() -> Program {
    let kind = OpKind::Write {
        cell: 0,
        value: Value::Own(1),
        when: When::Always,
        into: 0,
        lost: Lost::Ignore,
    };
    Program { label: "another process".to_owned(), ops: vec![Op { kind, site: u32::MAX }] }
}

pub(super) fn outside_deleter() -> Program {
    let kind = OpKind::Delete { cell: 0, when: When::Present, into: 0, lost: Lost::Ignore };
    Program { label: "another process".to_owned(), ops: vec![Op { kind, site: u32::MAX }] }
}

fn draft(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    sharing: &Sharing,
    mut found: Found,
) -> Option<Draft> {
    let dropped = match target.kind {
        StoreKind::File => own_or_tool(flow, found.pair),
        StoreKind::Orm if settled_at_flush(flow, found.pair.act) => true,
        StoreKind::Sql | StoreKind::Orm => migrates(flow),
        _ => false,
    };
    if dropped || once_only(flow, found.pair.act) || hears_of_it(flow, found.pair.act) {
        return None;
    }
    if memo(flow, target, &found) {
        found.harm.consequence = Consequence::DuplicateWork;
    }
    // Work done twice in an object that may be shared: two ifs are no finding.
    let plain = matches!(target.place, AbsPlace::Path(AbsPath { root: AbsRoot::Receiver, .. }))
        && flow.tree.file(flow.entry).lang == amorsize_facts::event::Lang::Python;
    let twice = found.harm.consequence == Consequence::DuplicateWork;
    if plain && twice && matches!(sharing, Sharing::If(_)) {
        return None;
    }
    if target.kind == StoreKind::Sql && !target.size && counts_rows(flow, found.pair) {
        return None;
    }
    let grip =
        grip(&locks_at(flow, locking, found.pair.check), &locks_at(flow, locking, found.pair.act));
    let reason = found.harm.consequence == Consequence::WrongAnswer;
    let rule = rule(flow, target, found.pair, &grip, reason);
    if rule == 303 {
        found.harm.consequence = Consequence::WrongReason;
    }
    let (why_shared, mut assumption) = match sharing {
        Sharing::Yes(why) => (why.clone(), None),
        Sharing::If(_) if keeps_locks(flow, found.pair.act) => {
            ("it holds locks, which are for several threads".to_owned(), None)
        }
        Sharing::If(what) => (String::new(), Some(what.clone())),
        Sharing::No => (String::new(), None),
    };
    assumption = assumption
        .or_else(|| (rule == 102).then(|| handed_on(flow, locking)).flatten())
        .or_else(|| doubts(flow, target, &found))
        .or_else(|| alone(flow, locking, target, &found))
        .or_else(|| half_locked(flow, locking, target, &found));
    let verdict = if assumption.is_some() { Verdict::Conditional } else { Verdict::Open };
    Some(Draft {
        rule,
        verdict,
        consequence: found.harm.consequence,
        target: target.clone(),
        pair: found.pair,
        witness: Some(found.witness),
        other: found.other,
        why_shared,
        assumption,
        grip,
        guard: None,
    })
}

/// Whether rows are counted before one is deleted: how many there are says nothing of the one, it is
/// a matter of the limit.
fn counts_rows(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let deletes =
        matches!(&flow.event(pair.act).kind, EventKind::Act(act) if act.kind == ActKind::Delete);
    let frame = flow.frame_of(pair.check);
    let sized = |uid: Uid| {
        flow.frame_of(uid) == frame
            && matches!(&flow.event(uid).kind, EventKind::Check(check)
                if check.what == CheckKind::Size
                    && (uid == pair.check || check.of == Some(flow.event(pair.check).id)))
    };
    deletes && (0..u32::try_from(flow.events.len()).unwrap_or(0)).any(sized)
}

/// A function that nobody calls by its name, and that is handed on as a value: whether more than one
/// caller runs it is not to be seen.
fn handed_on(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<String> {
    if locking.called(flow.entry) {
        return None;
    }
    let name = flow.tree.function(flow.entry).name;
    let package = flow.tree.package(flow.entry.file);
    let loads = |value: &amorsize_facts::event::Value| {
        let field = match &value.kind {
            ValueKind::Field(_, field) => Some(*field),
            ValueKind::Load(path) => match path.steps.last() {
                Some(Step::Field(field)) => Some(*field),
                _ => None,
            },
            _ => None,
        };
        field == Some(name)
    };
    let handed = flow.tree.all().any(|id| {
        flow.tree.package(id.file) == package && flow.tree.function(id).values.iter().any(loads)
    });
    handed.then(|| "more than one caller runs what is only handed on as a function".to_owned())
}

/// Why two processes may never meet at a path.
fn doubts_of_file(flow: &Flow<'_, '_>, pair: Pair) -> Option<&'static str> {
    if is_tool(flow) {
        return Some("two runs of this tool work on the same files at the same time");
    }
    if upgrades(flow) {
        return Some("two processes find the old files at the same time");
    }
    (!kept_for_others(flow, pair) && !refuses_what_exists(flow, pair))
        .then_some("another process works on the same path")
}

/// What a witness hangs on although the store is shared.
fn doubts(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<String> {
    let act = match &flow.event(found.pair.act).kind {
        EventKind::Act(act) => Some(act),
        _ => None,
    };
    let deletes =
        act.is_some_and(|act| matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear));
    if target.kind == StoreKind::File
        && let Some(why) = doubts_of_file(flow, found.pair)
    {
        return Some(why.to_owned());
    }
    let against = matches!(found.other, Other::Mutator { .. });
    let plain = matches!(target.place, AbsPlace::Path(AbsPath { root: AbsRoot::Global(..), .. }));
    let entry = flow.tree.function(flow.entry);
    if against && target.kind == StoreKind::Cell && entry.is_async {
        return Some("another coroutine changes the variable while this one waits".to_owned());
    }
    // What a client in a variable of the module speaks to is changed by anybody.
    let here = target.scope <= Reach::Process;
    if against
        && plain
        && here
        && flow.tree.file(flow.entry).lang == amorsize_facts::event::Lang::Python
    {
        return Some("the module's variable changes while other threads use it".to_owned());
    }
    let expires = matches!(&flow.event(found.pair.check).kind, EventKind::Check(check) if check.what == CheckKind::Expiry);
    let state = matches!(&flow.event(found.pair.check).kind, EventKind::Check(check) if check.what == CheckKind::State);
    if state && found.recomputed {
        return Some("the limit that was checked first may not be passed".to_owned());
    }
    let stale = expires || found.harm.consequence == Consequence::LostWrite;
    // Who asks whether a file is there and opens it fails, or says why wrongly, where the same module
    // deletes it.
    let reads = act.map_or_else(
        || matches!(flow.event(found.pair.act).kind, EventKind::Read(_)),
        |act| act.kind == ActKind::OpenRead,
    );
    let opens = reads
        && matches!(&flow.event(found.pair.check).kind, EventKind::Check(check) if check.what == CheckKind::Presence)
        && matches!(found.harm.consequence, Consequence::Crash | Consequence::WrongReason);
    if against && target.kind == StoreKind::File && !stale && !opens {
        return Some("the file is changed while this runs".to_owned());
    }
    if target.size && target.scope > Reach::Process {
        return Some("losing more entries than necessary matters".to_owned());
    }
    if replaceable(flow, target, found) {
        return Some("losing a cached entry costs more than getting it again".to_owned());
    }
    let table = matches!(target.kind, StoreKind::Sql | StoreKind::Orm);
    if table && act.is_none() && found.harm.consequence == Consequence::Crash {
        return Some("the row is removed while this runs".to_owned());
    }
    if found.harm.consequence == Consequence::DuplicateWork {
        return Some("two results of the same computation are not interchangeable".to_owned());
    }
    if beside(flow, target, found.pair.check) {
        return Some("what is listed and what is looked up are not changed together".to_owned());
    }
    if deletes && found.harm.consequence == Consequence::DoubleWin {
        return Some("a caller relies on being told that it alone removed the entry".to_owned());
    }
    if target.confidence == amorsize_facts::event::Confidence::Guess && !named_so(flow, target) {
        return Some("the receiver is the kind of store its name suggests".to_owned());
    }
    if entry.kind == FunctionKind::Module {
        return Some("two processes run this module at the same time".to_owned());
    }
    if found.harm.consequence == Consequence::WrongAnswer && found.harm.answer_only {
        return Some("a caller relies on the answer while the entry is being changed".to_owned());
    }
    None
}

/// Whether the names around bear out that a receiver of unknown type is a client of a server.
fn named_so(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let file = flow.tree.file(flow.entry).path.to_ascii_lowercase();
    let function = flow.tree.function(flow.entry).qualified.as_str().to_ascii_lowercase();
    let place = match &target.place {
        AbsPlace::Path(path) => path.text().to_ascii_lowercase(),
        _ => String::new(),
    };
    target.kind == StoreKind::Remote
        && ["redis", "memcache", "etcd", "hazelcast", "valkey", "consul", "couchbase", "aerospike"]
            .iter()
            .any(|w| file.contains(w) || function.contains(w) || place.contains(w))
}

/// The shape is there and a guard closes it: says which.
fn closed_draft(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (pair, guard): (Pair, Option<LockAt>),
) -> Draft {
    let grip = grip(&locks_at(flow, locking, pair.check), &locks_at(flow, locking, pair.act));
    Draft {
        rule: rule(flow, target, pair, &grip, false),
        verdict: Verdict::Closed,
        consequence: Consequence::DoubleWin,
        target: target.clone(),
        pair,
        witness: None,
        other: Other::Same,
        why_shared: String::new(),
        assumption: None,
        grip,
        guard,
    }
}
