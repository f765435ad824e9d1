//! The checker on histories written by hand, and on a million operations.

use amorsize_testkit::history::{
    Answer, Call, Done, EVERY_KEY, Event, Fault, Log, Reasons, Record, Recorder, Rules, Sight,
    Verdict, Want, check, load,
};

const WANT: Want = Want { max_age: u64::MAX, fmt: 1, fp: 1 };

const fn record(ttl: u64) -> Record {
    Record { ttl, fmt: 1, fp: 1, body: ttl }
}

/// A call from `span.0` to `span.1`; the wall clock shows the same numbers as the monotonic one.
const fn event(call: Call, span: (u64, u64), answer: Answer) -> Event {
    let done = Some(Done { end: span.1, clock_to: span.1, answer });
    Event { actor: 0, key: 0, call, start: span.0, clock_from: span.0, done }
}

const fn unanswered(call: Call, start: u64) -> Event {
    Event { actor: 9, key: 0, call, start, clock_from: start, done: None }
}

fn put(ttl: u64, span: (u64, u64), made: u64) -> Event {
    event(Call::Put(record(ttl)), span, Answer::Stored { made, at: made })
}

fn add(ttl: u64, span: (u64, u64), made: u64) -> Event {
    event(Call::Add(record(ttl)), span, Answer::Stored { made, at: made })
}

/// A look at generation `made` (0: nothing) stored with `ttl`, judged at the end of the span.
fn look(span: (u64, u64), made: u64, ttl: u64, reasons: Reasons) -> Event {
    let body = (reasons == Reasons::HIT).then_some(ttl);
    let known = |value| (made != 0).then_some(value);
    let (created, ttl) = (known(made), known(ttl));
    let sight = Sight { t: span.1, gen_seen: made, reasons, body, created, ttl, since: 0 };
    event(Call::Look(WANT), span, Answer::Saw(sight))
}

fn judged(events: &[Event]) -> Verdict {
    check(events, Rules::default())
}

#[track_caller]
fn is_true(events: &[Event]) {
    let verdict = judged(events);
    assert!(verdict.is_truthful(), "{verdict}");
}

#[track_caller]
fn has(fault: Fault, events: &[Event]) {
    let verdict = judged(events);
    assert!(verdict.count(fault) > 0, "no {}: {verdict}", fault.name());
}

#[test]
fn a_life_told_right_is_truthful() {
    is_true(&[
        look((1, 2), 0, 0, Reasons::ABSENT),
        add(10, (3, 5), 4),
        look((6, 7), 4, 10, Reasons::HIT),
        look((15, 16), 4, 10, Reasons::EXPIRED),
        add(20, (17, 19), 18),
        look((20, 21), 18, 20, Reasons::HIT),
    ]);
}

#[test]
fn absent_after_a_write_is_a_lost_write() {
    has(Fault::LostWrite, &[put(100, (1, 3), 2), look((4, 5), 0, 0, Reasons::ABSENT)]);
    // While the write is under way both answers are right.
    is_true(&[put(100, (1, 9), 2), look((4, 5), 0, 0, Reasons::ABSENT)]);
}

#[test]
fn an_old_value_after_a_new_one_is_a_lost_write() {
    let writes = [put(100, (1, 3), 2), put(101, (4, 6), 5)];
    has(Fault::LostWrite, &[writes[0], writes[1], look((7, 8), 2, 100, Reasons::HIT)]);
    // Two readers that see the states in opposite orders, while the write is under way.
    let slow = put(101, (4, 20), 5);
    let new_then_old = [look((7, 8), 5, 101, Reasons::HIT), look((9, 10), 2, 100, Reasons::HIT)];
    has(Fault::LostWrite, &[writes[0], slow, new_then_old[0], new_then_old[1]]);
}

#[test]
fn a_reason_must_hold_at_the_answers_own_time() {
    let stored = put(10, (1, 3), 2);
    has(Fault::WrongReason, &[stored, look((5, 6), 2, 10, Reasons::EXPIRED)]);
    has(Fault::WrongReason, &[stored, look((20, 21), 2, 10, Reasons::HIT)]);
    // Age 10 is not past a TTL of 10.
    is_true(&[stored, look((11, 12), 2, 10, Reasons::HIT)]);
    let both = Reasons::EXPIRED.with(Reasons::VERSION, true);
    has(Fault::WrongReason, &[stored, look((20, 21), 2, 10, both)]);
}

#[test]
fn a_hit_must_carry_the_value_of_its_generation() {
    let mut wrong = look((5, 6), 2, 10, Reasons::HIT);
    if let Some(Done { answer: Answer::Saw(sight), .. }) = &mut wrong.done {
        sight.body = Some(77);
    }
    has(Fault::WrongReason, &[put(10, (1, 3), 2), wrong]);
}

#[test]
fn two_adds_cannot_both_win() {
    has(Fault::ExtraWinner, &[add(100, (1, 5), 2), add(101, (2, 6), 3)]);
    has(Fault::ExtraWinner, &[add(100, (1, 5), 2), add(101, (2, 6), 2)]);
    is_true(&[add(5, (1, 3), 2), add(101, (8, 10), 9)]);
}

#[test]
fn a_cas_that_replaced_something_unseen_lost_a_write() {
    let cas = event(Call::Cas(2, record(50)), (7, 9), Answer::Stored { made: 8, at: 8 });
    has(Fault::LostWrite, &[put(100, (1, 3), 2), put(101, (4, 6), 5), cas]);
    is_true(&[put(100, (1, 3), 2), cas]);
}

#[test]
fn an_unanswered_write_took_effect_once_or_not_at_all() {
    let killed = unanswered(Call::Put(record(33)), 4);
    is_true(&[put(100, (1, 3), 2), killed, look((9, 10), 2, 100, Reasons::HIT)]);
    is_true(&[put(100, (1, 3), 2), killed, look((9, 10), 5, 33, Reasons::HIT)]);
    let there_and_gone = [look((9, 10), 5, 33, Reasons::HIT), look((11, 12), 2, 100, Reasons::HIT)];
    has(Fault::LostWrite, &[put(100, (1, 3), 2), killed, there_and_gone[0], there_and_gone[1]]);
    has(Fault::Invented, &[put(100, (1, 3), 2), look((9, 10), 5, 33, Reasons::HIT)]);
}

#[test]
fn an_unanswered_write_explains_what_its_own_ttl_was_seen_in() {
    // Which of the two the refusal saw it does not say; the look says that it was not the later one.
    let (one, other) = (unanswered(Call::Put(record(33)), 4), unanswered(Call::Put(record(44)), 5));
    let sight = Sight {
        t: 9,
        gen_seen: 8,
        reasons: Reasons::HIT,
        body: None,
        created: Some(8),
        ttl: None,
        since: 0,
    };
    let refused = event(Call::Add(record(5)), (8, 9), Answer::Refused(sight));
    let mut gone = look((13, 14), 12, 44, Reasons::DELETED);
    if let Some(Done { answer: Answer::Saw(sight), .. }) = &mut gone.done {
        sight.created = Some(10);
    }
    let removed = unanswered(Call::Remove, 11);
    is_true(&[put(100, (1, 3), 2), one, other, refused, removed, gone]);
}

#[test]
fn a_refusal_may_see_the_end_of_what_an_unanswered_write_stored() {
    let clear = Event { key: EVERY_KEY, ..event(Call::Clear, (8, 10), Answer::NotDone) };
    let mut sight = look((11, 12), 9, 33, Reasons::HIT);
    let Some(Done { answer: Answer::Saw(tombstone), .. }) = &mut sight.done else {
        unreachable!("a look has a sight")
    };
    (tombstone.created, tombstone.ttl, tombstone.body) = (Some(5), None, None);
    let refused = event(Call::Cas(5, record(7)), (11, 12), Answer::Refused(*tombstone));
    let killed = unanswered(Call::Put(record(33)), 4);
    let seen = look((6, 7), 5, 33, Reasons::HIT);
    is_true(&[put(100, (1, 3), 2), killed, seen, clear, refused]);
    has(Fault::Invented, &[put(100, (1, 3), 2), killed, seen, refused]);
}

#[test]
fn a_write_said_to_have_failed_must_not_appear() {
    let failed = event(Call::Put(record(33)), (4, 5), Answer::NotDone);
    has(Fault::Invented, &[put(100, (1, 3), 2), failed, look((9, 10), 5, 33, Reasons::HIT)]);
}

#[test]
fn an_unanswered_removal_may_have_made_room_for_one_add() {
    let events = [
        put(100, (1, 3), 2),
        unanswered(Call::Remove, 4),
        add(101, (6, 8), 7),
        add(102, (9, 11), 10),
    ];
    is_true(&events[..3]);
    has(Fault::ExtraWinner, &events);
}

#[test]
fn a_refused_add_needs_something_live() {
    let Some(Done { answer: Answer::Saw(sight), .. }) =
        look((20, 21), 2, 10, Reasons::EXPIRED).done
    else {
        unreachable!("a look has a sight")
    };
    let refused = event(Call::Add(record(5)), (20, 21), Answer::Refused(sight));
    has(Fault::NoWinner, &[put(10, (1, 3), 2), refused]);
    is_true(&[put(100, (1, 3), 2), refused]);
}

#[test]
fn a_server_may_evict_only_when_the_rules_say_so() {
    let events = [put(100, (1, 3), 2), look((5, 6), 2, 100, Reasons::EVICTED)];
    has(Fault::WrongReason, &events);
    let rules = Rules { server_may_evict: true, ..Rules::default() };
    assert!(check(&events, rules).is_truthful());
    // What the server took does not come back by itself.
    let back = [events[0], events[1], look((8, 9), 2, 100, Reasons::HIT)];
    assert!(check(&back, rules).count(Fault::LostWrite) > 0);
}

#[test]
fn a_clear_explains_deleted_entries_and_later_adds() {
    let clear = Event { key: EVERY_KEY, ..event(Call::Clear, (4, 6), Answer::NotDone) };
    let mut gone = look((8, 9), 5, 100, Reasons::DELETED);
    if let Some(Done { answer: Answer::Saw(sight), .. }) = &mut gone.done {
        sight.created = Some(2);
    }
    is_true(&[put(100, (1, 3), 2), clear, gone]);
    has(Fault::Invented, &[put(100, (1, 3), 2), gone]);
}

#[test]
fn a_time_outside_of_the_clocks_is_wrong() {
    let mut early = look((5, 6), 2, 10, Reasons::HIT);
    if let Some(Done { answer: Answer::Saw(sight), .. }) = &mut early.done {
        sight.t = 4;
    }
    has(Fault::WrongTime, &[put(10, (1, 3), 2), early]);
}

#[test]
fn a_log_survives_a_cut_in_its_last_frame() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut recorder = Recorder::new(3, Log::file(&path).expect("a log"));
    let want = Want { max_age: 7, fmt: 2, fp: 3 };
    let sight = Sight {
        t: 5,
        gen_seen: 6,
        reasons: Reasons::EXPIRED,
        body: Some(8),
        created: Some(9),
        ttl: None,
        since: 11,
    };
    let calls = [
        (Call::Look(want), Some(Answer::Saw(sight))),
        (Call::Cas(4, record(12)), Some(Answer::Stored { made: 1, at: 2 })),
        (Call::Remove, Some(Answer::Refused(sight))),
        (Call::Add(record(13)), None),
        (Call::Prune, Some(Answer::NotDone)),
    ];
    for (call, answer) in calls {
        let begun = recorder.begin(4, call, || 1).expect("written");
        recorder.end(begun, || 2, answer).expect("written");
    }
    recorder.finish().expect("written");
    let events = load(folder.path()).expect("a log");
    let seen: Vec<_> =
        events.iter().map(|event| (event.call, event.done.map(|done| done.answer))).collect();
    assert_eq!(seen, calls);
    assert!(events.iter().all(|event| event.actor == 3 && event.key == 4));

    let length = std::fs::metadata(&path).expect("the log").len();
    let file = std::fs::File::options().write(true).open(&path).expect("the log");
    file.set_len(length - 1).expect("cut");
    let cut = load(folder.path()).expect("a cut log");
    assert_eq!(cut.len(), events.len());
    assert_eq!(cut[4].done, None, "the cut answer counts as not given");
}

#[test]
fn a_million_operations_are_checked() {
    let mut events = Vec::new();
    for key in 0..8 {
        for step in 0..125_000_u64 {
            let now = step * 10;
            let made = (step / 5) * 50 + 1;
            let ttl = made + 1_000;
            let one = if step % 5 == 0 {
                put(ttl, (now, now + 2), made)
            } else {
                look((now, now + 8), made, ttl, Reasons::HIT)
            };
            events.push(Event { key, ..one });
        }
    }
    let watch = amorsize_os::clock::Stopwatch::start();
    let verdict = judged(&events);
    eprintln!("{} operations in {:?}", verdict.operations, watch.elapsed());
    assert!(verdict.is_truthful(), "{verdict}");
}
