//! The command line as a whole: parse, load settings, hand over to one subcommand, turn its answer into an
//! exit code. A panic anywhere is a bug of ours and says so (exit 70).

use std::process::ExitCode as ProcessCode;

use amorsize_finding::ExitCode;
use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::command::{self, Command};
use crate::context::{Context, Environment};
use crate::failure::Failure;
use crate::output::ColorChoice;

/// Does it pay to run this in parallel? Is it safe? And a cache whose misses never lie.
#[derive(Debug, Parser)]
#[command(
    name = "amorsize",
    version,
    max_term_width = 110,
    after_help = "Exit codes: 0 whole and clean · 1 findings or failed items · 2 usage, configuration, cannot run · \
                  3 incomplete · 70 a bug of ours · 130 interrupted",
    disable_help_subcommand = true
)]
pub(crate) struct App {
    /// Colour: auto (a terminal and no NO_COLOR), always, never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    color: ColorChoice,

    /// Read settings from this file instead of the amorsize.toml found upwards
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<std::path::PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

/// The definition of the whole command line, for completions, man pages and the reference.
pub(crate) fn definition() -> clap::Command {
    App::command()
}

/// Runs the program.
pub(crate) fn main() -> ProcessCode {
    report_bugs_as_such();
    let matches = match definition().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return show_usage(&error),
    };
    let app = match App::from_arg_matches(&matches) {
        Ok(app) => app,
        Err(error) => return show_usage(&error),
    };
    let environment = Environment::read();
    let code = match Context::new(environment, app.color, app.config.as_deref()) {
        Ok(mut context) => {
            let outcome = match app.command {
                Some(command) => command::dispatch(command, &mut context),
                None => command::welcome::run(&mut context),
            };
            outcome.unwrap_or_else(|failure| context.output.failure(&failure))
        }
        Err(failure) => crate::output::Output::plain().failure(&failure),
    };
    ProcessCode::from(code)
}

fn show_usage(error: &clap::Error) -> ProcessCode {
    // Help and version are answers, not errors; a closed pipe while printing them changes nothing.
    drop(error.print());
    let wanted = !error.use_stderr();
    ProcessCode::from(if wanted { ExitCode::Clean } else { ExitCode::CannotRun })
}

#[expect(
    clippy::exit,
    reason = "a bug ends the program with its own code, from whatever thread it is in"
)]
fn report_bugs_as_such() {
    std::panic::set_hook(Box::new(|info| {
        let failure = Failure::bug(&info.to_string());
        let code = crate::output::Output::plain().failure(&failure);
        std::process::exit(i32::from(code.code()));
    }));
}
