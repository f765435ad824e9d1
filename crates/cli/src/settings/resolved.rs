//! The settings of one run: each value with the place it came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::context::Environment;
use crate::failure::Failure;

use super::file;
use super::table::SETTINGS;

/// Where the value of a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody set it.
    Default,
    /// A settings file, at a line.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => write!(f, "default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "${name}"),
        }
    }
}

/// The settings of this run.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: BTreeMap<&'static str, (toml::Value, Origin)>,
}

impl Settings {
    /// Loads the named file, or the nearest one upwards, and the environment over it.
    pub(crate) fn load(environment: &Environment, named: Option<&Path>) -> Result<Self, Failure> {
        let mut settings = Self::default();
        let found = match named {
            Some(path) => Some(file::read_named(path)?),
            None => file::nearest(&environment.current_directory)?,
        };
        if let Some(found) = found {
            settings.values = file::with_bases(found)?;
        }
        for setting in SETTINGS {
            let Some(name) = setting.env else { continue };
            let Some(text) = environment.get(name) else { continue };
            let value = setting
                .kind
                .parse(text)
                .map_err(|why| Failure::cannot(format!("${name}: {why}")).hint(setting.help))?;
            settings.values.insert(setting.name, (value, Origin::Environment(name)));
        }
        Ok(settings)
    }

    /// The value of a setting, as it was set by somebody.
    pub(crate) fn value(&self, name: &str) -> Option<&toml::Value> {
        debug_assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is a row");
        self.values.get(name).map(|(value, _)| value)
    }

    /// The text of a setting.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.as_str()
    }

    /// Where a setting came from.
    pub(crate) fn origin(&self, name: &str) -> Origin {
        self.values.get(name).map_or(Origin::Default, |(_, origin)| origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(dir: &Path) -> Result<Settings, Failure> {
        let mut environment = Environment::read();
        environment.current_directory = dir.to_path_buf();
        Settings::load(&environment, None)
    }

    #[test]
    fn the_nearest_file_wins_and_extends_its_base() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let base = "[cache]\nttl = \"1d\"\nmax-size = \"1GiB\"\n";
        std::fs::write(dir.path().join("base.toml"), base).unwrap();
        let near = "extend = \"../base.toml\"\n[cache]\nttl = \"2d\"\n";
        std::fs::write(dir.path().join("a/amorsize.toml"), near).unwrap();
        let settings = load(&inner).unwrap();
        assert_eq!(settings.text("cache.ttl"), Some("2d"));
        assert_eq!(settings.text("cache.max-size"), Some("1GiB"));
        assert_eq!(
            settings.origin("cache.max-size"),
            Origin::File(dir.path().join("a/../base.toml"), 3)
        );
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_key() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("amorsize.toml"), "[cache]\n\nttll = \"1d\"\n").unwrap();
        let failure = load(dir.path()).unwrap_err();
        assert!(failure.message().contains("amorsize.toml:3"), "{}", failure.message());
        assert!(failure.hint_text().unwrap().contains("cache.ttl"));
    }

    #[test]
    fn a_value_of_the_wrong_type_and_a_loop_of_bases_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("amorsize.toml");
        std::fs::write(&path, "[cache]\nttl = \"soon\"\n").unwrap();
        assert!(load(dir.path()).unwrap_err().message().contains("cache.ttl"));
        std::fs::write(&path, "extend = \"amorsize.toml\"\n").unwrap();
        assert!(load(dir.path()).unwrap_err().message().contains("extend"));
        std::fs::write(&path, "[cache\n").unwrap();
        assert!(load(dir.path()).unwrap_err().message().contains("amorsize.toml"));
    }

    #[test]
    fn a_pyproject_counts_only_with_its_own_table() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pyproject.toml");
        std::fs::write(&path, "[project]\nname = \"x\"\n").unwrap();
        assert_eq!(load(dir.path()).unwrap().text("cache.ttl"), None);
        std::fs::write(&path, "[tool.amorsize.cache]\nttl = \"3d\"\n").unwrap();
        assert_eq!(load(dir.path()).unwrap().text("cache.ttl"), Some("3d"));
    }
}
