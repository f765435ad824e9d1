//! `amorsize tour`: the main jobs, shown on a real folder with the real program.
//!
//! Every step is a command of this very binary, printed as a user would type it and run in a private folder with a
//! private store; nothing of the user's is read or written, and the folder goes when the tour ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use amorsize_finding::ExitCode;
use amorsize_os::clock::Stopwatch;

use crate::context::Context;
use crate::failure::{Failure, Outcome};

/// See the main jobs at work, in under a minute, in a private folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep the folder, to look around in it afterwards
    #[arg(long)]
    keep: bool,
}

/// One stop of the tour: what is to be seen, and the commands that show it.
struct Step {
    title: &'static str,
    commands: &'static [&'static [&'static str]],
}

const STEPS: &[Step] = &[
    Step {
        title: "A cache whose misses never lie: store a result for half a second, and find it",
        commands: &[
            &["cache", "put", "report", "42", "--ttl", "500ms"],
            &["cache", "get", "report"],
        ],
    },
    Step {
        title: "It expires, and another process cleans it away. The reason is still the true one",
        commands: &[
            &["pause", "600ms"],
            &["cache", "prune"],
            &["cache", "get", "report"],
            &["cache", "why", "report"],
        ],
    },
    Step {
        title: "What was never stored says so, and that is proven",
        commands: &[&["cache", "get", "another"]],
    },
];

/// Walks through the steps.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let watch = Stopwatch::start();
    let folder = Folder::new(context)?;
    for (number, step) in STEPS.iter().enumerate() {
        let title = format!("\n{}. {}", number + 1, step.title);
        context.output.line(context.output.bold(&title))?;
        for command in step.commands {
            if let ["pause", span] = command {
                let span = crate::units::duration(span).unwrap_or(Duration::ZERO);
                context
                    .output
                    .line(format!("   (waiting {})", crate::units::show_duration(span)))?;
                std::thread::sleep(span);
                continue;
            }
            show(command, &folder.path, context)?;
        }
    }
    let took = crate::units::show_duration(watch.elapsed());
    context
        .output
        .line(format!("\nThat was the tour, in {took}. `amorsize --help` has the rest."))?;
    if args.keep {
        context.output.line(format!("The folder is {}", folder.keep().display()))?;
    }
    Ok(ExitCode::Clean)
}

/// Runs one command of this program and shows what it said, indented.
fn show(words: &[&str], folder: &Path, context: &Context) -> Result<(), Failure> {
    context.output.line(format!("   $ amorsize {}", quoted(words)))?;
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).stdin(Stdio::null());
    command.env("XDG_CACHE_HOME", folder.join("cache")).env_remove("AMORSIZE_STORE");
    let output = command.output()?;
    let code = output.status.code();
    // A finding or a miss is what some steps are there to show; what cannot run at all is a fault of the tour.
    if !matches!(code, Some(0 | 1 | 3)) {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::bug(&format!("`amorsize {}`: {said}", quoted(words))));
    }
    for bytes in [&output.stdout, &output.stderr] {
        for line in String::from_utf8_lossy(bytes).lines() {
            context.output.line(format!("     {line}"))?;
        }
    }
    Ok(())
}

fn quoted(words: &[&str]) -> String {
    let quote = |word: &&str| match word.contains(|c: char| c.is_whitespace() || "{}*".contains(c))
    {
        true => format!("'{word}'"),
        false => (*word).to_owned(),
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// A private folder that goes when the tour ends, unless it is kept.
struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    fn new(context: &Context) -> Result<Self, Failure> {
        let base = context.environment.get("TMPDIR").map_or_else(|| "/tmp".into(), PathBuf::from);
        let me = amorsize_os::process::Identity::of_this_process();
        let path = base.join(format!("amorsize-tour-{}-{}", me.pid, me.started));
        amorsize_os::files::private_directory(&path)?;
        Ok(Self { path, kept: false })
    }

    fn keep(mut self) -> PathBuf {
        self.kept = true;
        self.path.clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            // Private by its name; what cannot be removed is left to the system's own clean-up.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}
