//! From everything the sweep saw to one word of a closed set, and the report around it.
//!
//! The order of the rules is the order of their weight: a forced outcome outweighs everything; what could not be
//! tried, or made itself fail, outweighs a clean result; a guard must have been seen working to be called one.

use crate::evict::Cover;
use crate::experiment::{Experiment, Op, Watch};
use crate::outcome::{Answer, Exit, Outcome, one_line};
use crate::report::{
    Commands, Coverage, Proof, Result as Came, SCHEMA, Seen, Serial, Tried, Witness,
};
use crate::serial::NoSet;
use crate::stage::driver::RAN_WHOLE;
use crate::sweep::{Hit, Sweep, serial_repeats};
use amorsize_finding::{ProofVerdict, Shown};
use std::collections::BTreeMap;

fn bare(experiment: &Experiment, verdict: ProofVerdict, reason: String) -> Proof {
    Proof {
        schema: SCHEMA,
        verdict,
        shown: None,
        reason,
        hint: None,
        commands: Commands {
            setup: experiment.setup.clone(),
            a: experiment.a.clone(),
            b: experiment.b.clone(),
            probe: experiment.probe.clone(),
            evict: experiment.evict.clone(),
            on: experiment.on.iter().map(Watch::to_string).collect(),
        },
        serial: vec![],
        witness: None,
        boundaries: vec![],
        guards: vec![],
        evidence: vec![],
        coverage: Coverage { preemptions: 1, parties: 2, ..Coverage::default() },
    }
}

/// The answer when there is no serial set to compare with.
pub(crate) fn without_set(experiment: &Experiment, missing: &NoSet) -> Proof {
    let (verdict, reason, hint) = match missing {
        NoSet::Setup(said) => (
            ProofVerdict::NoVerdict,
            format!("the setup failed: {said}"),
            "run the setup command by itself in this directory until it exits 0".to_owned(),
        ),
        NoSet::NotRunnable(op, said) => (
            ProofVerdict::NoVerdict,
            format!("{op} could not be run: {said}"),
            "the command is run by /bin/sh in this directory".to_owned(),
        ),
        NoSet::TimedOut(op) => (
            ProofVerdict::Inconclusive,
            format!("{op} did not end within {} s, alone", experiment.limits.command.as_secs()),
            "give it longer with --command-timeout".to_owned(),
        ),
        NoSet::Unstable(varied) => (
            ProofVerdict::Inconclusive,
            format!("the same order came to different outcomes: {}", varied.join("; ")),
            "cut what varies out with --ignore REGEX, or make the setup prepare all of the state"
                .to_owned(),
        ),
    };
    Proof { hint: Some(hint), ..bare(experiment, verdict, reason) }
}

/// The answer to a sweep.
pub(crate) fn of(experiment: &Experiment, mut sweep: Sweep) -> Proof {
    sweep.tried.sort_by_key(|tried| (tried.party, tried.at));
    let serial = [("A;B", &sweep.set.ab), ("B;A", &sweep.set.ba)].map(|(order, outcome)| Serial {
        order: order.to_owned(),
        outcome: outcome.clone(),
        runs: serial_repeats(),
    });
    let counts =
        |wanted: fn(&Came) -> bool| sweep.tried.iter().filter(|t| wanted(&t.result)).count();
    let session = counts(|came| matches!(came, Came::Session));
    let held = sweep.tried.len()
        - session
        - counts(|came| matches!(came, Came::Skipped { .. } | Came::NotReached));
    let mut blind: Vec<String> = sweep.set.blind.iter().cloned().collect();
    for (op, least) in &sweep.set.steps_least {
        blind.push(format!(
            "the number of boundaries of {op} varies from run to run ({least} at the least)"
        ));
    }
    let coverage = Coverage {
        preemptions: 1,
        parties: 2,
        boundaries_seen: sweep.tried.len(),
        boundaries_tried: held,
        boundaries_session: session,
        runs: sweep.runs,
        blind_spots: blind,
        missing: sweep.missing.clone(),
    };
    let guards = guards(&sweep);
    let hit = headline(&sweep);
    let proof = match hit {
        Some(hit) => proved(experiment, &sweep, hit),
        None => not_proved(experiment, &sweep, &guards, held),
    };
    Proof { serial: serial.to_vec(), boundaries: sweep.tried, guards, coverage, ..proof }
}

/// The hit to show: one an eviction does not excuse first, then the gravest kind.
fn headline(sweep: &Sweep) -> Option<&Hit> {
    let rank = |shown: Shown| match shown {
        Shown::Torn => 0,
        Shown::DoubleWin => 1,
        Shown::Lost => 2,
        Shown::Stale => 3,
        Shown::WrongReason => 4,
        Shown::OnlyEviction | Shown::NotSerial => 5,
    };
    sweep.hits.iter().min_by_key(|hit| (excused(sweep, hit), rank(hit.shown), hit.held, hit.at))
}

fn excused(sweep: &Sweep, hit: &Hit) -> bool {
    let cover = sweep.eviction.as_ref().map(|excuse| excuse.covers(hit));
    matches!(cover, Some(Cover::Deleted(_)))
}

fn proved(experiment: &Experiment, sweep: &Sweep, hit: &Hit) -> Proof {
    let cover = sweep.eviction.as_ref().map(|excuse| excuse.covers(hit));
    let (shown, eviction) = match cover {
        None => (hit.shown, None),
        Some(Cover::Not) => (hit.shown, Some("not even an eviction gives this outcome".to_owned())),
        Some(Cover::NothingDeleted) => {
            let text = "only an eviction would explain it, and nothing was deleted in this run";
            (Shown::OnlyEviction, Some(text.to_owned()))
        }
        Some(Cover::Deleted(what)) => {
            let text = format!("an eviction explains it, and `{what}` ran");
            let reason =
                format!("every outcome is serial once an eviction is allowed anywhere: {text}");
            let verdict = ProofVerdict::Closed;
            let bare = bare(experiment, verdict, reason);
            return Proof { witness: Some(witness(experiment, sweep, hit, Some(text))), ..bare };
        }
    };
    let witness = witness(experiment, sweep, hit, eviction);
    let bare = bare(experiment, ProofVerdict::Proved, hit.why.clone());
    Proof { shown: Some(shown), evidence: evidence(sweep, hit), witness: Some(witness), ..bare }
}

fn witness(experiment: &Experiment, sweep: &Sweep, hit: &Hit, eviction: Option<String>) -> Witness {
    let (mut from, mut to) = (hit.at, hit.at);
    let bad = |at: usize| {
        sweep.tried.iter().any(|tried| {
            tried.party == hit.held
                && tried.at == at
                && matches!(tried.result, Came::NotSerial { .. })
        })
    };
    while from > 1 && bad(from - 1) {
        from -= 1;
    }
    while bad(to + 1) {
        to += 1;
    }
    let label = |at: usize| {
        let found = sweep.tried.iter().find(|tried| tried.party == hit.held && tried.at == at);
        found.map_or_else(|| "its start".to_owned(), |tried| tried.label.clone())
    };
    Witness {
        held: hit.held,
        at: hit.at,
        label: hit.label.clone(),
        outcome: Outcome::of(&hit.run.answers),
        why: hit.why.clone(),
        window: (from, to),
        window_labels: (label(from.saturating_sub(1)), label(to)),
        repeated: hit.repeated,
        history: hit.run.steps.clone(),
        eviction,
        replay: replay(experiment, hit),
    }
}

/// The command line that forces the schedule again.
fn replay(experiment: &Experiment, hit: &Hit) -> String {
    let mut words = vec!["amorsize".to_owned(), "prove".to_owned()];
    let mut option = |name: &str, value: &str| {
        words.push(name.to_owned());
        words.push(quoted(value));
    };
    for (name, op) in
        [("--setup", Op::Setup), ("--a", Op::A), ("--b", Op::B), ("--probe", Op::Probe)]
    {
        if let Some(command) = experiment.command(op) {
            option(name, command);
        }
    }
    for watch in &experiment.on {
        option("--on", &watch.to_string());
    }
    for pattern in &experiment.ignore {
        option("--ignore", pattern.as_str());
    }
    if let Some(evict) = &experiment.evict {
        option("--allow-eviction", evict);
    }
    if experiment.compare_stderr {
        words.push("--stderr".to_owned());
    }
    if hit.held == Op::B {
        words.push("--swap".to_owned());
    }
    words.push(format!("--at {}", hit.at));
    words.join(" ")
}

pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What failed in the forced run and did not fail in the party's own run, though the party said nothing.
fn evidence(sweep: &Sweep, hit: &Hit) -> Vec<String> {
    let mut found = vec![];
    for step in hit.run.steps.iter().filter(|step| step.failed) {
        let usual = sweep.set.steps.get(&step.party).is_some_and(|steps| {
            steps.iter().any(|own| own.label == step.label && own.note == step.note)
        });
        if usual {
            continue;
        }
        let outcome = Outcome::of(&hit.run.answers);
        let masked = outcome.answer(step.party).is_some_and(|answer| answer.exit == Exit::Code(0));
        let masked = if masked { ", and exit 0 all the same" } else { "" };
        let note = step.note.as_deref().unwrap_or_default();
        found.push(format!("{}: {} met `{note}`{masked}", step.party, one_line(&step.label, 100)));
    }
    for (op, complaint) in &hit.run.complaints {
        let usual =
            sweep.set.complaints.get(op).is_some_and(|usual| usual.trim() == complaint.trim());
        let last = last_line(complaint);
        if !usual && !last.is_empty() {
            found.push(format!("{op} wrote on standard error: {}", one_line(last, 140)));
        }
    }
    found.truncate(12);
    found
}

/// What was seen to close the window, most frequent first.
fn guards(sweep: &Sweep) -> Vec<Seen> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for tried in &sweep.tried {
        let good = !matches!(tried.result, Came::NotSerial { .. } | Came::Artefact { .. });
        if let Some(on) = tried.waited.as_ref().filter(|_| good) {
            let what =
                format!("{} waited while {} was held: {on}", tried.party.other(), tried.party);
            *counts.entry(what).or_default() += 1;
        }
        if let Came::TurnedAway { party, said } = &tried.result {
            *counts.entry(format!("{party} was turned away: {said}")).or_default() += 1;
        }
    }
    for (_, what) in &sweep.looked_again {
        *counts.entry(what.clone()).or_default() += 1;
    }
    let mut seen: Vec<Seen> =
        counts.into_iter().map(|(what, times)| Seen { what, times }).collect();
    seen.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.what.cmp(&b.what)));
    seen
}

/// A party that ends with an error in both orders and alone, or a probe that never reads anything: whatever was held, it
/// was not what it is for.
fn never_succeeds(sweep: &Sweep) -> Option<(Op, Answer)> {
    let set = &sweep.set;
    let states = [&set.ab, &set.ba].into_iter().chain(set.only.values()).map(|one| &one.state);
    let blind = |state: &Option<Answer>| {
        state.as_ref().is_some_and(|one| one.exit != Exit::Code(0) && one.output.is_empty())
    };
    if states.chain([&set.untouched]).all(blind) {
        return set.untouched.clone().map(|answer| (Op::Probe, answer));
    }
    [Op::A, Op::B].into_iter().find_map(|op| {
        let alone = set.only.get(&op).and_then(|only| only.answer(op));
        let answers = [set.ab.answer(op), set.ba.answer(op), alone];
        let fails = |answer: &Option<&Answer>| answer.is_some_and(|one| one.exit != Exit::Code(0));
        answers.iter().all(fails).then(|| alone.cloned().map(|answer| (op, answer)))?
    })
}

/// Whether the two leave each other alone as far as anybody can see.
fn never_meet(sweep: &Sweep) -> bool {
    let set = &sweep.set;
    let same_answers = [Op::A, Op::B].iter().all(|op| set.ab.answer(*op) == set.ba.answer(*op));
    let untouched = set.only.values().all(|only| only.state == set.untouched);
    same_answers && untouched && set.ab.state == set.untouched && set.ba.state == set.untouched
}

/// Whether both are coroutines that did their work without ever giving way.
fn run_whole(sweep: &Sweep) -> bool {
    let whole = sweep.set.blind.iter().filter(|one| one.ends_with(RAN_WHOLE)).count() == 2;
    whole && never_succeeds(sweep).is_none() && !never_meet(sweep)
}

fn last_line(text: &str) -> &str {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default()
}

fn not_proved(experiment: &Experiment, sweep: &Sweep, guards: &[Seen], held: usize) -> Proof {
    let none = sweep.set.steps.values().all(Vec::is_empty);
    if none && run_whole(sweep) {
        let reason = format!("no boundary: each {RAN_WHOLE}");
        return bare(experiment, ProofVerdict::Closed, reason);
    }
    if none {
        let on: Vec<String> = experiment.on.iter().map(Watch::to_string).collect();
        let reason =
            format!("neither A nor B passed a boundary: nothing matched {}", on.join(", "));
        let files = experiment.on.iter().any(|watch| matches!(watch, Watch::Files(_)));
        let hint = if files {
            "patterns are relative to the working directory; `**` crosses folders"
        } else {
            "check the spelling of the function, the port, and that the commands really go there"
        };
        let hint = hint.to_owned();
        return Proof { hint: Some(hint), ..bare(experiment, ProofVerdict::NoVerdict, reason) };
    }
    if held == 0 {
        let reason = sweep.missing.first().cloned();
        let reason =
            reason.unwrap_or_else(|| "no boundary was reached again when it was to be held".into());
        return bare(experiment, ProofVerdict::NoVerdict, reason);
    }
    if let Some((op, answer)) = never_succeeds(sweep) {
        let said = sweep.set.complaints.get(&op).map(|text| last_line(text)).unwrap_or_default();
        let alone = if op == Op::Probe { "" } else { ", and alone" };
        let mut reason =
            format!("{op} fails in every order{alone}: {}", one_line(&answer.short(), 160));
        if answer.output.is_empty() && !said.is_empty() {
            reason = format!("{reason}: {}", one_line(said, 160));
        }
        let hint = Some("make it succeed by itself first: nothing of it was tried".to_owned());
        return Proof { hint, ..bare(experiment, ProofVerdict::NoVerdict, reason) };
    }
    let varies = |tried: &Tried| {
        sweep.set.steps_least.get(&tried.party).is_some_and(|least| tried.at > *least)
    };
    let odd: Vec<String> = sweep
        .tried
        .iter()
        .filter_map(|tried| match &tried.result {
            Came::Artefact { why } => Some(format!("{} {}: {why}", tried.party, tried.at)),
            Came::Unconfirmed { why } => {
                Some(format!("{} {}: once, and not again: {why}", tried.party, tried.at))
            }
            // One that is not there in every serial run need not be there when it is to be held.
            Came::NotReached if varies(tried) => None,
            Came::NotReached => Some(format!("{} {} was not reached again", tried.party, tried.at)),
            _ => None,
        })
        .chain(sweep.missing.iter().cloned())
        .collect();
    if let Some(first) = odd.first() {
        let more = odd.len() - 1;
        let reason = if more == 0 { first.clone() } else { format!("{first}; and {more} more") };
        return bare(experiment, ProofVerdict::Inconclusive, reason);
    }
    all_serial(experiment, sweep, guards, held)
}

/// Every outcome was one that some order gives.
/// One that is to change the state and leaves it as it was, though the probe sees what the other does.
fn idle(experiment: &Experiment, sweep: &Sweep) -> Option<Op> {
    let set = &sweep.set;
    let changes = |op: &Op| set.only.get(op).is_some_and(|only| only.state != set.untouched);
    let mut wanted = experiment.must_change.iter().copied();
    wanted.find(|op| !changes(op) && changes(&op.other()))
}

fn all_serial(experiment: &Experiment, sweep: &Sweep, guards: &[Seen], held: usize) -> Proof {
    if let Some(op) = idle(experiment, sweep) {
        let reason =
            format!("{op} alone leaves the state as it was, and by the finding it changes it");
        let hint = "change what it is called with, or call another function that does".to_owned();
        let bare = bare(experiment, ProofVerdict::NoVerdict, reason);
        return Proof { hint: Some(hint), ..bare };
    }
    match guards.first() {
        Some(guard) => {
            let reason = format!("0 of {held} boundaries were not serial; {}", guard.what);
            bare(experiment, ProofVerdict::Guarded, reason)
        }
        None if experiment.must_meet && never_meet(sweep) => {
            let reason = "neither changes what the other answers, or what the probe reads, so they never met";
            let hint = "what they are called with was guessed: let one of them change what the other reads";
            let bare = bare(experiment, ProofVerdict::NoVerdict, reason.to_owned());
            Proof { hint: Some(hint.to_owned()), ..bare }
        }
        None => {
            let mut reason =
                format!("0 of {held} boundaries were not serial, and no guard was seen working");
            if never_meet(sweep) {
                reason.push_str(match experiment.probe {
                    Some(_) => "; neither changes what the other answers, or what the probe reads",
                    None => "; there is no probe, and neither changes what the other answers",
                });
            }
            bare(experiment, ProofVerdict::Closed, reason)
        }
    }
}
