//! Whoever may be outside of the tree: another process that writes or deletes what the function under
//! test looks at.

use amorsize_facts::event::{ActKind, EventKind, Lang, LockMode, Scope as Reach, StoreKind};

use super::others::same_folder;
use crate::explore::{Lost, Mode, Op, OpKind, Program, Value, When};
use crate::flow::{AbsPath, Flow};
use crate::held::Held;
use crate::mutators::{Mutator, absolute};
use crate::slice::{Locks, Target};

const LABEL: &str = "another process";

/// Who else may change the store: what is in memory, no other process reaches.
pub(super) fn outsider(flow: &Flow<'_, '_>, target: &Target) -> &'static str {
    match flow.tree.file(flow.entry).lang {
        _ if target.scope > Reach::Process => LABEL,
        Lang::Go => "another goroutine",
        _ if target.scope == Reach::Task => "another task",
        _ => "another thread",
    }
}

pub(super) fn outside_writer() -> Program {
    let kind = OpKind::Write {
        cell: 0,
        value: Value::Own(1),
        when: When::Always,
        into: 0,
        lost: Lost::Ignore,
    };
    alone(kind)
}

pub(super) fn outside_deleter() -> Program {
    alone(OpKind::Delete { cell: 0, when: When::Present, into: 0, lost: Lost::Ignore })
}

fn alone(kind: OpKind) -> Program {
    Program { label: LABEL.to_owned(), ops: vec![Op { kind, site: u32::MAX }] }
}

/// Another process that writes the target by the code of this module: it takes the locks on files that
/// everything here takes which writes such files.
pub(super) fn writer_of_files(
    flow: &Flow<'_, '_>,
    known: &[Mutator<'_>],
    target: &Target,
    locks: &mut Locks,
) -> Program {
    let mut program = outside_writer();
    if target.kind != StoreKind::File {
        return program;
    }
    let taken: Vec<_> = locks_of_writers(flow, known).iter().map(|lock| locks.id(lock)).collect();
    let op = |kind| Op { kind, site: u32::MAX };
    for lock in &taken {
        program.ops.insert(0, op(OpKind::Acquire { lock: *lock, mode: Mode::Write }));
        program.ops.push(op(OpKind::Release { lock: *lock }));
    }
    program
}

/// The locks of the host that are held wherever the module puts a file in place.
fn locks_of_writers(flow: &Flow<'_, '_>, known: &[Mutator<'_>]) -> Vec<AbsPath> {
    let tree = flow.tree;
    let mut common: Option<Vec<AbsPath>> = None;
    for mutator in known {
        let writes = matches!(
            mutator.act.kind,
            ActKind::Rename | ActKind::Create | ActKind::OpenWrite | ActKind::Write
        );
        let elsewhere =
            mutator.confined || tree.is_test(mutator.function) || is_draft(flow, mutator);
        if !writes || elsewhere || !same_folder(flow, mutator.function) {
            continue;
        }
        let own = |held: &Held| {
            (held.scope >= Reach::Host && held.mode == LockMode::Exclusive)
                .then(|| absolute(tree, mutator.function, &held.lock))
                .flatten()
        };
        let here: Vec<AbsPath> = mutator.held.iter().filter_map(own).collect();
        common = Some(match common {
            None => here,
            Some(before) => before.into_iter().filter(|lock| here.contains(lock)).collect(),
        });
    }
    let mut common = common.unwrap_or_default();
    common.dedup();
    common
}

/// Whether a file is not put in place by the act: the same function renames what it writes, or what is
/// written is the file that is locked.
pub(super) fn is_draft(flow: &Flow<'_, '_>, mutator: &Mutator<'_>) -> bool {
    if mutator.act.kind == ActKind::Rename {
        return false;
    }
    let mut draft = false;
    flow.tree.function(mutator.function).each_event(|event| match &event.kind {
        EventKind::Act(act) => {
            draft |= act.kind == ActKind::Rename && act.key.shape == mutator.act.key.shape;
        }
        EventKind::Acquire(acquire) => {
            let key = acquire.key.as_ref();
            draft |= key.is_some_and(|key| key.shape == mutator.act.key.shape);
        }
        _ => {}
    });
    draft
}
