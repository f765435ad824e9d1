//! How items ended, the logs that say so, and what is said about the whole run.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use amorsize_sizing::Measurements;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::item::Item;

/// How one process ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its items; one unless they were batched.
    pub items: Vec<Item>,
    /// Its place in the order of starts, from 1.
    pub ordinal: u64,
    /// Its exit status, if it ended by itself; 126 or 127 if it could not be started.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was ended because it took too long.
    pub timed_out: bool,
    /// Whether it was ended because the run was.
    pub cut_short: bool,
    /// Which try this was, from 1.
    pub attempt: u32,
    /// When it was started, on the run's clock.
    pub started_ns: u64,
    /// How long it took.
    pub wall_ns: u64,
    /// CPU time in user mode.
    pub user_ns: u64,
    /// CPU time in the kernel.
    pub system_ns: u64,
    /// The most memory it had at once.
    pub memory_bytes: u64,
    /// Why it could not be started.
    pub error: Option<String>,
}

impl Outcome {
    /// Whether it ended with status 0.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.exit == Some(0)
    }

    /// How it ended, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match (&self.error, self.exit, self.signal) {
            (Some(error), ..) => error.clone(),
            _ if self.timed_out => "took too long and was ended".to_owned(),
            (_, Some(code), _) => format!("exit {code}"),
            (_, _, Some(signal)) => match amorsize_os::child::signal_name(signal) {
                Some(name) => format!("ended by signal {signal} ({name})"),
                None => format!("ended by signal {signal}"),
            },
            _ => "ended".to_owned(),
        }
    }
}

/// What is said about a run as a whole.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Items that succeeded.
    pub succeeded: u64,
    /// Items that failed.
    pub failed: u64,
    /// Items that an earlier run had finished.
    pub skipped: u64,
    /// Those of them that had failed, and were not to be run again.
    pub left_failed: u64,
    /// Items that were started but cut short.
    pub cut_short: u64,
    /// Items that were not started; `None` when not all were read.
    pub not_started: Option<u64>,
    /// The first failures: number, item, how.
    pub failures: Vec<(u64, String, String)>,
    /// How long the run took.
    pub elapsed_ns: u64,
    /// Workers that had proven themselves by the end.
    pub workers: u64,
    /// The most processes that ran at once.
    pub workers_peak: u64,
    /// The chunk at the end.
    pub chunk: u64,
    /// Processes that were started.
    pub processes: u64,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// Whether a halting rule stopped it.
    pub halted: bool,
    /// Why a run on other machines ended before all was done, where nobody here asked for that.
    pub stopped: Option<String>,
    /// Whether it was only to measure and stopped when it knew enough.
    pub measured_enough: bool,
    /// Damaged lines of the journal, whose items ran again.
    pub damaged: u64,
    /// What was measured.
    pub measurements: Option<Measurements>,
    /// The mean share of the machine's CPUs, had by the items, in CPUs.
    pub cpus_used: f64,
}

impl Summary {
    /// Items that ended.
    #[must_use]
    pub const fn ended(&self) -> u64 {
        self.succeeded + self.failed
    }
}

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    item: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_hex: Option<String>,
    items_in_process: usize,
    exit: Option<i32>,
    signal: Option<i32>,
    timed_out: bool,
    attempt: u32,
    start: f64,
    wall: f64,
    user: f64,
    sys: f64,
    rss: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// The logs of a run.
#[derive(Debug)]
pub struct Logs {
    json: Option<(PathBuf, BufWriter<File>)>,
    joblog: Option<(PathBuf, BufWriter<File>)>,
    epoch_s: f64,
    host: String,
}

impl Logs {
    /// Opens the logs; `epoch_s` is when the run started. A resumed run appends.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn open(
        json: Option<&Path>,
        joblog: Option<&Path>,
        epoch_s: f64,
        append: bool,
    ) -> Result<Self> {
        let open = |path: &Path| {
            let mut options = std::fs::OpenOptions::new();
            options.create(true).write(true).append(append).truncate(!append);
            let file = options.open(path);
            let file =
                file.map_err(|e| Error::file(Kind::Environment, "write the log", path, e))?;
            Ok((path.to_path_buf(), BufWriter::new(file)))
        };
        let json = json.map(open).transpose()?;
        let mut joblog = joblog.map(open).transpose()?;
        if let Some((path, file)) = &mut joblog {
            let empty = file.get_ref().metadata().is_ok_and(|metadata| metadata.len() == 0);
            if empty {
                let head =
                    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
                let wrote = file.write_all(head.as_bytes());
                wrote.map_err(|e| Error::file(Kind::Environment, "write the log", path, e))?;
            }
        }
        Ok(Self { json, joblog, epoch_s, host: ":".to_owned() })
    }

    /// From now on the run's clock is behind by so much more: it stood still.
    pub fn paused(&mut self, pause_ns: u64) {
        self.epoch_s += seconds(pause_ns);
    }

    /// When the run's clock was at this time, in seconds since 1970.
    #[must_use]
    pub fn epoch_s(&self, at_ns: u64) -> f64 {
        self.epoch_s + seconds(at_ns)
    }

    /// Writes what happened to a process; `received` bytes came from it.
    ///
    /// # Errors
    /// When a log cannot be written.
    pub fn write(&mut self, outcome: &Outcome, received: u64, command: &str) -> Result<()> {
        let start = self.epoch_s(outcome.started_ns);
        if let Some((path, file)) = &mut self.json {
            for item in &outcome.items {
                let text = String::from_utf8_lossy(item.text());
                let hex = std::str::from_utf8(item.text()).is_err();
                let line = Line {
                    seq: item.number(),
                    item: text,
                    item_hex: hex.then(|| to_hex(item.text())),
                    items_in_process: outcome.items.len(),
                    exit: outcome.exit,
                    signal: outcome.signal,
                    timed_out: outcome.timed_out,
                    attempt: outcome.attempt,
                    start,
                    wall: seconds(outcome.wall_ns),
                    user: seconds(outcome.user_ns),
                    sys: seconds(outcome.system_ns),
                    rss: outcome.memory_bytes,
                    error: outcome.error.as_deref(),
                };
                let json = serde_json::to_string(&line).map_err(std::io::Error::other);
                let wrote = json.and_then(|json| writeln!(file, "{json}"));
                wrote.map_err(|e| Error::file(Kind::Environment, "write the log", path, e))?;
            }
        }
        if let Some((path, file)) = &mut self.joblog {
            let (seq, host, wall) = (outcome.ordinal, &self.host, seconds(outcome.wall_ns));
            let (exit, signal) = (outcome.exit.unwrap_or(-1), outcome.signal.unwrap_or(0));
            // One line a process, whatever the item holds.
            let command = command.replace('\n', "\\n");
            let wrote = writeln!(
                file,
                "{seq}\t{host}\t{start:.3}\t{wall:10.3}\t0\t{received}\t{exit}\t{signal}\t{command}"
            );
            wrote.map_err(|e| Error::file(Kind::Environment, "write the log", path, e))?;
        }
        Ok(())
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// When a log cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        for (path, file) in self.json.iter_mut().chain(&mut self.joblog) {
            let flushed = file.flush();
            flushed.map_err(|e| Error::file(Kind::Environment, "write the log", path, e))?;
        }
        Ok(())
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
        text
    })
}

/// Nanoseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "a microsecond in a century is not missed")]
#[must_use]
pub fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}
