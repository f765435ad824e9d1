//! The parent of a soak: starts the workers, kills and stops them, collects and checks.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use amorsize_os::clock::Stopwatch;
use rustix::process::{Pid, Signal, kill_process};

use super::open::{Engine, open};
use super::subject::StoreSubject;
use super::worker::Worker;
use crate::history::{Mix, Rules, Subject, Verdict, check, load, run_in_threads};

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The store.
    pub url: String,
    /// Stop when so many operations are checked.
    pub operations: u64,
    /// Kill so many workers on the way, spread over the operations.
    pub kills: u64,
    /// Stop after so long, whatever is reached.
    pub limit: Duration,
    /// Processes at a time.
    pub actors: u32,
    /// Keys of a round.
    pub keys: usize,
    /// How far apart neighbouring clocks are, where the engine uses ours.
    pub skew_ns: i64,
    /// Seed of the first round.
    pub seed: u64,
    /// The shares of evictions and clears.
    pub evict: u32,
    /// See `evict`.
    pub clear: u32,
    /// The server may evict by itself.
    pub server_may_evict: bool,
}

impl Plan {
    /// The usual run against `url`.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            operations: 100_000,
            kills: 20,
            limit: Duration::from_secs(60),
            actors: 4,
            keys: 8,
            skew_ns: 2_000_000,
            seed: 1,
            evict: 0,
            clear: 0,
            server_may_evict: false,
        }
    }

    const fn rules(&self) -> Rules {
        // A server's clock counts whole microseconds.
        Rules {
            server_may_evict: self.server_may_evict,
            clock_tolerance: 2_000,
            ignore_clocks: false,
        }
    }
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The verdict over all rounds.
    pub verdict: Verdict,
    /// Workers killed.
    pub kills: u64,
    /// Workers stopped and let go on.
    pub stops: u64,
    /// Workers that ended with an error of their own.
    pub failures: u64,
    /// How long it took.
    pub took: Duration,
}

const CALLS_A_ROUND: u64 = 40_000;
const PAUSE_MS_MAX: u64 = 12;
/// Most kills of one round, so that the workers also get to work.
const KILLS_A_ROUND: u64 = 48;

/// Runs the plan; `worker` makes the command of one worker.
///
/// # Errors
///
/// When a worker cannot be started or its log cannot be read.
pub fn run(plan: &Plan, worker: &dyn Fn(&Worker) -> Command) -> std::io::Result<Report> {
    let watch = Stopwatch::start();
    let mut report = Report::default();
    let mut round = 0;
    while report.verdict.operations < plan.operations && watch.elapsed() < plan.limit {
        if Engine::of(&plan.url) == Engine::Memory {
            report.verdict.merge(threads(plan, round)?);
        } else {
            let folder = tempfile::tempdir()?;
            let kills = kills_due(plan, &report, watch.elapsed());
            let done = Round { plan, round, folder: folder.path(), worker, next_actor: 0 }
                .run(kills, &mut report);
            let events = load(folder.path())?;
            done?;
            report.verdict.merge(check(&events, plan.rules()));
        }
        round += 1;
    }
    report.took = watch.elapsed();
    Ok(report)
}

/// How many workers the next round is to kill: as many as bring the kills up to the share of the operations, or of the
/// time, that is reached with it; the last round gets the rest.
fn kills_due(plan: &Plan, report: &Report, elapsed: Duration) -> u64 {
    let done = report.verdict.operations.max(1);
    let after = done + CALLS_A_ROUND;
    let of_calls = after * 1_000 / plan.operations.max(1);
    // The next round takes as long as the ones before did.
    let ends = elapsed.as_millis() * u128::from(after) / u128::from(done);
    let of_time = u64::try_from(ends * 1_000 / plan.limit.as_millis().max(1)).unwrap_or(1_000);
    let due = plan.kills * of_calls.max(of_time).min(1_000) / 1_000;
    let most = if plan.operations <= after { u64::MAX } else { KILLS_A_ROUND };
    due.saturating_sub(report.kills).min(most)
}

/// Threads on one store in memory.
fn threads(plan: &Plan, round: u32) -> std::io::Result<Verdict> {
    let (store, clock) =
        open(&plan.url, 0, Duration::from_secs(5)).map_err(std::io::Error::other)?;
    let subject = |_| {
        let subject = StoreSubject::new(store.clone(), clock.clone(), Duration::ZERO);
        Box::new(subject) as Box<dyn Subject + Send>
    };
    let mix = Mix { evict: plan.evict, clear: plan.clear, ..Mix::USUAL };
    let calls = CALLS_A_ROUND.min(plan.operations).div_ceil(u64::from(plan.actors));
    let seed = plan.seed + u64::from(round);
    let events =
        run_in_threads((0..plan.actors).map(subject).collect(), seed, plan.keys, calls, mix);
    Ok(check(&events, plan.rules()))
}

struct Round<'a> {
    plan: &'a Plan,
    round: u32,
    folder: &'a Path,
    worker: &'a dyn Fn(&Worker) -> Command,
    next_actor: u32,
}

impl Round<'_> {
    fn run(mut self, kills: u64, report: &mut Report) -> std::io::Result<()> {
        let left = self.plan.operations.saturating_sub(report.verdict.operations);
        let calls = CALLS_A_ROUND.min(left.max(1));
        let share = calls.div_ceil(u64::from(self.plan.actors));
        let mut children: Vec<Child> =
            (0..self.plan.actors).map(|_| self.start(share)).collect::<Result<_, _>>()?;
        let done = self.disturb(&mut children, kills, report);
        for mut child in children {
            if done.is_err() {
                drop(child.kill());
            }
            report.failures += u64::from(!child.wait()?.success());
        }
        done
    }

    /// Kills and stops workers; each killed one is replaced.
    fn disturb(
        &mut self,
        children: &mut [Child],
        kills: u64,
        report: &mut Report,
    ) -> std::io::Result<()> {
        let mut random = self.plan.seed ^ (u64::from(self.round) << 20) ^ 0x2545_f491_4f6c_dd1d;
        let mut next = move || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        let mut killed = 0;
        let calls = CALLS_A_ROUND / u64::from(self.plan.actors) / (kills + 1);
        while killed < kills && report.took < self.plan.limit {
            std::thread::sleep(Duration::from_millis(1 + next() % PAUSE_MS_MAX));
            let at = usize::try_from(next()).unwrap_or(0) % children.len();
            if next() % 4 == 0 {
                // Stopped in the middle of whatever it does, while the others go on.
                signal(&children[at], Signal::STOP);
                std::thread::sleep(Duration::from_millis(next() % PAUSE_MS_MAX));
                signal(&children[at], Signal::CONT);
                report.stops += 1;
                continue;
            }
            children[at].kill()?;
            children[at].wait()?;
            children[at] = self.start(calls.max(200))?;
            killed += 1;
        }
        report.kills += killed;
        Ok(())
    }

    fn start(&mut self, calls: u64) -> std::io::Result<Child> {
        let actor = self.next_actor;
        self.next_actor += 1;
        let lane = i64::from(actor % self.plan.actors);
        let keys = u32::try_from(self.plan.keys).unwrap_or(1);
        let log: PathBuf = self.folder.join(format!("{actor}.log"));
        let worker = Worker {
            url: self.plan.url.clone(),
            log,
            actor,
            seed: self.plan.seed + u64::from(self.round),
            // Runs with different seeds share a store without meeting.
            first_key: u32::try_from(self.plan.seed % 1_000).unwrap_or(0) * 1_000_000
                + self.round * keys,
            keys: self.plan.keys,
            calls,
            ahead_ns: lane * self.plan.skew_ns,
            evict: self.plan.evict,
            clear: self.plan.clear,
        };
        (self.worker)(&worker).stdin(Stdio::null()).stdout(Stdio::null()).spawn()
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(Err(error)) = pid.map(|pid| kill_process(pid, signal)) {
        // A worker that has ended needs no signal any more.
        debug_assert_eq!(error, rustix::io::Errno::SRCH, "our own child");
    }
}
