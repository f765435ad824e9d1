//! `amorsize completions`: the script that teaches a shell our words.

use amorsize_finding::ExitCode;
use clap_complete::Shell;

use crate::context::Context;
use crate::failure::Outcome;

/// Print the completion script of a shell
///
/// For bash: amorsize completions bash > ~/.local/share/bash-completion/completions/amorsize
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell to write for
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::app::definition(), "amorsize", &mut script);
    context.output.data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Clean)
}
