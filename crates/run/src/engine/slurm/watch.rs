//! Looks after the agents: asks for as many as pay, notices those that are gone, gives their work to others.

use std::collections::BTreeSet;
use std::time::Duration;

use amorsize_os::clock::Stopwatch;

use super::cluster::{Seen, State};
use super::coordinate::{Agents, Coordinator};
use crate::error::{Error, Kind, Result};
use crate::halt::Verdict;

/// How often the cluster is asked while nothing comes back, and while all goes well.
const ASK_QUIET_NS: u64 = 1_000_000_000;
const ASK_NS: u64 = 3_000_000_000;
/// An agent should have this much to do: starting one costs half a second and a place in the queue.
const AGENT_NS: f64 = 50e9;
/// Ranges that must have come back before more agents are asked for.
const KNOWN_LEAST: u64 = 3;
/// Submissions without anything coming back.
const IN_VAIN_MOST: u32 = 3;
/// After so long without a place, it is said.
const WAITS_NS: u64 = 5_000_000_000;
/// How long agents of a killed run are asked nicely, and waited for.
const ASK_NICELY: Duration = Duration::from_secs(5);
const ENDING_MOST: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(200);

impl Agents {
    /// Whether none is left.
    pub(super) fn all_gone(&self) -> bool {
        self.alive.is_empty()
    }

    /// Raises the number of agents to what so much work asks for.
    pub(super) fn want_for(&mut self, left_ns: f64, known: u64) {
        if self.fixed || known < KNOWN_LEAST || self.wanted == 0 {
            return;
        }
        let most = self.most.saturating_sub(self.cancelled).max(1);
        self.wanted = self.wanted.max(agents_for(left_ns).min(most));
    }
}

impl Coordinator<'_> {
    /// Does what is due.
    pub(super) fn look_after_agents(&mut self) -> Result<()> {
        let now = self.now_ns();
        let quiet = now.saturating_sub(self.heard_ns) >= ASK_QUIET_NS;
        let due = if quiet { ASK_QUIET_NS } else { ASK_NS };
        if !self.agents.all_gone() && now.saturating_sub(self.agents.watched_ns) >= due {
            self.agents.watched_ns = now;
            self.watch_agents(now)?;
        }
        if self.verdict == Verdict::Go && !self.ranges.is_empty() {
            self.submit_missing()?;
        }
        Ok(())
    }

    fn submit_missing(&mut self) -> Result<()> {
        let (alive, wanted) = (self.agents.alive.len() as u64, self.agents.wanted);
        let missing = wanted.min(self.ranges.len() as u64).saturating_sub(alive);
        if alive == 0 && (wanted == 0 || self.agents.in_vain >= IN_VAIN_MOST) {
            return self.give_up();
        }
        if missing == 0 || missing < alive / 2 || self.agents.in_vain >= IN_VAIN_MOST {
            return Ok(());
        }
        let count = missing.min(self.agents.array_most);
        let (script, logs) = (self.spool.path("agent.sh"), self.spool.path("logs"));
        let job = self.cluster.submit(count, &script, &logs, &self.asked.sbatch)?;
        self.spool.note_job(&job)?;
        self.agents.alive.extend((1..=count).map(|task| format!("{job}_{task}")));
        self.agents.jobs.push(job);
        self.agents.in_vain += 1;
        self.agents.watched_ns = self.now_ns();
        Ok(())
    }

    fn watch_agents(&mut self, now: u64) -> Result<()> {
        let seen = self.cluster.agents(&self.agents.jobs)?;
        let (mut running, mut waiting) = (0, None);
        let alive: Vec<String> = self.agents.alive.iter().cloned().collect();
        for name in alive {
            let one = seen.iter().find(|one| one.agent == name);
            match one.map_or(State::Completed, |one| one.state) {
                State::Running => running += 1,
                State::Pending => waiting = one.map(|one| one.reason.clone()),
                state if self.agents.going.remove(&name) => self.is_gone(&name, state),
                _ => {
                    self.agents.going.insert(name);
                }
            }
        }
        self.agents.running = running;
        if running == 0 && now >= WAITS_NS {
            self.tell_waiting(waiting);
        }
        Ok(())
    }

    fn tell_waiting(&mut self, reason: Option<String>) {
        if let Some(reason) = reason.filter(|reason| *reason != self.agents.told) {
            let jobs = self.agents.jobs.join(", ");
            self.face.note(&format!("job {jobs} waits for its place: {reason}"));
            self.agents.told = reason;
        }
    }

    /// What an agent had is given to others.
    fn is_gone(&mut self, name: &str, state: State) {
        self.agents.alive.remove(name);
        for (range, agent) in self.spool.taken() {
            if agent == name {
                self.spool.release(range, name);
                if let Some(open) = self.ranges.remove(&range) {
                    self.back.push_back(open.into_values().collect());
                }
            }
        }
        match state {
            State::Cancelled => {
                // Whoever cancelled it does not want another in its place.
                self.agents.cancelled += 1;
                self.agents.wanted = self.agents.wanted.saturating_sub(1);
            }
            State::Failed => {
                self.agents.failure = Some(self.last_words(name));
                self.agents.wanted = self.agents.wanted.saturating_sub(1);
            }
            State::Pending | State::Running | State::Completed | State::Taken => {}
        }
    }

    /// The last line an agent wrote.
    fn last_words(&self, name: &str) -> String {
        const LOG_BYTES_MOST: u64 = 1 << 20;
        let path = self.spool.path("logs").join(name);
        let Ok(log) = amorsize_os::files::read_bounded(&path, LOG_BYTES_MOST) else {
            return format!("agent {name} left no log in {}", path.display());
        };
        let text = String::from_utf8_lossy(&log).into_owned();
        let line = text.lines().rev().find(|line| !line.trim().is_empty());
        line.map_or_else(|| format!("agent {name} said nothing"), str::to_owned)
    }

    /// Ends the agents of a run that was killed, so that nothing is run beside us.
    pub(super) fn end_agents(&mut self, jobs: &[String]) -> Result<()> {
        let watch = Stopwatch::start();
        self.cluster.interrupt(jobs);
        let mut killed = false;
        loop {
            let lives = |one: &Seen| matches!(one.state, State::Pending | State::Running);
            if !self.cluster.agents(jobs)?.iter().any(lives) {
                return Ok(());
            }
            if !killed && watch.left_of(ASK_NICELY).is_zero() {
                self.cluster.kill(jobs);
                killed = true;
            }
            if watch.left_of(ENDING_MOST).is_zero() {
                let jobs = jobs.join(" ");
                let text =
                    format!("run on Slurm: agents of an earlier run still run (jobs {jobs})");
                return Err(Error::new(Kind::Environment, text)
                    .hint(format!("end them by `scancel {jobs}`, then go on with --resume")));
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// As many agents as have something to do for a while.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float-to-integer casts saturate, and it is not negative"
)]
fn agents_for(left_ns: f64) -> u64 {
    (left_ns / AGENT_NS).ceil() as u64
}

/// The agents that are believed to be there.
pub(super) type Alive = BTreeSet<String>;
