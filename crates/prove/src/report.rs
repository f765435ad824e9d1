//! The answer to an experiment, as a value: verdict, window, histories, guards, and what was not looked at.

use crate::experiment::Op;
use crate::history::Step;
use crate::outcome::Outcome;
use amorsize_finding::{ExitCode, ProofNote, ProofVerdict, Shown};
use serde::Serialize;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "amorsize-proof/1";

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// The name and version of this form.
    pub schema: &'static str,
    /// The verdict.
    pub verdict: ProofVerdict,
    /// What exactly was proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// The verdict's reason in one sentence.
    pub reason: String,
    /// What to do about it, where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What was run.
    pub commands: Commands,
    /// What one after the other comes to.
    pub serial: Vec<Serial>,
    /// The schedule that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// Every boundary that was seen, with what came of holding there.
    pub boundaries: Vec<Tried>,
    /// What was seen to close the window, and how often.
    pub guards: Vec<Seen>,
    /// Swallowed errors and changes of nothing, in the schedule that is shown.
    pub evidence: Vec<String>,
    /// How far this answer reaches.
    pub coverage: Coverage,
}

/// What was run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Commands {
    /// The setup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// The first operation.
    pub a: String,
    /// The second operation.
    pub b: String,
    /// The probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<String>,
    /// The eviction that was allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evict: Option<String>,
    /// Where a party could be held.
    pub on: Vec<String>,
}

/// A serial order and its outcome.
#[derive(Debug, Clone, Serialize)]
pub struct Serial {
    /// `A;B` or `B;A`.
    pub order: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// How often it ran, always with this outcome.
    pub runs: usize,
}

/// The schedule that shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Witness {
    /// Who was held.
    pub held: Op,
    /// Before which boundary.
    pub at: usize,
    /// What that boundary is.
    pub label: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why no order gives it.
    pub why: String,
    /// The first and last boundary in a row that show it.
    pub window: (usize, usize),
    /// The boundary after which the window opens, and the one that closes it.
    pub window_labels: (String, String),
    /// How often the schedule was forced, and how often it came to the same kind of outcome.
    pub repeated: (usize, usize),
    /// What everybody did, in order.
    pub history: Vec<Step>,
    /// What an eviction has to do with it, when one was allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eviction: Option<String>,
    /// The command line that forces it again.
    pub replay: String,
}

/// A boundary and what came of holding there.
#[derive(Debug, Clone, Serialize)]
pub struct Tried {
    /// Whose boundary it is.
    pub party: Op,
    /// Its number, counted from 1.
    pub at: usize,
    /// What it is.
    pub label: String,
    /// What came of holding before it.
    pub result: Result,
    /// What the other party waited for, when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waited: Option<String>,
}

/// What came of holding before a boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Result {
    /// A serial order explains the outcome.
    Serial {
        /// `A;B`, `B;A`, or both.
        order: String,
    },
    /// A party was turned away with an error that says so.
    TurnedAway {
        /// Who.
        party: Op,
        /// What it said.
        said: String,
    },
    /// No order gives it.
    NotSerial {
        /// What kind.
        shown: Shown,
        /// Why.
        why: String,
    },
    /// No order gave it, but not again when it was forced once more.
    Unconfirmed {
        /// What the first time showed.
        why: String,
    },
    /// The hold itself made a party fail.
    Artefact {
        /// How.
        why: String,
    },
    /// The party ended before it came here.
    NotReached,
    /// It only opens a session, so holding there is holding before everything.
    Session,
    /// It was not tried.
    Skipped {
        /// Why not.
        why: String,
    },
}

/// Something that was seen to close the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// What.
    pub what: String,
    /// How often.
    pub times: usize,
}

/// How far the answer reaches.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    /// Always one: a party is stopped once.
    pub preemptions: usize,
    /// Always two.
    pub parties: usize,
    /// Boundaries that were seen.
    pub boundaries_seen: usize,
    /// Boundaries at which a party was held.
    pub boundaries_tried: usize,
    /// Boundaries that only open a session.
    pub boundaries_session: usize,
    /// How often the commands were run from a fresh setup.
    pub runs: usize,
    /// What the gates cannot see.
    pub blind_spots: Vec<String>,
    /// What was asked for and not done.
    pub missing: Vec<String>,
}

impl Proof {
    /// What stands next to the finding that was tried.
    #[must_use]
    pub fn note(&self) -> ProofNote {
        let said = |outcome: &Outcome| {
            let words = [("A", &outcome.a), ("B", &outcome.b), ("state", &outcome.state)];
            let words = words.iter().filter_map(|(who, answer)| {
                answer.as_ref().map(|answer| format!("{who}: {}", answer.short()))
            });
            words.collect::<Vec<_>>().join("   ")
        };
        let serial = self.serial.iter();
        let mut outcomes: Vec<String> = serial
            .map(|serial| format!("{}     {}", serial.order, said(&serial.outcome)))
            .collect();
        if let Some(witness) = &self.witness {
            outcomes.push(format!("forced  {}", said(&witness.outcome)));
            outcomes.push(format!("{} held before `{}`", witness.held, witness.label));
        }
        let Coverage { boundaries_tried, runs, .. } = self.coverage;
        let mut reach = format!(
            "one preemption, two parties, held at {boundaries_tried} boundaries, {runs} runs"
        );
        for blind in self.coverage.blind_spots.iter().chain(&self.coverage.missing) {
            reach.push_str("; ");
            reach.push_str(blind);
        }
        ProofNote {
            verdict: self.verdict,
            shown: self.shown,
            reason: self.reason.clone(),
            outcomes,
            reach,
            replay: self.witness.as_ref().map(|witness| witness.replay.clone()),
        }
    }

    /// What the process says when it ends.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self.verdict {
            ProofVerdict::Proved => ExitCode::Findings,
            ProofVerdict::Guarded | ProofVerdict::Closed => ExitCode::Clean,
            ProofVerdict::Inconclusive | ProofVerdict::NoVerdict => ExitCode::Incomplete,
        }
    }
}
