//! `amorsize slurm-agent`: what a task of a job array runs. Started by `amorsize run --on slurm`, not by people.

use std::path::PathBuf;

use amorsize_finding::ExitCode;
use amorsize_run::engine::slurm;

use crate::context::Context;
use crate::failure::Outcome;
use crate::work::{agent_options, failure_of};

/// Take work from the folder of a run on a cluster (started by `run --on slurm`)
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {
    /// The folder of the run
    folder: PathBuf,

    /// The name of this agent
    name: String,

    /// The CPUs it was given
    cpus: u32,
}

/// Runs it.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let order = slurm::Order::read(&args.folder).map_err(|error| failure_of(&error))?;
    let options = agent_options(&order, args.cpus, context)?;
    slurm::agent(&args.folder, &args.name, options).map_err(|error| failure_of(&error))?;
    Ok(ExitCode::Clean)
}
