//! What stays the same about a finding when the lines around it move.

use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

/// A stable identity: 32 hexadecimal digits over rule, path, function, store and key; no line.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Hashes the parts; each is framed by its length, so that no two lists of parts collide by joining.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut hasher = Xxh3::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(format!("{:032x}", hasher.digest128()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<String> for Fingerprint {
    /// Takes digits that were written before (a baseline, another report).
    fn from(digits: String) -> Self {
        Self(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_keeps_joined_parts_apart() {
        assert_ne!(Fingerprint::of(&["ab", "c"]), Fingerprint::of(&["a", "bc"]));
        assert_ne!(Fingerprint::of(&["ab", ""]), Fingerprint::of(&["ab"]));
    }

    #[test]
    fn digits_never_change_between_releases() {
        assert_eq!(
            Fingerprint::of(&["CTA101", "a.py", "f", "self.m", "k"]).as_str(),
            "bfff365c3c5306960f75f7ef2f464d2a"
        );
    }
}
