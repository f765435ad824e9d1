//! The subcommands, one file each. Adding one: a file with `Args` and `run`, a variant of [`Command`], a line in
//! [`dispatch`].

mod audit;
mod bench;
pub(crate) mod cache;
mod completions;
mod config;
mod doctor;
mod explain;
mod flake;
mod lsp;
mod man;
mod plan;
mod prove;
mod report;
mod run;
mod schema;
mod slurm_agent;
mod tour;
pub(crate) mod welcome;

use crate::context::Context;
use crate::failure::Outcome;

/// What `amorsize` can be asked to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Run(run::Args),
    Plan(plan::Args),
    Bench(bench::Args),
    Tour(tour::Args),
    Cache(cache::Args),
    Audit(Box<audit::Args>),
    Explain(explain::Args),
    Doctor(doctor::Args),
    Lsp(lsp::Args),
    Config(config::Args),
    Completions(completions::Args),
    Man(man::Args),
    Report(report::Args),
    Schema(schema::Args),
    Prove(Box<prove::Args>),
    Flake(flake::Args),
    SlurmAgent(slurm_agent::Args),
}

/// Hands over to the subcommand.
pub(crate) fn dispatch(command: Command, context: &mut Context) -> Outcome {
    match command {
        Command::Run(args) => run::run(&args, context),
        Command::Plan(args) => plan::run(&args, context),
        Command::Bench(args) => bench::run(&args, context),
        Command::Tour(args) => tour::run(&args, context),
        Command::Cache(args) => cache::run(args, context),
        Command::Audit(args) => audit::run(&args, context),
        Command::Explain(args) => explain::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Lsp(args) => lsp::run(&args, context),
        Command::Config(args) => config::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
        Command::Report(args) => report::run(args, context),
        Command::Schema(args) => schema::run(&args, context),
        Command::Prove(args) => prove::run(&args, context),
        Command::Flake(args) => flake::run(&args, context),
        Command::SlurmAgent(args) => slurm_agent::run(&args, context),
    }
}
