//! The machine an entry was computed on, as named fields.
//!
//! A fingerprint is content-addressed: the entry carries its [`SideId`], the field list lives once in the store's
//! side table. At look-up the stored fields are compared with the wanted ones, each with the *wanted* tolerance, and
//! what changed is named. It is never part of the key and never a ground for pruning: the entry may still be good
//! for another machine.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::key::Hasher;

/// The address of a text in the side table: a fingerprint's fields, or the name of whoever ended an entry.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SideId(pub u128);

impl SideId {
    /// No text.
    pub const NONE: Self = Self(0);

    /// The address of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hash = Hasher::new("side");
        hash.field(text.as_bytes());
        Self(u128::from_le_bytes(hash.take()))
    }

    /// The address of the name of a process, which has to fit in 64 bits.
    #[must_use]
    pub fn short(text: &str) -> Self {
        let wide = Self::of(text).0;
        Self(wide & u128::from(u64::MAX) | 1)
    }

    /// The address of the name of whoever stores values, which has to fit in 32 bits: there are few such names.
    #[must_use]
    pub fn brief(text: &str) -> Self {
        Self(Self::of(text).0 & u128::from(u32::MAX) | 1)
    }

    /// Whether this is [`SideId::NONE`].
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// A text of the side table with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Where it is found.
    pub id: SideId,
    /// What it says.
    pub text: String,
}

/// How far a field may differ before an entry counts as made on another machine.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// Any difference counts.
    #[default]
    Exact,
    /// Numbers may differ by this fraction of the smaller one (0.1 is ten per cent); texts must be the same.
    Ratio(f64),
    /// It is kept for people and never compared.
    Ignored,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<f64> for FieldValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for FieldValue {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    value: FieldValue,
    #[serde(default)]
    tolerance: Tolerance,
}

/// Named facts about the machine, each with its tolerance.
///
/// ```
/// use amorsize_cache::{Fingerprint, Tolerance};
///
/// let then = Fingerprint::new().exact("cores", 8_u32).field("memory_gib", 31.2, Tolerance::Ratio(0.1));
/// let now = Fingerprint::new().exact("cores", 4_u32).field("memory_gib", 30.9, Tolerance::Ratio(0.1));
/// let changes = now.changes_since(&then);
/// assert_eq!(changes.len(), 1);
/// assert_eq!(changes[0].to_string(), "cores 8 -> 4");
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, Field>", into = "BTreeMap<String, Field>")]
pub struct Fingerprint {
    fields: BTreeMap<String, Field>,
    /// Kept beside the fields, because every look-up compares it.
    id: SideId,
}

impl From<BTreeMap<String, Field>> for Fingerprint {
    fn from(fields: BTreeMap<String, Field>) -> Self {
        let id = address(&fields);
        Self { fields, id }
    }
}

impl From<Fingerprint> for BTreeMap<String, Field> {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.fields
    }
}

impl Fingerprint {
    /// A fingerprint without fields, which fits every machine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field that must be the same.
    #[must_use]
    pub fn exact(self, name: &str, value: impl Into<FieldValue>) -> Self {
        self.field(name, value, Tolerance::Exact)
    }

    /// Adds a field with a tolerance; a second value for the same name replaces the first.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<FieldValue>, tolerance: Tolerance) -> Self {
        self.fields.insert(name.to_owned(), Field { value: value.into(), tolerance });
        Self::from(self.fields)
    }

    /// Its address: over the names and values of all fields that are ever compared.
    #[must_use]
    pub const fn id(&self) -> SideId {
        self.id
    }

    /// The text for the side table.
    ///
    /// # Panics
    /// Never: every fingerprint can be written as JSON.
    #[must_use]
    pub fn to_side(&self) -> Side {
        let text = serde_json::to_string(self).expect("a fingerprint has only strings and numbers");
        Side { id: self.id(), text }
    }

    /// The fingerprint in the text of a side table.
    ///
    /// # Errors
    /// When the text is not a fingerprint.
    pub fn from_side(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text)
            .map_err(|error| Kind::Input.because(format!("not a fingerprint: {error}")))
    }

    /// The fields in which this (wanted) machine differs from the one that `then` describes.
    #[must_use]
    pub fn changes_since(&self, then: &Self) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        for (name, now) in &self.fields {
            let was = then.fields.get(name).map(|field| &field.value);
            if !was.is_some_and(|was| same(was, &now.value, now.tolerance))
                && now.tolerance != Tolerance::Ignored
            {
                let (was, now) = (was.cloned(), Some(now.value.clone()));
                changes.push(FieldChange { field: name.clone(), was, now });
            }
        }
        for (name, was) in &then.fields {
            if was.tolerance != Tolerance::Ignored && !self.fields.contains_key(name) {
                let was = Some(was.value.clone());
                changes.push(FieldChange { field: name.clone(), was, now: None });
            }
        }
        changes
    }
}

fn address(fields: &BTreeMap<String, Field>) -> SideId {
    if fields.is_empty() {
        return SideId::NONE;
    }
    let mut hash = Hasher::new("fingerprint");
    for (name, field) in fields {
        if field.tolerance != Tolerance::Ignored {
            hash.field(name.as_bytes());
            hash.field(field.value.to_string().as_bytes());
        }
    }
    SideId(u128::from_le_bytes(hash.take()).max(1))
}

fn same(was: &FieldValue, now: &FieldValue, tolerance: Tolerance) -> bool {
    match (was, now, tolerance) {
        (_, _, Tolerance::Ignored) => true,
        (FieldValue::Number(was), FieldValue::Number(now), Tolerance::Ratio(ratio)) => {
            (was - now).abs() <= ratio.max(0.0) * was.abs().min(now.abs())
        }
        (was, now, _) => was == now,
    }
}

/// One field in which the machine changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The name of the field.
    pub field: String,
    /// What the entry was computed with; nothing when it is not known.
    pub was: Option<FieldValue>,
    /// What is wanted; nothing when the field is no longer asked for.
    pub now: Option<FieldValue>,
}

impl fmt::Display for FieldChange {
    /// `cores 8 -> 4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<FieldValue>| {
            value.as_ref().map_or_else(|| "unknown".to_owned(), ToString::to_string)
        };
        write!(f, "{} {} -> {}", self.field, show(&self.was), show(&self.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_fields_change_neither_the_address_nor_the_answer() {
        let one = Fingerprint::new().exact("cores", 8_u32);
        let two = one.clone().field("load", 0.5, Tolerance::Ignored);
        assert_eq!(one.id(), two.id());
        assert!(two.changes_since(&one).is_empty());
        assert!(one.changes_since(&two).is_empty());
    }

    #[test]
    fn a_ratio_is_of_the_smaller_number_and_holds_in_both_directions() {
        let at = |memory: f64| Fingerprint::new().field("memory", memory, Tolerance::Ratio(0.1));
        assert!(at(100.0).changes_since(&at(110.0)).is_empty());
        assert!(at(110.0).changes_since(&at(100.0)).is_empty());
        assert_eq!(at(100.0).changes_since(&at(111.0)).len(), 1);
        assert_eq!(at(f64::NAN).changes_since(&at(100.0)).len(), 1);
    }

    #[test]
    fn a_missing_field_is_named_as_unknown() {
        let then = Fingerprint::new().exact("os", "linux");
        let now = then.clone().exact("cores", 2_u32);
        let changes = now.changes_since(&then);
        assert_eq!(changes[0].to_string(), "cores unknown -> 2");
        assert_eq!(then.changes_since(&now)[0].to_string(), "cores 2 -> unknown");
    }

    #[test]
    fn the_side_text_reads_back() {
        let one = Fingerprint::new().exact("os", "linux").field("ram", 3.5, Tolerance::Ratio(0.2));
        assert_eq!(Fingerprint::from_side(&one.to_side().text).unwrap(), one);
    }
}
