//! What a rule says about itself.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::words::words;

/// A stable rule number, written `CTA101`. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(u16);

/// Text that is not a rule id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleIdError(String);

impl fmt::Display for RuleIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a rule id, expected CTA and three digits", self.0)
    }
}

impl std::error::Error for RuleIdError {}

impl RuleId {
    /// The rule with this number.
    ///
    /// # Panics
    /// When the number has not exactly three digits; rule tables are constants, so this is met while compiling.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        assert!(number >= 100 && number <= 999, "a rule id has three digits");
        Self(number)
    }

    /// The number alone.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The family its hundreds belong to, if there is such a family.
    #[must_use]
    pub const fn family(self) -> Option<Family> {
        match self.0 / 100 {
            1 => Some(Family::Schedule),
            2 => Some(Family::Coin),
            3 => Some(Family::Mask),
            _ => None,
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("CTA{}", self.0))
    }
}

impl FromStr for RuleId {
    type Err = RuleIdError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        given
            .strip_prefix("CTA")
            .filter(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .filter(|number| *number >= 100)
            .map(Self)
            .ok_or_else(|| RuleIdError(given.to_owned()))
    }
}

impl Serialize for RuleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RuleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Cow::<'de, str>::deserialize(deserializer)?;
        given.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for RuleId {
    fn schema_name() -> Cow<'static, str> {
        "RuleId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A stable rule id. Never reused.",
            "type": "string",
            "pattern": "^CTA[1-9][0-9]{2}$"
        })
    }
}

/// What the answer wrongly depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// On the schedule.
    Schedule,
    /// On whether maintenance happened to run.
    Coin,
    /// On an error that was swallowed.
    Mask,
}
words!(Family { Schedule => "schedule", Coin => "coin", Mask => "mask" });

/// A rule as reports and editors show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rule {
    /// `CTA101`.
    pub id: RuleId,
    /// Short name: `check-set`.
    pub name: Cow<'static, str>,
    /// The family.
    pub family: Family,
    /// One line without a full stop.
    pub title: Cow<'static, str>,
    /// What it means and what to do, in Markdown.
    pub help: Cow<'static, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_nothing_else_parses() {
        let id: RuleId = "CTA140".parse().unwrap();
        assert_eq!(id, RuleId::new(140));
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"CTA140\"");
        assert_eq!(serde_json::from_str::<RuleId>("\"CTA140\"").unwrap(), id);
        for bad in ["", "CTA", "CTA14", "CTA1400", "cta140", "CTA+14", "CTA099", " CTA140"] {
            assert!(bad.parse::<RuleId>().is_err(), "{bad:?} parsed");
        }
    }
}
