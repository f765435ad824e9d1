//! Running on a cluster: the options of `--on`, and those of an agent.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use amorsize_os::machine::Machine;
use amorsize_run::engine::Options;
use amorsize_run::engine::slurm::{Order, SlurmOptions};
use amorsize_run::halt::Halt;
use amorsize_run::item::Item;
use amorsize_run::limits;
use amorsize_run::template::Template;
use amorsize_sizing::{Chunking, Limits, Rules};

use super::args::{BATCH_MOST, Prepared, WorkArgs, find};
use super::told::failure_of;
use crate::context::Context;
use crate::failure::Failure;

/// Where the items are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Place {
    /// This machine
    Here,
    /// A cluster that Slurm runs: arrays of agents that take ranges of the items
    Slurm,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ClusterArgs {
    /// Where to run the items
    #[arg(long, value_name = "WHERE", default_value = "here", hide_default_value = true)]
    on: Place,

    /// With --on slurm: further options for sbatch, such as '-p long --time=1:00:00 --mem=2G'
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    sbatch: Option<String>,

    /// With --on slurm: make the folder that agents share in DIR instead of here
    #[arg(long, value_name = "DIR")]
    slurm_dir: Option<PathBuf>,
}

impl ClusterArgs {
    /// What to ask of the cluster; `None` when the items are run here.
    pub(crate) fn of(
        &self,
        work: &WorkArgs,
        prepared: &Prepared,
        context: &Context,
    ) -> Result<Option<SlurmOptions>, Failure> {
        if self.on == Place::Here {
            if self.sbatch.is_some() || self.slurm_dir.is_some() {
                return Err(Failure::cannot(
                    "--sbatch and --slurm-dir say how to run on a cluster",
                )
                .hint("add --on slurm"));
            }
            return Ok(None);
        }
        let options = &prepared.options;
        if options.ungroup || options.memory_free.is_some() {
            return Err(Failure::cannot(
                "--ungroup and --memfree cannot be joined with --on slurm",
            )
            .hint("outputs come back whole, and memory is what --sbatch '--mem=…' asks for"));
        }
        let program = std::env::current_exe()
            .map_err(|error| Failure::cannot(format!("could not find this program: {error}")))?;
        let here = &context.environment.current_directory;
        let words = self.sbatch.as_deref().unwrap_or_default();
        Ok(Some(SlurmOptions {
            folder: here
                .join(self.slurm_dir.clone().unwrap_or_default())
                .join(name(prepared, here)),
            program,
            sbatch: words.split_whitespace().map(OsString::from).collect(),
            agents: options.rules.workers_fixed,
            words: work.words(),
            style: work.style(),
        }))
    }
}

/// The name of the shared folder: with a journal always the same one, so that a run that goes on finds it.
fn name(prepared: &Prepared, here: &std::path::Path) -> String {
    let journal = prepared.options.journal.as_ref().map(|journal| here.join(&journal.path));
    match journal {
        Some(path) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let sum = Item::new(1, path.as_os_str().as_bytes().to_vec()).key();
            format!(".amorsize-slurm-{name}-{sum:032x}")
        }
        None => {
            let this = amorsize_os::process::Identity::of_this_process();
            format!(".amorsize-slurm-{}-{}", this.pid, this.started)
        }
    }
}

/// The options an agent runs its ranges with.
pub(crate) fn agent_options(
    order: &Order,
    cpus: u32,
    context: &Context,
) -> Result<Options, Failure> {
    let template =
        Template::parse(&order.words(), order.style()).map_err(|error| failure_of(&error))?;
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin"));
    let program = find(&template, &path, order.style().shell)?;
    let limits = limits::of(&Machine::read(), limits::WORKERS_CAP, order.memory_per_job);
    let limits = Limits { cpus: f64::from(cpus.max(1)).min(limits.cpus), ..limits };
    let chunking = match order.items_per_process {
        Some(items) => Chunking::Fixed(items),
        None => Chunking::Adaptive { most: BATCH_MOST },
    };
    Ok(Options {
        template,
        program,
        path,
        rules: Rules {
            limits,
            workers_fixed: order.one_at_a_time.then_some(1),
            workers_hint: None,
            chunking,
            chunk_hint: None,
            overhead_ns_hint: None,
        },
        keep_order: false,
        ungroup: false,
        tag: false,
        retries: order.retries,
        timeout: order.timeout(),
        halt: Halt::Never,
        memory_per_job: order.memory_per_job,
        memory_free: None,
        journal: None,
        results: None,
        log: None,
        joblog: None,
        scratch: PathBuf::from(context.environment.get("TMPDIR").unwrap_or("/tmp")),
        sampling: None,
    })
}
