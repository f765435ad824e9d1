//! The command line as a whole: parse, load settings, hand over to one subcommand, turn its answer into an
//! exit code. A panic anywhere is a bug of ours and says so (exit 70).

use std::ffi::{OsStr, OsString};

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
pub(crate) fn main() -> ExitCode {
    report_bugs_as_such();
    let words = with_help_first(std::env::args_os().collect());
    let color = color_of(&words);
    let matches = match definition().color(color).try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return show_usage(&error),
    };
    let app = match App::from_arg_matches(&matches) {
        Ok(app) => app,
        Err(error) => return show_usage(&error),
    };
    let environment = Environment::read();
    match Context::new(environment, app.color, app.config.as_deref()) {
        Ok(mut context) => {
            let outcome = match app.command {
                Some(command) => command::dispatch(command, &mut context),
                None => command::welcome::run(&mut context),
            };
            outcome.unwrap_or_else(|failure| context.output.failure(&failure))
        }
        Err(failure) => crate::output::Output::plain().failure(&failure),
    }
}

/// `amorsize help run` is `amorsize run --help`.
fn with_help_first(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.get(1).is_some_and(|word| word == "help") {
        words.remove(1);
        words.push("--help".into());
    }
    words
}

/// The colour of what is said before the words are understood.
fn color_of(words: &[OsString]) -> clap::ColorChoice {
    let options = words.iter().take_while(|word| *word != "--" && *word != ":::");
    let mut value = None;
    let mut is_next = false;
    for word in options {
        if is_next {
            value = Some(word.as_os_str());
        } else if let Some(given) = word.to_str().and_then(|word| word.strip_prefix("--color=")) {
            value = Some(OsStr::new(given));
        }
        is_next = word == "--color";
    }
    match value.and_then(OsStr::to_str) {
        Some("never") => clap::ColorChoice::Never,
        Some("always") => clap::ColorChoice::Always,
        _ => clap::ColorChoice::Auto,
    }
}

fn show_usage(error: &clap::Error) -> ExitCode {
    // Help and version are answers, not errors; a closed pipe while printing them changes nothing.
    drop(error.print());
    let wanted = !error.use_stderr();
    if wanted { ExitCode::Clean } else { ExitCode::CannotRun }
}

#[expect(
    clippy::exit,
    reason = "a bug ends the program with its own code, from whatever thread it is in"
)]
fn report_bugs_as_such() {
    std::panic::set_hook(Box::new(|info| {
        if amorsize_audit::is_caught(info) {
            return;
        }
        let failure = Failure::bug(&info.to_string());
        let code = crate::output::Output::plain().failure(&failure);
        std::process::exit(i32::from(code.code()));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn help_may_come_first_and_an_item_of_that_name_is_an_item() {
        assert_eq!(
            with_help_first(words("amorsize help cache get")),
            words("amorsize cache get --help")
        );
        assert_eq!(with_help_first(words("amorsize help")), words("amorsize --help"));
        assert_eq!(with_help_first(words("amorsize run help")), words("amorsize run help"));
    }

    #[test]
    fn colour_is_known_before_the_words_are_understood() {
        assert_eq!(color_of(&words("amorsize --color never cahe")), clap::ColorChoice::Never);
        assert_eq!(color_of(&words("amorsize cahe --color=always")), clap::ColorChoice::Always);
        assert_eq!(color_of(&words("amorsize run x ::: --color never")), clap::ColorChoice::Auto);
    }
}
