//! What a person sees of a run: outputs on stdout and stderr, and a bar that never mixes with them.

use std::io::{self, BufWriter, IsTerminal as _, Stderr, Stdout, Write as _};

use amorsize_run::engine::Face;
use amorsize_run::progress::Progress;

const BUFFER: usize = 64 << 10;
const BAR_WIDTH: usize = 24;

/// Stdout, stderr and a bar.
#[derive(Debug)]
pub(crate) struct Terminal {
    stdout: BufWriter<Stdout>,
    stderr: BufWriter<Stderr>,
    bar: bool,
    bar_shown: bool,
    silent: bool,
}

impl Terminal {
    /// With a bar if one is wanted and somebody can see it.
    pub(crate) fn new(bar: bool) -> Self {
        Self {
            stdout: BufWriter::with_capacity(BUFFER, io::stdout()),
            stderr: BufWriter::with_capacity(BUFFER, io::stderr()),
            bar: bar && io::stderr().is_terminal(),
            bar_shown: false,
            silent: false,
        }
    }

    /// Shows nothing of what the items write.
    pub(crate) fn silent() -> Self {
        Self { silent: true, ..Self::new(false) }
    }

    /// Takes the bar away, and what is still in the buffers with it.
    pub(crate) fn close(mut self) {
        self.clear_bar();
        // Whoever is gone by now does not miss it.
        drop(self.flush());
        drop(self.stdout.into_parts());
        drop(self.stderr.into_parts());
    }

    fn clear_bar(&mut self) {
        if std::mem::take(&mut self.bar_shown) {
            drop(self.stderr.write_all(b"\r\x1b[K"));
            drop(self.stderr.flush());
        }
    }
}

impl Face for Terminal {
    fn out(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.silent {
            return Ok(());
        }
        self.clear_bar();
        // Where both go to one place they stay in the order they were handed over.
        if !self.stderr.buffer().is_empty() {
            self.stderr.flush()?;
        }
        self.stdout.write_all(bytes)
    }

    fn err(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.silent {
            return Ok(());
        }
        self.clear_bar();
        if !self.stdout.buffer().is_empty() {
            self.stdout.flush()?;
        }
        self.stderr.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()?;
        self.stderr.flush()
    }

    fn progress(&mut self, progress: &Progress) {
        self.bar_shown = true;
        let line = bar_line(progress);
        drop(write!(self.stderr, "\r\x1b[K{line}"));
        drop(self.stderr.flush());
    }

    fn wants_progress(&self) -> bool {
        self.bar
    }

    fn note(&mut self, text: &str) {
        self.clear_bar();
        // Nobody listening is no error.
        drop(self.stdout.flush());
        drop(writeln!(self.stderr, "amorsize: {text}"));
        drop(self.stderr.flush());
    }
}

/// One line: a bar, the counts, the rate, and the time left with its interval.
fn bar_line(progress: &Progress) -> String {
    let mut parts = Vec::new();
    if let Some(total) = progress.total.filter(|&total| total > 0) {
        let width = BAR_WIDTH as u64;
        let filled = usize::try_from(progress.ended.min(total) * width / total).unwrap_or(0);
        let (done, rest) = ("#".repeat(filled), ".".repeat(BAR_WIDTH - filled));
        parts.push(format!("{done}{rest} {}/{total}", progress.ended));
    } else {
        parts.push(format!("{} done, total not known yet", progress.ended));
    }
    if progress.failed > 0 {
        parts.push(format!("{} failed", progress.failed));
    }
    parts.push(format!("{} at once", progress.running));
    parts.push(format!("{:.1}/s", progress.rate));
    if let Some(left) = progress.left_s {
        let (low, high) = (clock(left.low), clock(left.high));
        let ends = if low == high { String::new() } else { format!(" ({low} to {high})") };
        parts.push(format!("{} left{ends}", clock(left.expected)));
    }
    parts.join(", ")
}

fn clock(seconds: f64) -> String {
    match seconds {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amorsize_run::progress::Left;

    #[test]
    fn the_line_says_what_is_known_and_no_more() {
        let progress =
            Progress { ended: 5, failed: 0, total: None, running: 2, rate: 1.25, left_s: None };
        assert_eq!(bar_line(&progress), "5 done, total not known yet, 2 at once, 1.2/s");
        let left = Left { expected: 20.0, low: 15.0, high: 150.0 };
        let known = Progress { total: Some(10), failed: 1, left_s: Some(left), ..progress };
        let line = bar_line(&known);
        assert_eq!(
            line,
            "############............ 5/10, 1 failed, 2 at once, 1.2/s, 20 s left (15 s to 2 min)"
        );
    }
}
