//! Conducts an experiment: serial set, dry run, every boundary in both roles, verdict.

use crate::error::{Error, Result};
use crate::experiment::{Experiment, Op, Roles};
use crate::history::Step;
use crate::judge::{Judgement, Order, judge};
use crate::outcome::{Exit, Outcome};
use crate::report::{Proof, Result as Came, Tried};
use crate::serial::{REPEATS, SerialSet};
use crate::stage::{Act, Held, Pace, Run, Stage, commands::Commands, driver};
use crate::{evict, verdict};
use amorsize_finding::Shown;
use amorsize_os::clock::Stopwatch;
use std::time::Duration;

/// A party that does nothing for this long while it is usually busy is taken to wait.
const QUIET_MIN: Duration = Duration::from_millis(400);

/// A request that is not answered for this long is taken to wait.
const ANSWER_MIN: Duration = Duration::from_millis(300);

/// Once a finding is proved and this much time has gone by, no further boundary is tried.
const PROVED_ENOUGH: Duration = Duration::from_secs(60);

/// What a person can be told while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The serial orders are being run.
    Serial,
    /// A boundary is about to be tried.
    Boundary {
        /// How many have been tried.
        done: usize,
        /// How many there are.
        of: usize,
    },
}

/// Everything the sweep found out.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) set: SerialSet,
    pub(crate) tried: Vec<Tried>,
    /// Each outcome that no order gives, confirmed or not looked at again.
    pub(crate) hits: Vec<Hit>,
    /// How often a party answered as the later one because its own act looked again.
    pub(crate) looked_again: Vec<(Op, String)>,
    pub(crate) runs: usize,
    pub(crate) missing: Vec<String>,
    pub(crate) eviction: Option<evict::Excuse>,
}

/// An outcome that no order gives.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) held: Op,
    pub(crate) at: usize,
    pub(crate) label: String,
    pub(crate) shown: Shown,
    pub(crate) why: String,
    pub(crate) run: Run,
    pub(crate) repeated: (usize, usize),
}

/// Runs an experiment to its verdict.
///
/// # Errors
///
/// When it cannot be run at all: a pattern that does not parse, a missing interpreter, a kernel without the gate.
pub fn prove(experiment: &Experiment, tell: &mut dyn FnMut(Progress)) -> Result<Proof> {
    if experiment.on.is_empty() {
        return Err(Error::usage("nothing to hold at: name the files, port or function with --on"));
    }
    let stage = stage(experiment)?;
    conduct(experiment, &*stage, tell)
}

fn stage(experiment: &Experiment) -> Result<Box<dyn Stage + '_>> {
    if let Some(driver) = driver::of(experiment)? {
        return Ok(Box::new(driver));
    }
    Ok(Box::new(Commands::new(experiment)?))
}

fn conduct(
    experiment: &Experiment,
    stage: &dyn Stage,
    tell: &mut dyn FnMut(Progress),
) -> Result<Proof> {
    let watch = Stopwatch::start();
    tell(Progress::Serial);
    let limits = &experiment.limits;
    let pace = Pace { quiet: QUIET_MIN, answer: ANSWER_MIN, hold: limits.hold };
    let set = match SerialSet::measure(stage, pace)? {
        Ok(set) => set,
        Err(no_set) => return Ok(verdict::without_set(experiment, &no_set)),
    };
    // A party that is quiet by nature (a start-up, a slow server) needs more quiet before it counts as waiting.
    let quiet = QUIET_MIN.max(set.quiet_max * 3).min(limits.hold);
    // Who needs longer than a hold when nobody is in the way would look as though it waited.
    let longest = set.took.values().max().copied().unwrap_or_default();
    let hold = limits.hold.max(longest * 3).min(limits.hold.max(limits.command));
    let pace = Pace { quiet, answer: ANSWER_MIN.max(set.answer_max * 3).min(hold), hold };
    let runs = set.runs;
    let mut sweep = Sweep {
        set,
        tried: vec![],
        hits: vec![],
        looked_again: vec![],
        runs,
        missing: vec![],
        eviction: None,
    };
    let plan = plan(experiment, &mut sweep);
    let of = plan.len();
    for (done, (op, step)) in plan.into_iter().enumerate() {
        let enough = experiment.first.is_some() && watch.elapsed() > PROVED_ENOUGH;
        if !sweep.hits.is_empty() && (enough || !is_first(experiment, &step)) {
            let why = "proved already where the finding says".to_owned();
            sweep.tried.push(tried(op, &step, Came::Skipped { why }, None));
            continue;
        }
        tell(Progress::Boundary { done, of });
        if watch.elapsed() > limits.total {
            let why = format!("the whole experiment may take {} s", limits.total.as_secs());
            sweep.missing.push(format!("{} of {of} boundaries were not tried: {why}", of - done));
            break;
        }
        sweep.hold(stage, pace, op, &step)?;
    }
    if experiment.evict.is_some() && !sweep.hits.is_empty() {
        sweep.eviction = evict::excuse(stage, pace, &mut sweep)?;
    }
    Ok(verdict::of(experiment, sweep))
}

/// The boundaries to try, in order; what is left out is written down.
fn plan(experiment: &Experiment, sweep: &mut Sweep) -> Vec<(Op, Step)> {
    let roles: &[Op] = match experiment.roles {
        Roles::Both if experiment.a == experiment.b => &[Op::A],
        Roles::Both => &[Op::A, Op::B],
        Roles::HoldA => &[Op::A],
        Roles::HoldB => &[Op::B],
    };
    let mut plan = vec![];
    for op in roles {
        let steps = sweep.set.steps.get(op).cloned().unwrap_or_default();
        let real: Vec<&Step> = steps.iter().filter(|step| !step.handshake).collect();
        let wanted = |step: &Step| {
            experiment.at.is_none_or(|at| at == step.boundary)
                && experiment.only.as_ref().is_none_or(|only| only.is_match(&step.label))
        };
        for step in &steps {
            // Where a party does nothing but open a session, that is all there is to hold at.
            let session = step.handshake && !real.is_empty() && experiment.at.is_none();
            let came = if session {
                Came::Session
            } else if !wanted(step) {
                Came::Skipped { why: "not asked for".to_owned() }
            } else if plan.len() >= experiment.limits.boundaries_max {
                sweep.missing.push(format!("boundary {} of {op} is past the bound", step.boundary));
                Came::Skipped { why: "past the bound on boundaries".to_owned() }
            } else {
                plan.push((*op, step.clone()));
                continue;
            };
            sweep.tried.push(tried(*op, step, came, None));
        }
        if let Some(at) = experiment.at.filter(|at| *at == 0 || *at > steps.len()) {
            sweep.missing.push(format!("{op} has {} boundaries, and no {at}", steps.len()));
        }
    }
    plan.sort_by_key(|(_, step)| !is_first(experiment, step));
    plan
}

/// Whether a boundary is to be tried before others; without a wish all are.
fn is_first(experiment: &Experiment, step: &Step) -> bool {
    experiment.first.as_ref().is_none_or(|first| first.is_match(&step.label))
}

fn tried(party: Op, step: &Step, result: Came, waited: Option<String>) -> Tried {
    Tried { party, at: step.boundary, label: step.label.clone(), result, waited }
}

impl Sweep {
    /// Holds a party before one boundary and judges what comes of it.
    fn hold(&mut self, stage: &dyn Stage, pace: Pace, op: Op, step: &Step) -> Result<()> {
        let mut run = self.force(stage, pace, op, step.boundary)?;
        let mut judgement = judge(&self.set, &run, op);
        if matches!(judgement, Judgement::Impatient(_)) {
            let hold = self.short_hold(op.other(), pace);
            let again = self.force(stage, Pace { hold, ..pace }, op, step.boundary)?;
            let better = judge(&self.set, &again, op);
            if !matches!(better, Judgement::Impatient(_)) {
                (run, judgement) = (again, better);
            }
        }
        let waited = match &run.held {
            Some(Held::Waited(on)) => Some(on.clone()),
            Some(Held::Busy) => Some("it was still busy when the hold ended".to_owned()),
            _ => None,
        };
        let came = match judgement {
            _ if run.held == Some(Held::NotReached) => Came::NotReached,
            Judgement::Serial(order) => {
                self.notice_second_look(&run, op, step, order);
                Came::Serial { order: order_name(order, op) }
            }
            Judgement::TurnedAway { party, said } => Came::TurnedAway { party, said },
            Judgement::Artefact(why) | Judgement::Impatient(why) => Came::Artefact { why },
            Judgement::NotSerial { shown, why } => self.confirm(
                stage,
                pace,
                Hit {
                    held: op,
                    at: step.boundary,
                    label: step.label.clone(),
                    shown,
                    why,
                    run,
                    repeated: (1, 1),
                },
            )?,
        };
        self.tried.push(tried(op, step, came, waited));
        Ok(())
    }

    fn force(&mut self, stage: &dyn Stage, pace: Pace, op: Op, at: usize) -> Result<Run> {
        self.force_and_look(stage, pace, (op, at), false)
    }

    fn force_and_look(
        &mut self,
        stage: &dyn Stage,
        pace: Pace,
        (op, at): (Op, usize),
        look: bool,
    ) -> Result<Run> {
        let hold = Act::Hold { op, at, inside: op.other(), look };
        self.runs += 1;
        stage.play(&[Act::Run(Op::Setup), hold, Act::Run(Op::Probe)], pace, &self.set.usual)
    }

    /// Forces the first hit of each kind once more: a single odd run proves nothing. Where the other party took much
    /// longer than alone, the hold is made short: what is then serial was a time-out of its own, swallowed.
    fn confirm(&mut self, stage: &dyn Stage, pace: Pace, mut hit: Hit) -> Result<Came> {
        let (shown, why) = (hit.shown, hit.why.clone());
        let other = hit.held.other();
        let usual = self.set.took.get(&other).copied().unwrap_or_default();
        let took = hit.run.took.get(&other).copied().unwrap_or_default();
        if took > usual * 2 + Duration::from_millis(150) {
            let hold = self.short_hold(other, pace);
            let look = shown == Shown::Lost;
            let again =
                self.force_and_look(stage, Pace { hold, ..pace }, (hit.held, hit.at), look)?;
            hit.repeated.0 += 1;
            if !matches!(judge(&self.set, &again, hit.held), Judgement::NotSerial { .. }) {
                let why = format!(
                    "{other}, held up for {:.1} s, gave up; it did not in a shorter hold",
                    took.as_secs_f64()
                );
                return Ok(Came::Artefact { why });
            }
            hit.repeated.1 += 1;
            self.notice_never_came(&mut hit, &again);
            hit.run = again;
            let (shown, why) = (hit.shown, hit.why.clone());
            self.hits.push(hit);
            return Ok(Came::NotSerial { shown, why });
        }
        let known = self.hits.iter().any(|other| other.shown == shown && other.held == hit.held);
        if !known {
            let again =
                self.force_and_look(stage, pace, (hit.held, hit.at), shown == Shown::Lost)?;
            hit.repeated.0 += 1;
            match judge(&self.set, &again, hit.held) {
                Judgement::NotSerial { .. } => hit.repeated.1 += 1,
                _ => return Ok(Came::Unconfirmed { why }),
            }
            self.notice_never_came(&mut hit, &again);
        }
        let (shown, why) = (hit.shown, hit.why.clone());
        self.hits.push(hit);
        Ok(Came::NotSerial { shown, why })
    }

    /// An effect that was not there even before the held party went on was not lost: it never came to be.
    fn notice_never_came(&self, hit: &mut Hit, again: &Run) {
        let gone = again.looked.is_some() && again.looked == self.set.untouched;
        if hit.shown == Shown::Lost && gone {
            hit.shown = Shown::Stale;
            hit.why = format!(
                "{} returned as usual, and the old value stays: its effect never came to be",
                hit.held.other()
            );
        }
    }

    /// A hold in which a party would come to its end if it did not have to wait, and that is short of its patience.
    fn short_hold(&self, other: Op, pace: Pace) -> Duration {
        let usual = self.set.took.get(&other).copied().unwrap_or_default();
        (usual + usual / 2 + Duration::from_millis(50)).min(pace.hold)
    }

    /// Notes what was seen to close the window in a run that came out serial: a loser that was told, or a held party
    /// that answers as the later one although it had already begun, because its own act looked again.
    fn notice_second_look(&mut self, run: &Run, op: Op, step: &Step, order: Order) {
        if run.held != Some(Held::Finished) {
            return;
        }
        let own = self.set.steps.get(&op).map(Vec::as_slice).unwrap_or_default();
        let begun = own.iter().any(|s| !s.handshake && s.boundary < step.boundary);
        let only = own.iter().filter(|s| !s.handshake).count() == 1;
        let failed = run.steps.iter().filter(|s| s.failed && s.note.is_some());
        let mut late = failed.filter(|s| s.party == op && s.boundary >= step.boundary);
        let differs = self.set.ab.answer(op) != self.set.ba.answer(op);
        if order == Order::HeldSecond && (begun || only) && differs {
            match late.next_back() {
                Some(told) => self.looked_again.push((op, told_what(told))),
                None if only || step.is_line() && !self.changes_and_succeeds(run, op) => {}
                None => {
                    let what = format!("{op}, held after it had begun, answered as the later one");
                    self.looked_again.push((op, what));
                }
            }
        } else if let Some(refused) = run.steps.iter().find(|s| self.set.is_refusal(s)) {
            // Two that answer alike (both count, both come to the end) are told apart by what they were told.
            self.looked_again.push((refused.party, told_what(refused)));
        }
    }

    /// Whether an operation that changes the state came to its end. A line does not say what it reads: one that only looks
    /// would answer as the later one without any guard, and so would one that failed.
    fn changes_and_succeeds(&self, run: &Run, op: Op) -> bool {
        let ended = run.answers.get(&op).is_some_and(|answer| answer.exit == Exit::Code(0));
        let alone = self.set.only.get(&op);
        ended && alone.is_some_and(|alone| alone.state != self.set.untouched)
    }
}

fn told_what(step: &Step) -> String {
    format!(
        "{} was told `{}` by `{}`",
        step.party,
        step.note.as_deref().unwrap_or_default(),
        crate::outcome::one_line(&step.label, 80)
    )
}

fn order_name(order: Order, held: Op) -> String {
    let other = held.other();
    match order {
        Order::HeldFirst => format!("{held};{other}"),
        Order::HeldSecond => format!("{other};{held}"),
        Order::Either => "A;B and B;A".to_owned(),
    }
}

/// How often each order was run.
pub(crate) const fn serial_repeats() -> usize {
    REPEATS
}

/// Whether the hit's outcome is what a given run came to.
pub(crate) fn same_outcome(hit: &Hit, run: &Run) -> bool {
    Outcome::of(&hit.run.answers) == Outcome::of(&run.answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Limits;
    use crate::history::Rows;
    use crate::outcome::Answer;
    use amorsize_finding::ProofVerdict;
    use std::collections::BTreeMap;

    /// A takes a lock and keeps it a while; B asks for it again and again until it loses its patience.
    struct Impatient {
        /// The longest hold that B endures.
        endures: Duration,
    }

    impl Stage for Impatient {
        fn play(&self, acts: &[Act], pace: Pace, _usual: &Rows) -> Result<Run> {
            let mut run = Run::default();
            for act in acts {
                match act {
                    Act::Run(op) => {
                        run.answers.insert(*op, says(0, ""));
                        run.took.insert(*op, Duration::from_millis(10));
                        run.steps.push(step(*op, 1, "open(k)"));
                    }
                    Act::Hold { op, inside, .. } => {
                        let (exit, said) = if pace.hold > self.endures {
                            (1, "timed out waiting for the lock")
                        } else {
                            (0, "")
                        };
                        run.answers =
                            BTreeMap::from([(*op, says(0, "")), (*inside, says(exit, said))]);
                        run.took.insert(*inside, pace.hold);
                        run.held = Some(Held::Busy);
                    }
                }
            }
            Ok(run)
        }
    }

    /// Both read a number and write the next one.
    struct Counter;

    impl Stage for Counter {
        fn play(&self, acts: &[Act], _pace: Pace, _usual: &Rows) -> Result<Run> {
            let (mut run, mut state) = (Run::default(), 0);
            for act in acts {
                match act {
                    Act::Run(Op::Probe) => {
                        run.answers.insert(Op::Probe, says(0, &state.to_string()));
                    }
                    Act::Run(op) => {
                        state += usize::from(*op != Op::Setup);
                        run.answers.insert(*op, says(0, ""));
                        run.steps.extend([step(*op, 1, "read"), step(*op, 2, "write")]);
                    }
                    Act::Hold { op, at, inside, .. } => {
                        state = if *at == 2 { 1 } else { 2 };
                        run.answers.extend([(*op, says(0, "")), (*inside, says(0, ""))]);
                        run.held = Some(Held::Finished);
                    }
                }
            }
            Ok(run)
        }
    }

    fn says(exit: i32, output: &str) -> Answer {
        Answer { exit: Exit::Code(exit), output: output.to_owned(), errors: String::new() }
    }

    fn step(party: Op, boundary: usize, label: &str) -> Step {
        let label = label.to_owned();
        Step { party, boundary, label, note: None, failed: false, handshake: false }
    }

    fn asked() -> Experiment {
        Experiment {
            setup: None,
            a: "keep the lock".to_owned(),
            b: "ask for it".to_owned(),
            probe: None,
            evict: None,
            on: vec![],
            roles: Roles::HoldA,
            at: None,
            only: None,
            first: None,
            ignore: vec![],
            compare_stderr: false,
            must_meet: false,
            must_change: vec![],
            directory: std::path::PathBuf::new(),
            python: std::path::PathBuf::new(),
            python_path: None,
            limits: Limits::default(),
        }
    }

    fn decided(endures: Duration) -> Proof {
        conduct(&asked(), &Impatient { endures }, &mut |_| {}).unwrap()
    }

    #[test]
    fn who_gives_up_in_a_shorter_hold_as_well_decides_nothing() {
        let proof = decided(Duration::from_millis(20));
        assert_eq!(proof.verdict, ProofVerdict::Inconclusive, "{}", proof.reason);
        let why = "A 1: B ran into its own time-out while A was held";
        assert_eq!(proof.reason, why);
    }

    #[test]
    fn who_goes_on_in_a_shorter_hold_was_seen_waiting() {
        let proof = decided(Duration::from_secs(1));
        assert_eq!(proof.verdict, ProofVerdict::Guarded, "{}", proof.reason);
    }

    #[test]
    fn what_is_to_be_tried_first_is_and_the_rest_is_left_out_once_it_is_proved() {
        let experiment = Experiment { first: Some("write".parse().unwrap()), ..asked() };
        let proof = conduct(&experiment, &Counter, &mut |_| {}).unwrap();
        assert_eq!(proof.verdict, ProofVerdict::Proved, "{}", proof.reason);
        assert_eq!(proof.witness.unwrap().at, 2);
        assert_eq!(proof.coverage.boundaries_tried, 1);
        let proof = conduct(&asked(), &Counter, &mut |_| {}).unwrap();
        assert_eq!(proof.coverage.boundaries_tried, 2);
    }
}
