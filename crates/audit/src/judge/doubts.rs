//! What a witness hangs on although the store is shared.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, CheckKind, EventKind, FunctionKind, Lang, Literal, Op, Outcome,
    Scope as Reach, StoreKind, ValueId, ValueKind,
};
use amorsize_finding::Consequence;

use super::explore::{Found, Other};
use super::kept::kept_for_others;
use super::others::CLEARS;
use super::sense::{
    is_tool, named_by_content, refuses_what_exists, replaceable, tells_who_won, upgrades,
};
use crate::flow::{AbsPath, AbsRoot, Flow, FrameId, Trail, Uid};
use crate::slice::{AbsPlace, Pair, Target, beside, refuses};

/// Why two processes may never meet at a path.
fn doubts_of_file(flow: &Flow<'_, '_>, pair: Pair) -> Option<&'static str> {
    if is_tool(flow) {
        return Some("two runs of this tool work on the same files at the same time");
    }
    if upgrades(flow) {
        return Some("two processes find the old files at the same time");
    }
    if named_by_content(flow, pair.act) {
        return Some("two files of one name, which is made of their content, differ");
    }
    if moved_away(flow, pair) {
        return Some("somebody else works on what this caller moved away for itself");
    }
    if makes_a_parent(flow, pair.act) || serves_callers(flow, pair) {
        return None;
    }
    (!kept_for_others(flow, pair, false) && !refuses_what_exists(flow, pair))
        .then_some("another process works on the same path")
}

/// Whether a folder is made for a file of the caller's: callers with files of their own meet in it.
fn makes_a_parent(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(made) = &flow.event(act).kind else { return false };
    let folder = made.kind == ActKind::Create && made.value.is_none();
    let Some(key) = made.key.value.filter(|_| folder && made.failure != Outcome::Error) else {
        return false;
    };
    let mut trail = Trail::from([(flow.frame_of(act), key)], 8);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let function = flow.tree.function(activation.func);
        match &function.value(value).kind {
            ValueKind::Field(_, name) if *name == "parent" => return true,
            ValueKind::Op(Op::Call, inputs) => {
                return inputs.first().is_some_and(|word| {
                    matches!(&function.value(*word).kind, ValueKind::Literal(Literal::Text(word))
                        if word.as_str().ends_with("dirname"))
                });
            }
            ValueKind::Result(event, _) => {
                return flow.uid(frame, *event).is_some_and(|uid| {
                    matches!(&flow.event(uid).kind, EventKind::Call(call) if call.name == "dirname")
                });
            }
            ValueKind::Param(n) => {
                let arg = activation.args.get(usize::from(*n)).and_then(Option::as_ref);
                trail.follow(arg.and_then(|arg| Some((arg.frame, arg.value?))));
            }
            ValueKind::Op(Op::Convert, inputs) => {
                trail.follow(inputs.iter().map(|id| (frame, *id)));
            }
            _ => {}
        }
    }
    false
}

/// Whether a package of Go that others import reads a file of its object, changes what it read and
/// writes it back, and takes no lock: two goroutines of one program do that at the same time.
fn serves_callers(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let path = &flow.tree.file(flow.entry).path;
    let own = path
        .split('/')
        .any(|part| matches!(part, "internal" | "cmd" | "main.go" | "app" | "testutil"));
    let held = |uid: &Uid| matches!(flow.event(*uid).kind, EventKind::Acquire(_));
    pair.data
        && flow.tree.file(flow.entry).lang == Lang::Go
        && !own
        && flow.tree.function(flow.entry).receiver.is_some()
        && !(0..pair.act).any(|uid| held(&uid))
        && flow.event(pair.act).kind.target().is_some_and(|(_, key)| {
            key.and_then(|key| key.value)
                .is_some_and(|path| is_kept_by_object(flow, flow.frame_of(pair.act), path))
        })
}

/// Whether a path is the object's own, and not one deep within what it is made of.
fn is_kept_by_object(flow: &Flow<'_, '_>, frame: FrameId, path: ValueId) -> bool {
    let mut trail = Trail::from([(frame, path)], 24);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let kind = &flow.tree.function(activation.func).value(value).kind;
        match kind {
            ValueKind::Load(path) if path.steps.len() > 1 => return false,
            ValueKind::Param(n) => {
                let arg = activation.args.get(usize::from(*n)).and_then(Option::as_ref);
                trail.follow(arg.and_then(|arg| Some((arg.frame, arg.value?))));
            }
            _ => trail.follow(kind.inputs().into_iter().map(|input| (frame, input))),
        }
    }
    true
}

/// Whether the act is on one of the files that were listed, which this function renamed to where it is: a
/// claim that one caller wins.
fn moved_away(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    if !matches!(flow.event(pair.check).kind, EventKind::Enumerate(_)) {
        return false;
    }
    let Some((_, Some(key))) = flow.event(pair.act).kind.target() else { return false };
    let own = flow.keys_of(flow.frame_of(pair.act), key);
    (pair.check..pair.act).any(|uid| {
        let EventKind::Act(act) = &flow.event(uid).kind else { return false };
        let to = act.target.as_ref().filter(|_| act.kind == ActKind::Rename);
        to.is_some_and(|to| {
            flow.keys_of(flow.frame_of(uid), to).iter().any(|number| own.contains(number))
        })
    })
}

/// Why a row may not change, or not go, while a function works on it.
fn doubts_of_row(
    flow: &Flow<'_, '_>,
    target: &Target,
    found: &Found,
    act: Option<&Act>,
) -> Option<&'static str> {
    let table = matches!(target.kind, StoreKind::Sql | StoreKind::Orm);
    let Some(act) = act else {
        return (table && found.harm.consequence == Consequence::Crash)
            .then_some("the row is removed while this runs");
    };
    let changes =
        matches!(act.kind, ActKind::Update | ActKind::Delete) || act.atomicity == Atomicity::Upsert;
    // Two helpers that are given the name of a table need not be given the same.
    let nameless = matches!(&target.place, AbsPlace::Table(name) if name.as_str() == "{}");
    if nameless && flow.frame_of(found.pair.check) != flow.frame_of(found.pair.act) {
        return Some("both statements are about one table");
    }
    (target.kind == StoreKind::Orm && changes && works_for_a_caller(flow))
        .then_some("no caller has locked the row in the same transaction")
}

/// What a witness hangs on although the store is shared.
pub(super) fn doubts(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<String> {
    let act = match &flow.event(found.pair.act).kind {
        EventKind::Act(act) => Some(act),
        _ => None,
    };
    let deletes =
        act.is_some_and(|act| matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear));
    if found.other == Other::Outside(CLEARS) {
        return Some("somebody removes the file while this runs".to_owned());
    }
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
    if against && plain && here && flow.tree.file(flow.entry).lang == Lang::Python {
        return Some("the module's variable changes while other threads use it".to_owned());
    }
    let expires = matches!(&flow.event(found.pair.check).kind, EventKind::Check(check) if check.what == CheckKind::Expiry);
    let state = matches!(&flow.event(found.pair.check).kind, EventKind::Check(check) if check.what == CheckKind::State);
    if state && found.recomputed && !target.room {
        return Some("the limit that was checked first may not be passed".to_owned());
    }
    let stale = expires || found.harm.consequence == Consequence::LostWrite;
    let told = opens_what_goes(flow, found) || makes_new(flow, act.map(Box::as_ref));
    if against && target.kind == StoreKind::File && !stale && !told {
        return Some("the file is changed while this runs".to_owned());
    }
    let appends = act.is_some_and(|act| act.kind == ActKind::Append);
    if appends && target.kind == StoreKind::List && !tells_who_won(flow) {
        return Some("an item that is in the list twice matters".to_owned());
    }
    if target.size && target.scope > Reach::Process {
        return Some("losing more entries than necessary matters".to_owned());
    }
    if replaceable(flow, target, found) {
        return Some("losing a cached entry costs more than getting it again".to_owned());
    }
    if let Some(why) = doubts_of_row(flow, target, found, act.map(Box::as_ref)) {
        return Some(why.to_owned());
    }
    if found.harm.consequence == Consequence::DuplicateWork {
        return Some("two results of the same computation are not interchangeable".to_owned());
    }
    if beside(flow, target, found.pair.check) {
        return Some("what is listed and what is looked up are not changed together".to_owned());
    }
    if deletes && by_own_id(flow, found.pair) {
        return Some("an id that was taken away is given to another entry".to_owned());
    }
    if deletes && answers(flow) && found.harm.consequence == Consequence::DoubleWin {
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

/// Who asks whether a file is there, or lists it, and opens it fails, or says why wrongly, where the same
/// module deletes it.
fn opens_what_goes(flow: &Flow<'_, '_>, found: &Found) -> bool {
    let reads = match &flow.event(found.pair.act).kind {
        EventKind::Act(act) => act.kind == ActKind::OpenRead,
        other => matches!(other, EventKind::Read(_)),
    };
    let looks = match &flow.event(found.pair.check).kind {
        EventKind::Check(check) => check.what == CheckKind::Presence,
        EventKind::Enumerate(_) => true,
        _ => false,
    };
    let fails = matches!(found.harm.consequence, Consequence::Crash | Consequence::WrongReason);
    reads && looks && fails
}

/// Whether a file is made that was not to be there before: who comes second is to be refused.
fn makes_new(flow: &Flow<'_, '_>, act: Option<&Act>) -> bool {
    act.is_some_and(|act| matches!(act.kind, ActKind::OpenWrite | ActKind::Rename)) && refuses(flow)
}

/// Whether a caller is told anything. A function of Go that ends what it found and tells nobody
/// does so twice.
fn answers(flow: &Flow<'_, '_>) -> bool {
    !flow.tree.function(flow.entry).returns.is_empty()
        || flow.tree.file(flow.entry).lang != Lang::Go
}

/// Whether a function is given its session and leaves the end of the transaction to whoever gave it.
fn works_for_a_caller(flow: &Flow<'_, '_>) -> bool {
    let given = flow.tree.function(flow.entry).params.iter().any(|param| {
        let named = |name: &str| name.to_ascii_lowercase().ends_with("session");
        let ty = param.type_ref.as_ref();
        named(param.name.as_str()) || ty.is_some_and(|ty| named(ty.name.as_str()))
    });
    let ends = |uid: Uid| matches!(flow.event(uid).kind, EventKind::TxEnd(_));
    given && !(0..u32::try_from(flow.events.len()).unwrap_or(0)).any(ends)
}

/// Whether entries are removed by an id that each of them has of its own: nobody but a generator
/// gives those, and hardly one of them twice.
fn by_own_id(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let between = pair.check.min(pair.act)..pair.check.max(pair.act);
    flow.tree.file(flow.entry).lang == Lang::Go
        && between.into_iter().any(|uid| {
            matches!(&flow.event(uid).kind, EventKind::Call(call) if call.args.is_empty()
                && call.receiver_value.is_some()
                && matches!(call.name.as_str(), "getID" | "GetID" | "getId" | "GetId" | "ID" | "id"))
        })
}

/// Whether the names around bear out that a receiver of unknown type is a client of a server.
fn named_so(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let file = flow.tree.file(flow.entry).path.to_ascii_lowercase();
    let function = flow.tree.function(flow.entry).qualified.as_str().to_ascii_lowercase();
    let place = match &target.place {
        AbsPlace::Path(path) => path.text().to_ascii_lowercase(),
        _ => String::new(),
    };
    let imports = |word: &str| {
        let found = &flow.tree.file(flow.entry).imports;
        found.iter().any(|import| import.target.as_str().starts_with(word))
    };
    target.kind == StoreKind::Remote
        && ["redis", "memcache", "etcd", "hazelcast", "valkey", "consul", "couchbase", "aerospike"]
            .iter()
            .any(|w| file.contains(w) || function.contains(w) || place.contains(w) || imports(w))
}
