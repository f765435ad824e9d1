//! `amorsize report`: show a kept report in another format, or compare two.

use std::path::PathBuf;

use amorsize_finding::ExitCode;
use amorsize_report::diff::diff;

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::reports::{self, ReportArgs};

/// Show a kept report in another format, or compare two
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show a report that was kept as JSON in any format
    Show {
        /// The report; - for stdin
        report: PathBuf,
        #[command(flatten)]
        to: ReportArgs,
    },
    /// Compare two reports: new, gone, moved, unchanged, each with its reason
    #[command(after_help = "Exit codes: 0 nothing new · 1 something is new · 2 cannot run · \
                            3 nothing new, but not everything was looked at")]
    Diff {
        /// The report from before
        old: PathBuf,
        /// The report from now; - for stdin
        new: PathBuf,
        /// How to write the comparison
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: DiffFormat,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DiffFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a comment on a change
    Md,
}

/// Shows or compares.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    match args.action {
        Action::Show { report, to } => {
            reports::write(&reports::read(&report)?, &to, context)?;
            Ok(ExitCode::Clean)
        }
        Action::Diff { old, new, format } => {
            if old.as_os_str() == "-" && new.as_os_str() == "-" {
                return Err(Failure::cannot("only one of the two reports can come from stdin"));
            }
            let diff = diff(&reports::read(&old)?, &reports::read(&new)?);
            context.output.data(&match format {
                DiffFormat::Text => diff.text(),
                DiffFormat::Json => diff.json(),
                DiffFormat::Md => diff.markdown(),
            })?;
            Ok(diff.exit_code())
        }
    }
}
