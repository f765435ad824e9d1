//! `amorsize doctor`: the machine as it really is, what limits it, and whether the store is well.

use amorsize_finding::ExitCode;
use serde_json::json;

use crate::context::Context;
use crate::failure::Outcome;
use crate::output::Format;

/// Show the machine as it was read, what limits it, and the health of the cache
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Prints what was found.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let host = amorsize_os::process::host_name();
    match args.format {
        Format::Json => context.output.json(&json!({
            "schema": "amorsize-doctor/1", "host": host, "cores": cores,
        }))?,
        Format::Text => {
            context.output.line(format!("host   {host}"))?;
            context.output.line(format!("cores  {cores} to use"))?;
        }
    }
    Ok(ExitCode::Clean)
}
