//! The coordinator: one thread that offers ranges, collects endings, and looks after the agents.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::io::Write as _;
use std::time::Duration;

use amorsize_os::clock::{Clock as _, Stopwatch, SystemClock};
use amorsize_os::ready::{Interrupts, Ready};
use amorsize_sizing::measure::Costs;

use super::cluster::Cluster;
use super::options::{Order, SlurmOptions};
use super::spool::{Spool, at};
use super::watch::Alive;
use crate::engine::emit::{Emitter, To};
use crate::engine::{Face, Options};
use crate::error::{Error, Kind, Result};
use crate::halt::Verdict;
use crate::item::Item;
use crate::journal::Journal;
use crate::kept::Store;
use crate::outcome::{Logs, Summary, seconds};
use crate::progress::{Progress, time_left};
use crate::results::Results;
use crate::source::Queue;
use crate::template::quote;

/// From one look into the folder to the next.
const LOOK: Duration = Duration::from_millis(10);
const LOOK_MOST: Duration = Duration::from_millis(200);
/// How often progress is shown.
const SHOW_NS: u64 = 200_000_000;

/// Runs the command over the items on a cluster and returns how it went.
///
/// # Errors
/// When the cluster cannot be used, and as [`crate::engine::run`].
pub fn run(
    options: &Options,
    cluster: &SlurmOptions,
    queue: Queue,
    face: &mut dyn Face,
) -> Result<Summary> {
    options.check()?;
    let mut coordinator = Coordinator::new(options, cluster, queue, face)?;
    let outcome = coordinator.drive();
    coordinator.leave(outcome.is_ok());
    outcome?;
    Ok(coordinator.close())
}

/// An item on its way.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) item: Item,
    pub(super) ordinal: u64,
    /// Recorded as failed by an earlier run.
    pub(super) again: bool,
}

/// The agents there are.
#[derive(Debug, Default)]
pub(super) struct Agents {
    pub(super) jobs: Vec<String>,
    pub(super) alive: Alive,
    /// Seen gone once; believed at the second look, when what it had published has been collected.
    pub(super) going: HashSet<String>,
    /// Whether the user said how many.
    pub(super) fixed: bool,
    /// The most there may be at once.
    pub(super) most: u64,
    pub(super) wanted: u64,
    pub(super) array_most: u64,
    /// Submissions since an item last ended.
    pub(super) in_vain: u32,
    pub(super) running: u64,
    /// Those that have published something.
    pub(super) heard: BTreeSet<String>,
    pub(super) failure: Option<String>,
    pub(super) cancelled: u64,
    pub(super) told: String,
    pub(super) watched_ns: u64,
}

pub(super) struct Coordinator<'a> {
    pub(super) options: &'a Options,
    pub(super) asked: &'a SlurmOptions,
    pub(super) face: &'a mut dyn Face,
    pub(super) queue: Queue,
    pub(super) cluster: Cluster,
    pub(super) spool: Spool,
    pub(super) agents: Agents,
    /// Ranges that are offered or taken: what of them has not ended.
    pub(super) ranges: BTreeMap<u64, BTreeMap<u64, Pending>>,
    /// Ranges nobody has taken, as far as is known.
    pub(super) back: VecDeque<Vec<Pending>>,
    pub(super) next_range: u64,
    pub(super) next_ordinal: u64,
    pub(super) costs: Costs,
    /// Items of an earlier run whose endings were found in the folder.
    pub(super) found: HashMap<u128, u64>,
    pub(super) emitter: Emitter,
    pub(super) store: Store,
    pub(super) summary: Summary,
    pub(super) watch: Stopwatch,
    pub(super) epoch_s: f64,
    pub(super) verdict: Verdict,
    pub(super) halting: (u64, u64),
    pub(super) heard_ns: u64,
    interrupts: Interrupts,
    interrupted: usize,
    shown_ns: u64,
}

impl<'a> Coordinator<'a> {
    fn new(
        options: &'a Options,
        asked: &'a SlurmOptions,
        queue: Queue,
        face: &'a mut dyn Face,
    ) -> Result<Self> {
        let cluster = Cluster::find(&options.path, &asked.sbatch)?;
        let journal = match &options.journal {
            Some(j) => Some(Journal::open(&j.path, options.template.text(), j.mode)?),
            None => None,
        };
        let resumed = options.journal.as_ref().is_some_and(|j| j.mode != crate::journal::Mode::New);
        let results = options.results.as_deref().map(Results::open).transpose()?;
        let epoch_s = seconds(SystemClock.now_ns());
        let logs = Logs::open(options.log.as_deref(), options.joblog.as_deref(), epoch_s, resumed)?;
        let interrupts =
            Interrupts::listen().map_err(|error| Error::system("listen for Ctrl-C", error))?;
        let most = asked.agents.or_else(|| cluster.cpus(&asked.sbatch)).unwrap_or(1).max(1);
        let agents = Agents {
            fixed: asked.agents.is_some(),
            most,
            wanted: asked.agents.unwrap_or_else(|| most.min(2)),
            array_most: cluster.array_most(),
            ..Agents::default()
        };
        let damaged = journal.as_ref().map_or(0, Journal::damaged);
        let mut coordinator = Self {
            options,
            asked,
            face,
            queue,
            cluster,
            spool: Spool::at(&asked.folder),
            agents,
            ranges: BTreeMap::new(),
            back: VecDeque::new(),
            next_range: 1,
            next_ordinal: 1,
            costs: Costs::new(),
            found: HashMap::new(),
            emitter: Emitter::new(options, journal, results, logs),
            store: Store::new(&options.scratch),
            summary: Summary { damaged, ..Summary::default() },
            watch: Stopwatch::start(),
            epoch_s,
            verdict: Verdict::Go,
            halting: (0, 0),
            heard_ns: 0,
            interrupts,
            interrupted: 0,
            shown_ns: 0,
        };
        coordinator.take_over()?;
        coordinator.open_folder()?;
        Ok(coordinator)
    }

    fn open_folder(&mut self) -> Result<()> {
        self.spool = Spool::create(&self.asked.folder)?;
        Order::new(self.options, self.asked).write(&self.asked.folder)?;
        let script = self.spool.path("agent.sh");
        let mut text = b"#!/bin/sh\nexec ".to_vec();
        for word in
            [self.asked.program.as_os_str(), "slurm-agent".as_ref(), self.spool.root().as_ref()]
        {
            text.extend(quote(word.as_encoded_bytes()));
            text.push(b' ');
        }
        text.extend(
            b"\"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\" \"${SLURM_CPUS_PER_TASK:-1}\"\n",
        );
        let write = || std::fs::File::create(&script)?.write_all(&text);
        write().map_err(at("write", &script))
    }

    pub(super) fn now_ns(&self) -> u64 {
        u64::try_from(self.watch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn drive(&mut self) -> Result<()> {
        let ready = Ready::new().map_err(|error| Error::system("wait", error))?;
        ready.add(&self.interrupts, 0).map_err(|error| Error::system("wait", error))?;
        let (mut numbers, mut pause) = (Vec::new(), LOOK);
        loop {
            let came = self.collect()?;
            if self.verdict == Verdict::Go {
                self.feed()?;
            }
            let more = self.verdict == Verdict::Go && self.has_more();
            if self.ranges.is_empty() && !more {
                break;
            }
            self.look_after_agents()?;
            if self.verdict != Verdict::Go && self.agents.all_gone() {
                break;
            }
            self.show();
            pause = if came { LOOK } else { (pause * 2).min(LOOK_MOST) };
            ready
                .wait(Some(pause), &mut numbers)
                .map_err(|error| Error::system("wait for agents", error))?;
            let heard = self.interrupts.take();
            if heard > 0 {
                self.interrupt(heard);
            }
        }
        self.with_emitter(|emitter, to| emitter.finish(to))
    }

    fn has_more(&self) -> bool {
        !self.queue.is_done() || !self.back.is_empty()
    }

    /// The first Ctrl-C is passed on to the agents, the second one kills them.
    fn interrupt(&mut self, heard: usize) {
        self.interrupted += heard;
        self.summary.interrupted = true;
        self.stop(Verdict::Now);
        if self.interrupted > 1 {
            self.cluster.kill(&self.agents.jobs);
        }
    }

    /// Offers nothing more; with [`Verdict::Now`], ends what runs as well.
    pub(super) fn stop(&mut self, verdict: Verdict) {
        self.verdict = self.verdict.max(verdict);
        let offered: Vec<u64> = self.ranges.keys().copied().collect();
        for range in offered {
            if self.spool.withdraw(range)
                && let Some(items) = self.ranges.remove(&range)
            {
                self.back.push_back(items.into_values().collect());
            }
        }
        self.spool.end();
        if verdict == Verdict::Now {
            self.cluster.interrupt(&self.agents.jobs);
        }
    }

    pub(super) fn with_emitter<T>(
        &mut self,
        act: impl FnOnce(&mut Emitter, &mut To<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut to = To {
            options: self.options,
            store: &mut self.store,
            face: self.face,
            summary: &mut self.summary,
        };
        act(&mut self.emitter, &mut to)
    }

    fn show(&mut self) {
        let now = self.now_ns();
        if !self.face.wants_progress() || now < self.shown_ns + SHOW_NS {
            return;
        }
        self.shown_ns = now;
        let ended = self.summary.ended() + self.summary.skipped;
        let total = self.queue.total();
        let left = total.map(|total| total.saturating_sub(ended));
        let running = real(self.agents.running);
        self.face.progress(&Progress {
            ended,
            failed: self.summary.failed,
            total,
            running: self.agents.running,
            rate: real(self.summary.ended()) / seconds(now.max(1)),
            left_s: left.and_then(|left| time_left(self.costs.sample(), left, running)),
        });
    }

    /// Leaves nothing behind: no agents, and no folder unless it still holds what could not be collected.
    fn leave(&mut self, whole: bool) {
        self.spool.end();
        if !whole {
            self.cluster.kill(&self.agents.jobs);
        } else if !self.agents.all_gone() {
            self.cluster.cancel_waiting(&self.agents.jobs);
        }
        if whole || self.options.journal.is_none() {
            self.spool.remove();
        }
    }

    fn close(mut self) -> Summary {
        let pending = self.ranges.values().map(BTreeMap::len).sum::<usize>() as u64;
        let waiting = self.back.iter().map(Vec::len).sum::<usize>() as u64;
        let summary = &mut self.summary;
        summary.cut_short += pending;
        summary.left_failed = self.emitter.left_failed();
        let seen = summary.ended() + summary.cut_short + summary.skipped;
        summary.not_started = self
            .queue
            .total()
            .map(|total| total.saturating_sub(seen))
            .or((waiting > 0).then_some(waiting));
        summary.workers = self.agents.wanted;
        summary.workers_peak = self.agents.heard.len() as u64;
        summary.elapsed_ns = u64::try_from(self.watch.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if summary.stopped.is_none() && self.agents.cancelled > 0 && summary.not_started > Some(0) {
            summary.stopped = Some("the agents were cancelled".to_owned());
        }
        self.summary
    }

    /// Stops because no agent is left that could go on.
    pub(super) fn give_up(&mut self) -> Result<()> {
        let why = match &self.agents.failure {
            Some(failure) => format!("run on Slurm: the agents fail: {failure}"),
            None if self.agents.cancelled > 0 => {
                self.summary.stopped = Some("the agents were cancelled".to_owned());
                self.stop(Verdict::Soon);
                return Ok(());
            }
            None => "run on Slurm: agents start and end without doing any work".to_owned(),
        };
        Err(Error::new(Kind::Environment, why).hint(
            "the program, the folder of --slurm-dir and the command must be reachable on every node",
        ))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}
