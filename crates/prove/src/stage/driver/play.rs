//! Plays schedules with callables inside one process: Python functions, Go functions.
//!
//! A driver program does the playing, because only it can hold a thread at a line; every schedule gets a fresh
//! process, so that nothing is left over from the one before. What it cannot finish within its bound is ended here.

use super::{go, python};
use crate::bounded;
use crate::error::{Error, Result};
use crate::experiment::{Experiment, Op};
use crate::history::{Rows, Step};
use crate::outcome::{Answer, Exit, answer, one_line};
use crate::stage::{Act, Held, Pace, Run, Stage};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// The stage of callables.
#[derive(Debug)]
pub(crate) struct Driver<'a> {
    pub(super) experiment: &'a Experiment,
    /// The program and its first arguments; the schedule's path is added.
    pub(super) program: Vec<PathBuf>,
    /// What the operations are called in the schedule.
    pub(super) targets: BTreeMap<Op, String>,
    pub(super) watches: Value,
    pub(super) folder: TempDir,
}

#[derive(Debug, Deserialize)]
struct Played {
    answers: BTreeMap<Op, Said>,
    took: BTreeMap<Op, f64>,
    steps: Vec<Told>,
    held: Option<HeldAs>,
    looked: Option<Said>,
    quiet_max: f64,
    /// Parties that ran as tasks and never let another one go on.
    #[serde(default)]
    whole: Vec<Op>,
}

#[derive(Debug, Deserialize)]
struct Said {
    code: Option<i32>,
    output: String,
}

#[derive(Debug, Deserialize)]
struct Told {
    party: Op,
    boundary: usize,
    label: String,
}

#[derive(Debug, Deserialize)]
struct HeldAs {
    kind: String,
    on: Option<String>,
}

/// The callables an experiment names with this prefix, when all its operations do.
fn targets(experiment: &Experiment, prefix: &str) -> Result<Option<BTreeMap<Op, String>>> {
    let mut found = BTreeMap::new();
    let mut others = vec![];
    for op in [Op::Setup, Op::A, Op::B, Op::Evict, Op::Probe] {
        match experiment.command(op).map(|text| (text, text.strip_prefix(prefix))) {
            Some((_, Some(target))) => {
                found.insert(op, target.to_owned());
            }
            Some((text, None)) => others.push(format!("{op} (`{}`)", one_line(text, 40))),
            None => {}
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    if !others.is_empty() {
        return Err(Error::usage(format!(
            "callables run in one process, so either all operations are {prefix} callables or none: {} is not",
            others.join(", ")
        )));
    }
    Ok(Some(found))
}

/// The stage of callables, if the experiment is made of them.
pub(crate) fn of(experiment: &Experiment) -> Result<Option<Driver<'_>>> {
    if let Some(targets) = targets(experiment, "py:")? {
        return python::driver(experiment, targets).map(Some);
    }
    match targets(experiment, "go:")? {
        Some(targets) => go::driver(experiment, &targets).map(Some),
        None => Ok(None),
    }
}

/// What is said of a coroutine without a suspension: nothing else on its loop can come in between.
pub(crate) const RAN_WHOLE: &str =
    "is a coroutine that never lets its event loop go on: no other task can come between its lines";

pub(super) fn scratch() -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix("amorsize-")
        .tempdir()
        .map_err(|error| Error::io("could not make a temporary folder", error))
}

impl Driver<'_> {
    fn schedule(&self, acts: &[Act], pace: Pace) -> Value {
        let acts: Vec<Value> = acts
            .iter()
            .filter_map(|act| match act {
                Act::Run(op) => self.targets.contains_key(op).then(|| json!({"run": op})),
                Act::Hold { op, at, inside, look } => {
                    Some(json!({"hold": op, "at": at, "inside": inside, "look": look}))
                }
            })
            .collect();
        let mut schedule = json!({
            "acts": acts,
            "watches": self.watches,
            "quiet_seconds": pace.quiet.as_secs_f64(),
            "hold_seconds": pace.hold.as_secs_f64(),
            "command_seconds": self.experiment.limits.command.as_secs_f64(),
            "result": self.folder.path().join("result.json"),
        });
        for (op, target) in &self.targets {
            schedule[json!(op).as_str().unwrap_or_default()] = json!(target);
        }
        schedule
    }

    fn run_of(&self, played: Played) -> Run {
        let said = |said: Said| -> Answer {
            let exit = said.code.map_or(Exit::TimedOut, Exit::Code);
            answer(self.experiment, exit, &said.output, "")
        };
        let seconds = |value: f64| Duration::try_from_secs_f64(value).unwrap_or_default();
        let step = |told: Told| Step {
            party: told.party,
            boundary: told.boundary,
            label: told.label,
            note: None,
            failed: false,
            handshake: false,
        };
        let held = played.held.map(|held| match (held.kind.as_str(), held.on) {
            ("finished", _) => Held::Finished,
            ("waited", on) => Held::Waited(on.unwrap_or_default()),
            ("busy", _) => Held::Busy,
            _ => Held::NotReached,
        });
        Run {
            answers: played.answers.into_iter().map(|(op, answer)| (op, said(answer))).collect(),
            took: played.took.into_iter().map(|(op, took)| (op, seconds(took))).collect(),
            quiet_max: seconds(played.quiet_max),
            steps: played.steps.into_iter().map(step).collect(),
            held,
            looked: played.looked.map(said),
            blind: played.whole.into_iter().map(|op| format!("{op} {RAN_WHOLE}")).collect(),
            ..Run::default()
        }
    }
}

impl Stage for Driver<'_> {
    fn play(&self, acts: &[Act], pace: Pace, _usual: &Rows) -> Result<Run> {
        let failed = |error| Error::io("could not hand over the schedule", error);
        let path = self.folder.path().join("schedule.json");
        std::fs::write(&path, self.schedule(acts, pace).to_string()).map_err(failed)?;
        let result = self.folder.path().join("result.json");
        // An old result would be taken for the new one.
        std::fs::remove_file(&result).ok();
        let (program, arguments) =
            self.program.split_first().ok_or_else(|| Error::usage("no driver program"))?;
        let mut command = std::process::Command::new(program);
        command.args(arguments).arg(&path).current_dir(&self.experiment.directory);
        let bound = self.experiment.limits.command * 3 + pace.hold * 2;
        let ended = bounded::run(&mut command, bound)?;
        let Ok(text) = std::fs::read_to_string(&result) else {
            let said = if ended.errors.trim().is_empty() { &ended.output } else { &ended.errors };
            let last = said.lines().rev().take(3).collect::<Vec<_>>();
            let last = last.into_iter().rev().collect::<Vec<_>>().join(" ");
            return Err(Error::usage(format!("the driver ended early ({}): {last}", ended.exit)));
        };
        let played = serde_json::from_str(&text).map_err(|error| {
            Error::io("could not read the driver's result", std::io::Error::from(error))
        })?;
        Ok(self.run_of(played))
    }
}
