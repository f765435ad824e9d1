//! What a run is asked for, and the face it shows.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use amorsize_sizing::Rules;

use crate::error::Result;
use crate::halt::Halt;
use crate::journal::Mode;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::template::Template;

/// Where a run's words go. The engine itself prints nothing.
pub trait Face {
    /// Takes output of items.
    ///
    /// # Errors
    /// What writing says; a reader that has gone ends the run quietly.
    fn out(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Takes error output of items.
    ///
    /// # Errors
    /// What writing says.
    fn err(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Takes note that a process has ended; what it wrote was handed over just before.
    ///
    /// # Errors
    /// What passing it on says.
    fn ended(&mut self, _outcome: &Outcome) -> io::Result<()> {
        Ok(())
    }

    /// Hands over everything taken so far.
    ///
    /// # Errors
    /// What writing says.
    fn flush(&mut self) -> io::Result<()>;

    /// Shows how far the run is; called a few times a second if [`Self::wants_progress`].
    fn progress(&mut self, progress: &Progress);

    /// Whether somebody watches.
    fn wants_progress(&self) -> bool;

    /// Says one line about the run itself.
    fn note(&mut self, text: &str);
}

/// The journal of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalOptions {
    /// Its file.
    pub path: PathBuf,
    /// How it is opened.
    pub mode: Mode,
}

/// Stop when enough is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// At most so many items.
    pub items_most: u64,
    /// And no new one after so long.
    pub time_most: Duration,
}

/// What a run is asked for.
#[derive(Debug)]
pub struct Options {
    /// The command.
    pub template: Template,
    /// The program file, unless an item decides it.
    pub program: Option<PathBuf>,
    /// The search path, for programs that items decide.
    pub path: OsString,
    /// Workers and chunks.
    pub rules: Rules,
    /// Outputs in the order of the items.
    pub keep_order: bool,
    /// Outputs go straight through.
    pub ungroup: bool,
    /// Each line is led by its item.
    pub tag: bool,
    /// Further tries of a failed item.
    pub retries: u32,
    /// The longest an item may take.
    pub timeout: Option<Duration>,
    /// When to stop before the end.
    pub halt: Halt,
    /// Memory one process needs, in bytes.
    pub memory_per_job: Option<u64>,
    /// Memory that must be free before another process starts, in bytes.
    pub memory_free: Option<u64>,
    /// The journal.
    pub journal: Option<JournalOptions>,
    /// The folder of results.
    pub results: Option<PathBuf>,
    /// The log of JSON lines.
    pub log: Option<PathBuf>,
    /// The log as GNU parallel writes it.
    pub joblog: Option<PathBuf>,
    /// Where large outputs are kept.
    pub scratch: PathBuf,
    /// Only measure.
    pub sampling: Option<Sampling>,
}

impl Options {
    /// Checks what belongs together.
    ///
    /// # Errors
    /// When two options contradict each other.
    pub fn check(&self) -> Result<()> {
        use crate::error::Error;
        if self.ungroup && (self.keep_order || self.tag || self.results.is_some()) {
            return Err(Error::usage(
                "--ungroup cannot be joined with --keep-order, --tag or --results",
            )
            .hint("output that goes straight through is not seen here"));
        }
        Ok(())
    }
}
