//! What every subcommand is given: the environment, read once, the settings and the door for output.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::output::{ColorChoice, Output};
use crate::settings::Settings;

/// The environment as it was when the program started. Nobody else reads it.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    /// The folder the program was started in.
    pub(crate) current_directory: PathBuf,
}

impl Environment {
    /// Reads variables and folder, once.
    pub(crate) fn read() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        // A folder that was removed under us is still a place to start from: relative paths will say so.
        let current_directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        Self { variables, current_directory }
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The folder for caches of this user: `XDG_CACHE_HOME` or `~/.cache`, with `amorsize` below it.
    pub(crate) fn cache_directory(&self) -> Option<PathBuf> {
        // The standard wants relative values ignored.
        let base = self.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let base = base.or_else(|| Some(Path::new(self.get("HOME")?).join(".cache")))?;
        Some(base.join("amorsize"))
    }
}

/// Everything a subcommand works with.
#[derive(Debug)]
pub(crate) struct Context {
    /// The environment, read once.
    pub(crate) environment: Environment,
    /// Settings from files and environment, with their origins.
    pub(crate) settings: Settings,
    /// The door for output.
    pub(crate) output: Output,
}

impl Context {
    /// Loads the settings and decides about colour.
    pub(crate) fn new(
        environment: Environment,
        color: ColorChoice,
        config: Option<&Path>,
    ) -> Result<Self, Failure> {
        let output = Output::new(color, environment.get("NO_COLOR").is_some());
        let settings = Settings::load(&environment, config)?;
        Ok(Self { environment, settings, output })
    }
}
