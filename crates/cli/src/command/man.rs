//! `amorsize man`: the manual pages, made from the definition of the command line itself.

use std::path::{Path, PathBuf};

use amorsize_finding::ExitCode;

use crate::context::Context;
use crate::failure::{Failure, Outcome};

/// Print the manual page, or write the pages of all subcommands into a folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write one page a subcommand into this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints or writes the pages.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let mut root = crate::app::definition();
    root.build();
    match &args.out {
        None => context.output.data(&page(&root)?)?,
        Some(folder) => write_all(&root, folder, context)?,
    }
    Ok(ExitCode::Clean)
}

fn write_all(command: &clap::Command, folder: &Path, context: &Context) -> Result<(), Failure> {
    amorsize_os::files::private_directory(folder)?;
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    for command in std::iter::once(command).chain(shown) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        context.output.file(&folder.join(format!("{name}.1")), page(command)?.as_bytes())?;
    }
    Ok(())
}

fn page(command: &clap::Command) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
