//! `amorsize lsp`: the audit in an editor.

use std::path::PathBuf;

use amorsize_finding::ExitCode;

use super::audit::usual;
use crate::context::Context;
use crate::failure::{Failure, Outcome};

/// Serve an editor over stdin and stdout: findings as diagnostics, patches as quick fixes
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Speak over stdin and stdout, as editors ask for; it is the only way there is
    #[arg(long)]
    stdio: bool,
}

/// Serves until the editor says good-bye.
pub(crate) fn run(_: &Args, context: &Context) -> Outcome {
    let look = usual(vec![PathBuf::from(".")], context)?;
    let (connection, threads) = amorsize_lsp::Connection::stdio();
    let served = amorsize_lsp::serve(&connection, look);
    // The threads end when nobody can send any more.
    drop(connection);
    served.map_err(|error| {
        Failure::cannot(error).hint("an editor starts this; `amorsize audit --watch` is for people")
    })?;
    threads.join()?;
    Ok(ExitCode::Clean)
}
