//! What the process says when it ends.

use serde::{Deserialize, Serialize};

/// The exit codes of every subcommand. Scripts may rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum ExitCode {
    /// Everything asked for was looked at, and nothing was found.
    Clean = 0,
    /// Findings at or above the threshold, failed items, or a regression.
    Findings = 1,
    /// Wrong usage or configuration, or it cannot run at all.
    CannotRun = 2,
    /// Something asked for was not looked at; nothing was found in the rest.
    Incomplete = 3,
    /// A fault of this program.
    Bug = 70,
    /// Stopped by the user.
    Interrupted = 130,
}

impl ExitCode {
    /// The number the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Every code with its meaning, for help texts.
    pub const TABLE: &'static [(Self, &'static str)] = &[
        (Self::Clean, "everything asked for was looked at, nothing found"),
        (Self::Findings, "findings at or above --fail-on, failed items, or a regression"),
        (Self::CannotRun, "wrong usage or configuration, or it cannot run"),
        (Self::Incomplete, "something asked for was not looked at, nothing found in the rest"),
        (Self::Bug, "a fault of this program"),
        (Self::Interrupted, "stopped by the user"),
    ];
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}
