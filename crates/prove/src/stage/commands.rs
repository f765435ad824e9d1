//! Plays schedules with whole commands, each a process tree of its own.

use super::activity::crowding;
use super::party::{Party, Progress};
use super::{Act, Held, Pace, Run, Stage};
use crate::error::Result;
use crate::experiment::{Experiment, Op};
use crate::gate::Gates;
use crate::history::{Recorder, Rows};
use crate::outcome::{Exit, one_line};
use amorsize_os::clock::Stopwatch;
use std::time::Duration;

/// The stage of commands.
#[derive(Debug)]
pub(crate) struct Commands<'a> {
    experiment: &'a Experiment,
    gates: Gates,
}

impl<'a> Commands<'a> {
    pub(crate) fn new(experiment: &'a Experiment) -> Result<Self> {
        Ok(Self { experiment, gates: Gates::of(experiment)? })
    }

    fn start(&self, op: Op, hold_at: Option<usize>, recorder: &Recorder) -> Result<Party> {
        let held = matches!(op, Op::A | Op::B | Op::Evict);
        Party::start(self.experiment, (&self.gates, held), op, hold_at, recorder)
    }

    fn end(&self, party: &mut Party, run: &mut Run) -> Result<()> {
        party.finish(self.experiment.limits.command);
        let (answer, complaint) = party.answer(self.experiment)?;
        run.took.insert(party.op(), party.took());
        run.quiet_max = run.quiet_max.max(party.quiet_max);
        run.complaints.insert(party.op(), complaint);
        run.answers.insert(party.op(), answer);
        Ok(())
    }

    fn hold(&self, hold: &Hold<'_>, recorder: &Recorder, run: &mut Run) -> Result<Held> {
        let Hold { op, at, inside, look, pace, usual } = *hold;
        let limit = self.experiment.limits.command;
        let mut first = self.start(op, Some(at), recorder)?;
        if first.wait(limit, None) != Progress::Held {
            self.end(&mut first, run)?;
            let mut second = self.start(inside, None, recorder)?;
            self.end(&mut second, run)?;
            return Ok(Held::NotReached);
        }
        let mut second = self.start(inside, None, recorder)?;
        let held = meet(&mut second, pace, recorder, usual);
        if look && held == Held::Finished && self.experiment.probe.is_some() {
            let mut probe = self.start(Op::Probe, None, recorder)?;
            if probe.wait(pace.hold, Some(pace.quiet)) == Progress::Exited {
                run.looked = Some(probe.answer(self.experiment)?.0);
            }
        }
        first.release();
        self.end(&mut first, run)?;
        self.end(&mut second, run)?;
        Ok(held)
    }
}

/// A hold and how patient it is.
#[derive(Debug)]
struct Hold<'a> {
    op: Op,
    at: usize,
    inside: Op,
    look: bool,
    pace: Pace,
    usual: &'a Rows,
}

/// Lets the other party run while the first stands still, until it ends or is seen to wait.
fn meet(party: &mut Party, pace: Pace, recorder: &Recorder, usual: &Rows) -> Held {
    const SLICE: Duration = Duration::from_millis(40);
    let watch = Stopwatch::start();
    // On a crowded machine an answer that is late says nothing.
    let crowding = crowding();
    let pace = Pace {
        quiet: pace.quiet.mul_f64(crowding),
        answer: pace.answer.mul_f64(crowding),
        hold: pace.hold.mul_f64(crowding),
    };
    loop {
        let left = watch.left_of(pace.hold);
        match party.wait(SLICE.min(left), Some(pace.quiet)) {
            Progress::Exited | Progress::Held => return Held::Finished,
            Progress::Quiet(on) => return Held::Waited(on),
            Progress::TimeUp if left.is_zero() => return Held::Busy,
            Progress::TimeUp => {}
        }
        if let Some((label, since)) = recorder.unanswered(party.op())
            && since >= pace.answer
        {
            return Held::Waited(format!("the answer to `{}`", one_line(&label, 70)));
        }
        if let Some(label) = recorder.repeating(party.op(), usual) {
            return Held::Waited(format!("it tries `{}` again and again", one_line(&label, 70)));
        }
    }
}

impl Stage for Commands<'_> {
    fn play(&self, acts: &[Act], pace: Pace, usual: &Rows) -> Result<Run> {
        let recorder = Recorder::default();
        let mut run = Run::default();
        for act in acts {
            match *act {
                Act::Run(op) => {
                    if self.experiment.command(op).is_none() {
                        continue;
                    }
                    let mut party = self.start(op, None, &recorder)?;
                    self.end(&mut party, &mut run)?;
                    let exit = run.answers.get(&op).map(|answer| &answer.exit);
                    if op == Op::Setup && exit != Some(&Exit::Code(0)) {
                        break;
                    }
                }
                Act::Hold { op, at, inside, look } => {
                    let hold = Hold { op, at, inside, look, pace, usual };
                    run.held = Some(self.hold(&hold, &recorder, &mut run)?);
                }
            }
        }
        run.steps = recorder.steps();
        run.answer_max = recorder.answer_max();
        run.blind = recorder.blind();
        Ok(run)
    }
}
