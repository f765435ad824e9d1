//! The one list of settings: name, type, environment variable, default and help.

use crate::units;

/// The type of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// A duration such as `7d`.
    Duration,
    /// A size such as `64MiB`.
    Size,
    /// A list of words.
    Words,
    /// A list of tables whose content the subcommand checks.
    Tables,
}

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its dotted name in the file.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: Kind,
    /// The environment variable that overrides it.
    pub(crate) env: Option<&'static str>,
    /// What holds when nobody sets it, for people.
    pub(crate) default: &'static str,
    /// What it is for.
    pub(crate) help: &'static str,
}

/// Every setting there is, by name.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "audit.api",
        kind: Kind::Tables,
        env: None,
        default: "none",
        help: "rows added to the auditor's vocabulary: which call is which effect",
    },
    Setting {
        name: "audit.exclude",
        kind: Kind::Words,
        env: None,
        default: "none",
        help: "patterns of paths the auditor leaves out",
    },
    Setting {
        name: "cache.max-size",
        kind: Kind::Size,
        env: Some("AMORSIZE_CACHE_MAX_SIZE"),
        default: "256MiB",
        help: "size of the embedded store above which the least used entries are evicted",
    },
    Setting {
        name: "cache.store",
        kind: Kind::Text,
        env: Some("AMORSIZE_STORE"),
        default: "sqlite: under the user's cache folder",
        help: "where results are kept: sqlite:PATH, postgres://…, redis://…, memory:",
    },
    Setting {
        name: "cache.ttl",
        kind: Kind::Duration,
        env: Some("AMORSIZE_CACHE_TTL"),
        default: "7d",
        help: "how long a result stays valid unless its writer says otherwise",
    },
];

impl Kind {
    /// Reads the text of an environment variable as a value of this type.
    pub(crate) fn parse(self, text: &str) -> Result<toml::Value, String> {
        let value = match self {
            Self::Text | Self::Duration | Self::Size => toml::Value::String(text.to_owned()),
            Self::Words => {
                let words = text.split(',').map(|word| toml::Value::String(word.trim().to_owned()));
                toml::Value::Array(words.collect())
            }
            Self::Tables => {
                return Err("a list of tables cannot be set from the environment".into());
            }
        };
        self.check(&value).map(|()| value)
    }

    /// Checks that a value is of this type.
    pub(crate) fn check(self, value: &toml::Value) -> Result<(), String> {
        let wants = |what: &str| Err(format!("{what} is wanted, not {}", value.type_str()));
        match (self, value) {
            (Self::Text, toml::Value::String(_)) => Ok(()),
            (Self::Duration, toml::Value::String(text)) => units::duration(text).map(drop),
            (Self::Size, toml::Value::String(text)) => units::bytes(text).map(drop),
            (Self::Words, toml::Value::Array(words)) if words.iter().all(toml::Value::is_str) => {
                Ok(())
            }
            (Self::Tables, toml::Value::Array(tables))
                if tables.iter().all(toml::Value::is_table) =>
            {
                Ok(())
            }
            (Self::Text, _) => wants("a text"),
            (Self::Duration, _) => wants("a duration in quotes, such as \"7d\","),
            (Self::Size, _) => wants("a size in quotes, such as \"64MiB\","),
            (Self::Words, _) => wants("a list of texts"),
            (Self::Tables, _) => wants("a list of tables"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_the_environment_is_checked_like_the_file() {
        assert!(SETTINGS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(Kind::Duration.parse("soon").is_err());
        assert!(Kind::Size.parse("lots").is_err());
        assert!(Kind::Words.parse("a, b").unwrap().is_array());
    }
}
