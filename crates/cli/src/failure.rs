//! Errors as a person meets them: one line that names the place, one that says what to do, one exit code.

use std::fmt::Display;
use std::io;

use amorsize_finding::ExitCode;

/// The outcome of a subcommand.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    code: ExitCode,
    quiet: bool,
}

impl Failure {
    /// The command cannot run: wrong usage, configuration or environment.
    pub(crate) fn cannot(message: impl Display) -> Self {
        Self { message: message.to_string(), hint: None, code: ExitCode::CannotRun, quiet: false }
    }

    /// The command was interrupted.
    pub(crate) fn interrupted(message: impl Display) -> Self {
        Self { message: message.to_string(), hint: None, code: ExitCode::Interrupted, quiet: false }
    }

    /// Standard output did not take what was to be written. That its reader has gone is nobody's fault and no error.
    pub(crate) fn not_written(error: &io::Error) -> Self {
        let gone = error.kind() == io::ErrorKind::BrokenPipe;
        let code = if gone { ExitCode::Clean } else { ExitCode::CannotRun };
        let message = format!("could not write to standard output: {error}");
        Self { message, hint: None, code, quiet: gone }
    }

    /// A broken invariant of our own.
    pub(crate) fn bug(message: &str) -> Self {
        let message = format!("this is a bug in amorsize: {message}");
        let hint = Some("please report it with the command line and the text above".to_owned());
        Self { message, hint, code: ExitCode::Bug, quiet: false }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// The line that names what went wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The line that says what to do, if there is anything to do.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The code the program ends with.
    pub(crate) fn code(&self) -> ExitCode {
        self.code
    }

    /// Whether nothing is to be said: the reader of our output has gone, which is its good right.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::not_written(&error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::cannot(format!("{error:#}"))
    }
}

impl From<amorsize_os::Error> for Failure {
    fn from(error: amorsize_os::Error) -> Self {
        Self::cannot(format!("could not {error}"))
    }
}
