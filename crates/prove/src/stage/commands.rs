//! Plays schedules with whole commands, each a process tree of its own.

use super::party::{Party, Progress};
use super::{Act, Held, Pace, Run, Stage};
use crate::error::Result;
use crate::experiment::{Experiment, Op};
use crate::gate::Gates;
use crate::history::Recorder;
use crate::outcome::Exit;

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
        let gates = matches!(op, Op::A | Op::B | Op::Evict).then_some(&self.gates);
        Party::start(self.experiment, gates, op, hold_at, recorder)
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

    fn hold(
        &self,
        acts: (Op, usize, Op),
        pace: Pace,
        recorder: &Recorder,
        run: &mut Run,
    ) -> Result<Held> {
        let (op, at, inside) = acts;
        let limit = self.experiment.limits.command;
        let mut first = self.start(op, Some(at), recorder)?;
        if first.wait(limit, None) != Progress::Held {
            self.end(&mut first, run)?;
            let mut second = self.start(inside, None, recorder)?;
            self.end(&mut second, run)?;
            return Ok(Held::NotReached);
        }
        let mut second = self.start(inside, None, recorder)?;
        let held = match second.wait(pace.hold, Some(pace.quiet)) {
            Progress::Exited | Progress::Held => Held::Finished,
            Progress::Quiet(on) => Held::Waited(on),
            Progress::TimeUp => Held::Busy,
        };
        first.release();
        self.end(&mut first, run)?;
        self.end(&mut second, run)?;
        Ok(held)
    }
}

impl Stage for Commands<'_> {
    fn play(&self, acts: &[Act], pace: Pace) -> Result<Run> {
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
                Act::Hold { op, at, inside } => {
                    run.held = Some(self.hold((op, at, inside), pace, &recorder, &mut run)?);
                }
            }
        }
        run.steps = recorder.steps();
        run.blind = recorder.blind();
        Ok(run)
    }
}
