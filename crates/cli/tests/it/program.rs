//! Running the program in a private home.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A private home: a folder to be in, and the cache folder below it.
pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
}

/// What a run said and how it ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A copy of the program in this home, for users who may not go where it was built.
    pub(crate) fn copied_program(&self) -> PathBuf {
        let to = self.path().join("amorsize");
        // Not copied by this process: what another test is just starting would still hold it open for writing.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_amorsize")).arg(&to).status();
        assert!(copied.unwrap().success());
        to
    }

    /// The program, ready to run here with an environment of its own.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amorsize"));
        command.args(words).current_dir(self.path()).env_clear();
        command.env("HOME", self.path()).env("XDG_CACHE_HOME", self.path().join("cache"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        Ran::from(self.command(words).output().unwrap())
    }

    /// Runs a line of the shell here.
    pub(crate) fn shell(&self, line: &str) -> Ran {
        let command = self.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(self.path()).stdin(Stdio::null()).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Ran::from(shell.output().unwrap())
    }

    /// Runs and wants exit code 0.
    pub(crate) fn good(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "amorsize {words:?}\n{}\n{}", ran.out, ran.err);
        ran.out
    }

    pub(crate) fn json(&self, words: &[&str]) -> serde_json::Value {
        let ran = self.run(&[words, &["--format", "json"]].concat());
        serde_json::from_str(&ran.out)
            .unwrap_or_else(|error| panic!("{words:?}: {error}\n{}\n{}", ran.out, ran.err))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Wants one clear error with these words in it, and nothing on stdout.
    pub(crate) fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in:\n{}", self.err);
        }
        let errors = self.err.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, 1, "one error is wanted:\n{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }
}
