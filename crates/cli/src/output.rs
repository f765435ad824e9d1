//! The one door for output: data on stdout, talk on stderr, colour only where it is wanted.
//!
//! A reader that closes the pipe ends the program quietly. Files are published whole or not at all.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use amorsize_finding::ExitCode;

use crate::failure::Failure;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the answer of a command is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Where output goes and how it looks.
#[derive(Debug)]
pub(crate) struct Output {
    color_data: bool,
    color_talk: bool,
}

impl Output {
    /// An output without colour.
    pub(crate) fn plain() -> Self {
        Self { color_data: false, color_talk: false }
    }

    /// Decides about colour once, for stdout and stderr apart.
    pub(crate) fn new(choice: ColorChoice, no_color: bool) -> Self {
        let decide = |terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !no_color,
        };
        Self {
            color_data: decide(io::stdout().is_terminal()),
            color_talk: decide(io::stderr().is_terminal()),
        }
    }

    /// Whether data on stdout is coloured.
    pub(crate) fn colors(&self) -> bool {
        self.color_data
    }

    /// Writes data to stdout as it stands.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()?;
        Ok(())
    }

    /// Writes bytes to stdout as they stand.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()?;
        Ok(())
    }

    /// Writes one line of data to stdout.
    pub(crate) fn line(&self, text: impl std::fmt::Display) -> Result<(), Failure> {
        self.data(&format!("{text}\n"))
    }

    /// Writes a value as indented JSON to stdout.
    pub(crate) fn json<T: serde::Serialize>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::bug(&format!("could not write JSON: {error}")))?;
        self.line(text)
    }

    /// Says one line to the person at the terminal; nobody listening is no error.
    pub(crate) fn talk(&self, text: impl std::fmt::Display) {
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// Publishes a file whole.
    pub(crate) fn file(&self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        Ok(amorsize_os::files::publish(path, bytes)?)
    }

    /// Sets text in bold where stdout is coloured.
    pub(crate) fn bold(&self, text: &str) -> String {
        if self.color_data { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Prints a failure and gives its exit code.
    pub(crate) fn failure(&self, failure: &Failure) -> ExitCode {
        if !failure.is_quiet() {
            let (red, off) = if self.color_talk { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
            self.talk(format!("{red}error{off}: {}", failure.message()));
            if let Some(hint) = failure.hint_text() {
                self.talk(format!("  hint: {hint}"));
            }
        }
        failure.code()
    }
}
