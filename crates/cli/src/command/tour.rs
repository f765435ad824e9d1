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

const COMPRESS: &str = "gzip -9 -k -f {}";

const STEPS: &[Step] = &[
    Step {
        title: "Does it pay? Compress forty logs, as many at once as pay, and say why",
        commands: &[&["plan", "-a", "items", COMPRESS], &["run", "-a", "items", COMPRESS]],
    },
    Step {
        title: "The second time the answer comes from the cache on disk",
        commands: &[&["plan", "-a", "items", COMPRESS], &["cache", "list", "--namespace", "plan"]],
    },
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
    Step {
        title: "Is it safe? Read a small cache in Python and one in Go, and show the schedule that breaks each",
        commands: &[&["audit", "racy"]],
    },
    Step {
        title: "See it happen: hold a reader between its check and its read while a cleaner runs",
        commands: &[&[
            "prove",
            "--setup",
            "echo 42 > cache/k.json",
            "--a",
            "sh load.sh",
            "--b",
            "rm -f cache/k.json",
            "--on",
            "cache/*.json",
        ]],
    },
];

/// The reader of the last step: it looks whether the file is there, and then opens it.
const LOAD: &str = "if [ -e cache/k.json ]; then cat cache/k.json; else echo not found; fi\n";

const RACY: [(&str, &str); 2] = [
    ("result_cache.py", include_str!("../../../../examples/racy/result_cache.py")),
    ("sessions.go", include_str!("../../../../examples/racy/sessions.go")),
];

/// Fills the folder with what the steps work on.
fn prepare(folder: &Path, context: &Context) -> Result<(), Failure> {
    for inner in ["logs", "cache", "racy"] {
        amorsize_os::files::private_directory(&folder.join(inner))?;
    }
    let mut items = String::new();
    for number in 0..40_u64 {
        let name = format!("logs/{number:02}.log");
        context.output.file(&folder.join(&name), log(number).as_bytes())?;
        items.push_str(&name);
        items.push('\n');
    }
    context.output.file(&folder.join("items"), items.as_bytes())?;
    context.output.file(&folder.join("load.sh"), LOAD.as_bytes())?;
    for (name, text) in RACY {
        context.output.file(&folder.join("racy").join(name), text.as_bytes())?;
    }
    Ok(())
}

/// A log of some hundred kilobytes, the same at every tour.
fn log(number: u64) -> String {
    let mut state = number + 1;
    let lines = (0..6000).map(|line| {
        // Knuth's generator is enough to give gzip something to chew on.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{line:06} request {:08x} took {} us\n", state >> 32, (state >> 40) % 9000)
    });
    lines.collect()
}

/// Walks through the steps.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let watch = Stopwatch::start();
    let folder = Folder::new(context)?;
    prepare(&folder.path, context)?;
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
    command.env("XDG_CACHE_HOME", folder.join("home")).env_remove("AMORSIZE_STORE");
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
