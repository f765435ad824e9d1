//! All gates of an experiment together.

use super::{python, seccomp, wire};
use crate::error::Result;
use crate::experiment::Experiment;
use crate::history::Tap;
use std::process::Command;
use std::sync::Arc;

/// Every gate an experiment needs.
#[derive(Debug)]
pub(crate) struct Gates {
    seccomp: Option<seccomp::Watches>,
    lines: Option<python::LineGate>,
    pub(crate) wire: Option<wire::WireGate>,
}

impl Gates {
    pub(crate) fn of(experiment: &Experiment) -> Result<Self> {
        Ok(Self {
            seccomp: seccomp::Watches::of(&experiment.on, &experiment.directory)?,
            lines: python::LineGate::of(&experiment.on, experiment.python_path.as_ref())?,
            wire: wire::WireGate::of(&experiment.on),
        })
    }

    /// Puts a party under every gate.
    pub(crate) fn attach(&self, command: &mut Command, tap: &Arc<Tap>) -> Result<()> {
        if let Some(watches) = &self.seccomp {
            seccomp::attach(watches, command, Arc::clone(tap))?;
        }
        if let Some(lines) = &self.lines {
            lines.attach(command, tap)?;
        }
        Ok(())
    }
}
