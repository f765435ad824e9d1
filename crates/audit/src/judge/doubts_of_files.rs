//! What a witness on a file hangs on: whether two processes, or two callers, ever meet at its path.

use amorsize_facts::event::{
    ActKind, CheckKind, EventKind, Lang, Literal, LockKind, Name, Op, Outcome, Step, ValueId,
    ValueKind,
};
use amorsize_finding::Consequence;

use super::drawn::writes_what_it_drew;
use super::explore::{Found, Other};
use super::kept::{in_everybodys_cache, kept_for_others, several_at_a_time};
use super::one_loop::alone_on_its_loop;
use super::sense::{
    is_claim, is_tool, migrates, named_by_content, refuses_what_exists, upgrades, words,
};
use crate::flow::{Flow, FrameId, Trail, Uid};
use crate::link::folder;
use crate::shared::in_a_reactor;
use crate::slice::{Pair, Target};

/// Why two processes may never meet at a path.
fn doubts_of_paths(flow: &Flow<'_, '_>, pair: Pair) -> Option<&'static str> {
    if is_tool(flow) && !in_everybodys_cache(flow, pair) {
        return Some("two runs of this tool work on the same files at the same time");
    }
    if upgrades(flow) || migrates(flow) {
        return Some("two processes find the old files at the same time");
    }
    if named_by_content(flow, pair.act) {
        return Some("two files of one name, which is made of their content, differ");
    }
    if holds_the_name(flow) {
        return Some("somebody replaces a file that another process holds locked");
    }
    if moved_away(flow, pair) {
        return Some("somebody else works on what this caller moved away for itself");
    }
    if in_one_turn(flow, pair) {
        return Some("another process than the one of the reactor works on the file");
    }
    let meets = writes_what_it_drew(flow, pair)
        || makes_a_parent(flow, pair.act)
        || sees_to_a_folder(flow, pair.act);
    if meets || serves_callers(flow, pair) {
        return None;
    }
    (!meets_itself(flow) && !kept_for_others(flow, pair, false) && !refuses_what_exists(flow, pair))
        .then_some("another process works on the same path")
}

/// Why two processes may never meet at a path, or never at the same time.
pub(super) fn doubts_of_file(
    flow: &Flow<'_, '_>,
    target: &Target,
    found: &Found,
) -> Option<&'static str> {
    if gives_back(flow, target, found) {
        return Some("somebody who does not hold the lock gives it back");
    }
    if is_gone_anyway(flow, found) {
        return Some("who removes it second minds that it is gone");
    }
    doubts_of_paths(flow, found.pair)
        .or_else(|| alone_on_its_loop(flow, found.pair, &found.other))
        .or_else(|| doubts_of_rivals(flow, target, found))
}

/// Whether the file of a lock is removed by who gives the lock back, and all that is lost is that a second one
/// who does so finds nothing to remove.
fn gives_back(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> bool {
    let removes = matches!(&flow.event(found.pair.act).kind, EventKind::Act(act)
        if act.kind == ActKind::Delete);
    let function = flow.tree.function(flow.entry);
    let named = words(function.name.as_str());
    // What an object keeps may be open and locked: then the name may be another file's by now.
    let key = flow.event(found.pair.act).kind.target().and_then(|(_, key)| key?.value);
    let given = key.is_some_and(|key| {
        flow.frame_of(found.pair.act) == 0
            && matches!(function.value(key).kind, ValueKind::Param(_))
    });
    removes
        && given
        && found.harm.consequence == Consequence::Crash
        && found.other == Other::Same
        && named.iter().any(|word| matches!(word.as_str(), "release" | "unlock"))
        && is_claim(flow, target, found.pair)
}

/// Whether a function of Go removes a file after it was there, and all that the second one is told is that it no longer
/// is: its error is an answer that its caller looks at.
fn is_gone_anyway(flow: &Flow<'_, '_>, found: &Found) -> bool {
    let kind = |uid| &flow.event(uid).kind;
    flow.tree.file(flow.entry).lang == Lang::Go
        && found.harm.consequence == Consequence::Crash
        && found.other == Other::Same
        && match kind(found.pair.check) {
            EventKind::Check(check) => check.what == CheckKind::Presence,
            other => matches!(other, EventKind::Read(_)),
        }
        && matches!(kind(found.pair.act), EventKind::Act(act) if act.kind == ActKind::Delete)
}

/// Why two may never make a file of Python's at the same time: that it is kept shows who comes later, and what
/// each of two takes from the other shows only where they are there together.
fn doubts_of_rivals(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> Option<&'static str> {
    let rivals = found.harm.consequence == Consequence::DoubleWin
        && !found.pair.data
        && !matches!(found.other, Other::Mutator { .. });
    let shown = || {
        meets_itself(flow)
            || is_claim(flow, target, found.pair)
            || refuses_what_exists(flow, found.pair)
            || writes_what_it_drew(flow, found.pair)
            || several_at_a_time(flow, found.pair)
    };
    (rivals && flow.tree.file(flow.entry).lang == Lang::Python && !shown())
        .then_some("another process makes the file at the same time")
}

/// Whether one turn of a reactor does both, in a package that lives there: of its own process nobody comes in
/// between.
pub(super) fn in_one_turn(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let (tree, own) = (flow.tree, flow.entry.file as usize);
    let path = tree.files[own].path.as_str();
    let near = (0_u32..).zip(tree.files).filter(|(_, file)| folder(&file.path) == folder(path));
    let (mut all, mut there) = (0, 0);
    for (n, _) in near {
        all += 1;
        there += u32::from(in_a_reactor(tree, n));
    }
    let threads = tree.files[own]
        .imports
        .iter()
        .any(|import| import.target.as_str().to_ascii_lowercase().contains("thread"));
    let mut between = pair.check.min(pair.act)..pair.check.max(pair.act);
    (there * 2 > all || in_a_reactor(tree, flow.entry.file))
        && !threads
        && !between.any(|uid| matches!(flow.event(uid).kind, EventKind::Await(_)))
}

/// Whether a file is locked, and the name is asked whether it still is that file: who removes it then holds what
/// everybody else waits for.
fn holds_the_name(flow: &Flow<'_, '_>) -> bool {
    let inode = |kind: &ValueKind| match kind {
        ValueKind::Field(_, name) => *name == "st_ino",
        ValueKind::Load(path) => path.steps.last() == Some(&Step::Field(Name::new("st_ino"))),
        _ => false,
    };
    let same = |kind: &EventKind| {
        matches!(kind, EventKind::Call(call)
            if matches!(call.name.as_str(), "samestat" | "sameopenfile"))
    };
    let locks = |kind: &EventKind| matches!(kind, EventKind::Acquire(acquire) if acquire.kind == LockKind::File);
    flow.events.iter().any(|ev| locks(&ev.event.kind))
        && (flow.events.iter().any(|ev| same(&ev.event.kind))
            || flow.values().filter(|(_, _, kind)| inode(kind)).nth(1).is_some())
}

/// Whether several requests run the function at the same time, and it takes no lock for its process.
pub(super) fn meets_itself(flow: &Flow<'_, '_>) -> bool {
    let locks = flow.events.iter().any(|ev| matches!(ev.event.kind, EventKind::Acquire(_)));
    flow.tree.served().meets(flow.entry) && !locks
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
                trail.follow(flow.handed_in(frame, *n));
            }
            ValueKind::Op(Op::Convert, inputs) => {
                trail.follow(inputs.iter().map(|id| (frame, *id)));
            }
            _ => {}
        }
    }
    false
}

/// Whether a function of Python is there to see to a folder, or keeps what it is given in one, by its name: whoever
/// else needs the folder calls it, too.
fn sees_to_a_folder(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(made) = &flow.event(act).kind else { return false };
    let folder = made.kind == ActKind::Create && made.value.is_none();
    let name = flow.tree.function(flow.entry).name.as_str();
    let named = words(name);
    folder
        && !name.starts_with('_')
        && flow.frame_of(act) == 0
        && flow.tree.file(flow.entry).lang == Lang::Python
        && named.iter().any(|word| {
            matches!(
                word.as_str(),
                "ensure"
                    | "mkdir"
                    | "makedirs"
                    | "dir"
                    | "directory"
                    | "folder"
                    | "save"
                    | "upload"
                    | "store"
            )
        })
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
                trail.follow(flow.handed_in(frame, *n));
            }
            _ => trail.follow(kind.inputs().map(|input| (frame, input))),
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
    let frame = flow.frame_of(pair.act);
    let mut own = flow.keys_of(frame, key);
    // `move(name, folder)`, and then the file of that name in the folder.
    let function = flow.tree.function(flow.frames[frame as usize].func);
    if let Some(ValueKind::Op(Op::Join, parts)) = key.value.map(|value| &function.value(value).kind)
    {
        own.extend(parts.iter().take(1).map(|folder| flow.canon(frame, *folder)));
    }
    (pair.check..pair.act).any(|uid| {
        let EventKind::Act(act) = &flow.event(uid).kind else { return false };
        let to = act.target.as_ref().filter(|_| act.kind == ActKind::Rename);
        to.is_some_and(|to| {
            flow.keys_of(flow.frame_of(uid), to).iter().any(|number| own.contains(number))
        })
    })
}
