//! The machine on the textbook cases: it finds each one, and nothing in the guarded twin.

use amorsize_audit::explore::{Answer, Domain, Lost, Mode, Op, OpKind, Program, Scene, Test};
use amorsize_audit::explore::{Value, Verdict, When, flip, interleave};

fn program(ops: Vec<OpKind>) -> Program {
    let ops = ops.into_iter().zip(1_u32..).map(|(kind, site)| Op { kind, site }).collect();
    Program { label: "f".to_owned(), ops }
}

fn scene(programs: Vec<Program>, cells: Vec<Domain>, locks: usize) -> Scene {
    let silent = vec![false; programs.len()];
    Scene { programs, cells, locks, silent }
}

fn add(when: When, lock: bool) -> Program {
    let mut ops = Vec::new();
    if lock {
        ops.push(OpKind::Acquire { lock: 0, mode: Mode::Write });
    }
    let base = u16::from(lock);
    ops.push(OpKind::Observe { cell: 0, into: 0 });
    ops.push(OpKind::Branch { test: Test::NotLive(0), yes: base + 2, no: base + 4 });
    ops.push(OpKind::Write {
        cell: 0,
        value: Value::Own(0),
        when,
        into: 1,
        lost: Lost::Goto(base + 4),
    });
    ops.push(OpKind::Return(Answer::Label(1)));
    ops.push(OpKind::Return(Answer::Label(0)));
    program(ops)
}

#[test]
fn two_adders_both_win_without_a_lock() {
    let racy = add(When::Always, false);
    let verdict = interleave(&scene(vec![racy.clone(), racy], vec![Domain::PLAIN], 0));
    let Verdict::Witness(witness) = verdict else { panic!("no witness") };
    assert!(witness.lost.contains(&true));
    assert!(witness.steps.len() <= 6, "{:#?}", witness.steps);
}

#[test]
fn a_lock_or_a_condition_in_the_write_leaves_no_witness() {
    let locked = add(When::Always, true);
    let verdict = interleave(&scene(vec![locked.clone(), locked], vec![Domain::AGING], 1));
    assert_eq!(verdict, Verdict::Serial);
    let conditional = add(When::NotLive, false);
    let three = vec![conditional.clone(), conditional.clone(), conditional];
    assert_eq!(interleave(&scene(three, vec![Domain::AGING], 0)), Verdict::Serial);
}

#[test]
fn an_insert_on_a_primary_key_is_safe_when_absent_and_not_when_expired() {
    let insert = add(When::Absent, false);
    let two = vec![insert.clone(), insert];
    assert_eq!(interleave(&scene(two, vec![Domain::PLAIN], 0)), Verdict::Serial);
    let update = add(When::Present, false);
    let verdict = interleave(&scene(vec![update.clone(), update], vec![Domain::AGING], 0));
    assert!(matches!(verdict, Verdict::Witness(_)));
}

#[test]
fn an_increment_is_lost() {
    let incr = program(vec![
        OpKind::Need { cell: 0, into: 0, lost: Lost::Raise("missing") },
        OpKind::Write {
            cell: 0,
            value: Value::Derived { from: 0, own: false },
            when: When::Always,
            into: 1,
            lost: Lost::Ignore,
        },
    ]);
    let verdict = interleave(&scene(vec![incr.clone(), incr], vec![Domain::LIVE], 0));
    assert!(matches!(verdict, Verdict::Witness(_)));
}

#[test]
fn a_purge_by_key_removes_a_fresh_value() {
    let purge = |when| {
        program(vec![
            OpKind::Observe { cell: 0, into: 0 },
            OpKind::Branch { test: Test::Expired(0), yes: 2, no: 3 },
            OpKind::Delete { cell: 0, when, into: 1, lost: Lost::Ignore },
            OpKind::Return(Answer::Label(0)),
        ])
    };
    let set = program(vec![OpKind::Write {
        cell: 0,
        value: Value::Own(0),
        when: When::Always,
        into: 0,
        lost: Lost::Ignore,
    }]);
    let racy = scene(vec![purge(When::Always), set.clone()], vec![Domain::AGING], 0);
    let Verdict::Witness(witness) = interleave(&racy) else { panic!("no witness") };
    assert_eq!(witness.lost, [false, true]);
    let safe = scene(vec![purge(When::Unchanged(0)), set], vec![Domain::AGING], 0);
    assert_eq!(interleave(&safe), Verdict::Serial);
}

#[test]
fn one_temporary_name_for_all_publishes_half_a_value() {
    let publish = |tmp| {
        program(vec![
            OpKind::Write {
                cell: tmp,
                value: Value::Torn,
                when: When::Always,
                into: 0,
                lost: Lost::Ignore,
            },
            OpKind::Write {
                cell: tmp,
                value: Value::Own(0),
                when: When::Always,
                into: 0,
                lost: Lost::Ignore,
            },
            OpKind::Rename { from: tmp, to: 2, lost: Lost::Raise("missing") },
        ])
    };
    let cells = vec![Domain::ABSENT, Domain::ABSENT, Domain::PLAIN];
    let shared = scene(vec![publish(0), publish(0)], cells.clone(), 0);
    assert!(matches!(interleave(&shared), Verdict::Witness(_)));
    let apart = scene(vec![publish(0), publish(1)], cells, 0);
    assert_eq!(interleave(&apart), Verdict::Serial);
}

#[test]
fn a_prune_by_chance_changes_the_answer_only_where_reasons_differ() {
    let load = |expired, absent| {
        program(vec![
            OpKind::Chance { heads: 1, tails: 2 },
            OpKind::Delete { cell: 0, when: When::Expired, into: 1, lost: Lost::Ignore },
            OpKind::Observe { cell: 0, into: 0 },
            OpKind::Branch { test: Test::Absent(0), yes: 4, no: 5 },
            OpKind::Return(Answer::Label(absent)),
            OpKind::Branch { test: Test::Expired(0), yes: 6, no: 7 },
            OpKind::Return(Answer::Label(expired)),
            OpKind::Return(Answer::Seen(0)),
        ])
    };
    assert!(flip(&load(1, 2), &[Domain::AGING], 0).is_some());
    assert!(flip(&load(1, 1), &[Domain::AGING], 0).is_none());
}

#[test]
fn a_row_lock_helps_only_where_a_row_is() {
    let add = program(vec![
        OpKind::LockRow { cell: 0 },
        OpKind::Observe { cell: 0, into: 0 },
        OpKind::Branch { test: Test::NotLive(0), yes: 3, no: 5 },
        OpKind::Write {
            cell: 0,
            value: Value::Own(0),
            when: When::Always,
            into: 1,
            lost: Lost::Ignore,
        },
        OpKind::Return(Answer::Label(1)),
        OpKind::Return(Answer::Label(0)),
    ]);
    let there = Domain { absent: false, live: true, expired: true };
    let two = vec![add.clone(), add];
    assert_eq!(interleave(&scene(two.clone(), vec![there], 0)), Verdict::Serial);
    assert!(matches!(interleave(&scene(two, vec![Domain::AGING], 0)), Verdict::Witness(_)));
}

/// Forty coins have a million million ways, and two ends.
#[test]
fn ways_that_lead_to_the_same_are_followed_once() {
    let mut ops: Vec<OpKind> =
        (0..40_u16).map(|at| OpKind::Chance { heads: at + 1, tails: at + 1 }).collect();
    ops.push(OpKind::Observe { cell: 0, into: 0 });
    ops.push(OpKind::Branch { test: Test::NotLive(0), yes: 42, no: 43 });
    let own = Value::Own(0);
    let (when, lost) = (When::Always, Lost::Ignore);
    ops.push(OpKind::Write { cell: 0, value: own, when, into: 1, lost });
    ops.push(OpKind::Return(Answer::Seen(0)));
    let tossing = program(ops);
    let verdict = interleave(&scene(vec![tossing.clone(), tossing], vec![Domain::PLAIN], 0));
    assert!(matches!(verdict, Verdict::Witness(_)));
}
