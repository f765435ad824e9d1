//! An agent: takes ranges, runs them with the local engine, publishes how they ended.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;
use std::time::Duration;

use amorsize_os::clock::{Clock as _, Stopwatch, SystemClock};
use amorsize_os::ready::Interrupts;

use super::spool::{Lease, Spool};
use super::wire::{self, Ended, FRAME_MOST, Last, Tag};
use crate::engine::{Face, Options, local};
use crate::error::{Error, Kind, Result};
use crate::outcome::{Outcome, seconds};
use crate::progress::Progress;
use crate::source::{Queue, Source};

/// What has ended is published so often while a range goes on.
const PUBLISH_EVERY: Duration = Duration::from_millis(500);
/// From one look for work to the next, at first and at most.
const LOOK: Duration = Duration::from_millis(10);
const LOOK_MOST: Duration = Duration::from_millis(500);
/// Signals that are sent together arrive within this.
const SIGNALS_TOGETHER: Duration = Duration::from_millis(100);
/// An agent that finds nothing to do for so long gives its place back.
const IDLE_MOST: Duration = Duration::from_secs(60);

/// Runs ranges of the folder until nothing more comes for a while, or it is asked to end.
///
/// # Errors
/// When the folder cannot be used or the command makes no sense.
pub fn agent(folder: &std::path::Path, name: &str, mut options: Options) -> Result<()> {
    let spool = Spool::at(folder);
    let fail = |error| Error::file(Kind::Environment, "take work from", folder, error);
    let mut turn =
        name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let (mut pause, mut idle) = (LOOK, Stopwatch::start());
    loop {
        let watch = Stopwatch::start();
        let (range, items) = match spool.lease(name, turn).map_err(fail)? {
            Lease::Over => return Ok(()),
            Lease::Range(range, items) => (range, items),
            Lease::Nothing => {
                // More may come, and then the coordinator asks for another agent; or it has gone for good.
                if idle.left_of(IDLE_MOST).is_zero() {
                    return Ok(());
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(LOOK_MOST);
                continue;
            }
        };
        turn = 0;
        let mut face = Publisher::new(&spool, range, name).map_err(fail)?;
        let (before, count) = (watch.elapsed(), items.len());
        let summary = local::run(&options, Queue::new(Source::given(items)), &mut face)?;
        let ran = Duration::from_nanos(summary.elapsed_ns);
        options.rules.workers_hint = Some(summary.workers);
        if count > 1 {
            options.rules.chunk_hint = Some(summary.chunk);
        }
        let overhead = before + watch.elapsed().saturating_sub(before + ran);
        let wall_ns = nanoseconds(watch.elapsed());
        face.last(Last { wall_ns, overhead_ns: nanoseconds(overhead) }).map_err(fail)?;
        if summary.interrupted {
            return Ok(());
        }
        (pause, idle) = (LOOK, Stopwatch::start());
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A face that shows everything to the coordinator.
struct Publisher<'a> {
    spool: &'a Spool,
    name: String,
    part: Option<(PathBuf, BufWriter<File>)>,
    parts: u32,
    since: Stopwatch,
    epoch_s: f64,
    interrupts: Interrupts,
}

impl<'a> Publisher<'a> {
    fn new(spool: &'a Spool, range: u64, agent: &str) -> io::Result<Self> {
        Ok(Self {
            spool,
            name: format!("{range:010}.{agent}"),
            part: None,
            parts: 0,
            since: Stopwatch::start(),
            epoch_s: seconds(SystemClock.now_ns()),
            interrupts: Interrupts::listen()?,
        })
    }

    /// Whether an item was ended by what is about to end us: the cluster signals all of a job at once.
    fn fell_with_us(&mut self, outcome: &Outcome) -> bool {
        let by_signal = matches!(outcome.signal, Some(2 | 9 | 15));
        let told_so = matches!(outcome.exit, Some(130 | 137 | 143));
        if outcome.timed_out || !(by_signal || told_so) {
            return false;
        }
        let watch = Stopwatch::start();
        while !watch.left_of(SIGNALS_TOGETHER).is_zero() {
            if self.interrupts.take() > 0 {
                return true;
            }
            std::thread::sleep(LOOK);
        }
        false
    }

    fn part(&mut self) -> io::Result<&mut BufWriter<File>> {
        if self.part.is_none() {
            let path = self.spool.path(&format!("done/.{}.{:06}", self.name, self.parts));
            let file = BufWriter::new(File::create(&path)?);
            self.part = Some((path, file));
            self.since = Stopwatch::start();
        }
        match &mut self.part {
            Some((_, file)) => Ok(file),
            None => Err(io::Error::other("no part is open")),
        }
    }

    fn publish(&mut self) -> io::Result<()> {
        let Some((path, file)) = self.part.take() else { return Ok(()) };
        file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let target = self.spool.path(&format!("done/{}.{:06}", self.name, self.parts));
        self.parts += 1;
        std::fs::rename(path, target)
    }

    fn last(&mut self, last: Last) -> io::Result<()> {
        wire::put_json(self.part()?, Tag::Last, &last)?;
        self.publish()
    }

    fn stream(&mut self, tag: Tag, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(FRAME_MOST).try_for_each(|piece| wire::put(self.part()?, tag, piece))
    }
}

impl Face for Publisher<'_> {
    fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream(Tag::Out, bytes)
    }

    fn err(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream(Tag::Err, bytes)
    }

    fn ended(&mut self, outcome: &Outcome) -> io::Result<()> {
        // What was cut short is not told: somebody else runs it from the start.
        let ended = if outcome.cut_short || self.fell_with_us(outcome) {
            Ended { items: Vec::new(), ..Ended::of(outcome, self.epoch_s) }
        } else {
            Ended::of(outcome, self.epoch_s)
        };
        wire::put_json(self.part()?, Tag::Ended, &ended)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.since.left_of(PUBLISH_EVERY).is_zero() { self.publish() } else { Ok(()) }
    }

    fn progress(&mut self, _: &Progress) {}

    fn wants_progress(&self) -> bool {
        false
    }

    fn note(&mut self, _: &str) {}
}
