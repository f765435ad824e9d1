//! What an entry is called: a namespace, a subject and named parts.
//!
//! A key is built from parts that keep their names, so that a miss can say *which* part of the nearest entry
//! differs. Long or binary values are kept as their BLAKE3 digest. Version and machine never belong into a key:
//! there they would turn "expired" or "other machine" into "absent".
//!
//! The [`KeyId`] is computed from the kept parts alone, so whoever reads a name (from a row, from an export of
//! somebody else) computes the id again and trusts none. Its first 4 bytes come from the namespace and the next 4
//! from the subject: entries of one namespace, and of one subject, lie side by side in every ordered store.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};

/// Longest value that is kept as text; longer ones are kept as a digest.
pub const TEXT_BYTES_MAX: usize = 200;
/// Longest name of a namespace or of a part.
pub const NAME_BYTES_MAX: usize = 32;
/// Most parts one key can have.
pub const PARTS_MAX: usize = 32;

/// A family of entries: the caches that come with the product, or one of the user's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(Cow<'static, str>);

impl Namespace {
    /// What sizing decided for a workload.
    pub const PLAN: Self = Self(Cow::Borrowed("plan"));
    /// What was measured.
    pub const BENCH: Self = Self(Cow::Borrowed("bench"));
    /// What the auditor read out of source files.
    pub const FACTS: Self = Self(Cow::Borrowed("facts"));

    /// A namespace of the user's own: 1 to 32 of `a-z`, `0-9`, `-`, `_`.
    ///
    /// # Errors
    /// When the name is empty, too long or has other characters.
    pub fn new(name: &str) -> Result<Self, Error> {
        check_name("namespace", name)?;
        Ok(Self(Cow::Owned(name.to_owned())))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first bytes of the id of every entry of this namespace, for [`Scan`](crate::store::Scan).
    #[must_use]
    pub fn prefix(&self) -> [u8; 4] {
        let mut hash = Hasher::new("namespace");
        hash.field(self.0.as_bytes());
        hash.take()
    }
}

impl TryFrom<String> for Namespace {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::new(&name)
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0.into_owned()
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The value of a part as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartValue {
    /// A short text, kept as it is.
    Text(String),
    /// A long or binary value: the first 128 bits of its BLAKE3 hash, and its length.
    Digest(#[serde(with = "hex_16")] [u8; 16], u64),
}

impl PartValue {
    /// Keeps short printable text as text, everything else as a digest.
    #[must_use]
    pub fn of(value: &[u8]) -> Self {
        match std::str::from_utf8(value) {
            Ok(text) if text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control) => {
                Self::Text(text.to_owned())
            }
            _ => {
                let mut digest = [0; 16];
                digest.copy_from_slice(&blake3::hash(value).as_bytes()[..16]);
                Self::Digest(digest, value.len() as u64)
            }
        }
    }

    fn feed(&self, hash: &mut Hasher) {
        match self {
            Self::Text(text) => {
                hash.field(b"t");
                hash.field(text.as_bytes());
            }
            Self::Digest(digest, len) => {
                hash.field(b"d");
                hash.field(digest);
                hash.field(&len.to_le_bytes());
            }
        }
    }

    fn check(&self) -> Result<(), Error> {
        match self {
            Self::Text(text) if text.len() > TEXT_BYTES_MAX => {
                Err(Kind::Input.because(format!("a key value longer than {TEXT_BYTES_MAX} bytes")))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for PartValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Digest(digest, len) => write!(f, "{} ({len} bytes)", hex(&digest[..6])),
        }
    }
}

/// A named part of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part {
    /// What the part is: `code`, `inputs`, `options`, `item_shape`, or a name of the user's own.
    pub name: String,
    /// What it was.
    pub value: PartValue,
}

/// The identity of an entry: 4 bytes of namespace, 4 of subject, 16 of everything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; Self::BYTES]);

impl KeyId {
    /// The length of an id.
    pub const BYTES: usize = 24;

    /// An id from its bytes, as an engine reads it back.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// An id from a slice, or `None` when the length is wrong.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// The bytes that all entries of the same namespace and subject begin with.
    #[must_use]
    pub fn subject_prefix(&self) -> [u8; 8] {
        let mut prefix = [0; 8];
        prefix.copy_from_slice(&self.0[..8]);
        prefix
    }

    /// 64 bits of the hash over everything, for engines that want a number.
    #[must_use]
    pub fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.0[8..16]);
        u64::from_le_bytes(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        unhex(text)
            .and_then(|bytes| Self::from_slice(&bytes))
            .ok_or_else(|| Kind::Input.because(format!("not a key id (48 hex digits): {text}")))
    }
}

/// What an entry is called. Build it part by part; the order of the parts does not matter.
///
/// ```
/// use amorsize_cache::{Key, Namespace};
///
/// let key = Key::new(&Namespace::PLAN, "gzip -9 {}").code("gzip 1.13").item_shape("1 MiB x 100");
/// let same = Key::new(&Namespace::PLAN, "gzip -9 {}").item_shape("1 MiB x 100").code("gzip 1.13");
/// let other = Key::new(&Namespace::PLAN, "gzip -9 {}").code("gzip 1.14").item_shape("1 MiB x 100");
/// assert_eq!(key.id(), same.id());
/// assert_eq!(key.differences(&other)[0].part, "code");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    id: KeyId,
    namespace: Namespace,
    subject: PartValue,
    /// Sorted by name, each name once.
    parts: Vec<Part>,
}

impl Key {
    /// A key without parts: `subject` is what the entry is about (a command template, a function, a file).
    #[must_use]
    pub fn new(namespace: &Namespace, subject: impl AsRef<[u8]>) -> Self {
        let subject = PartValue::of(subject.as_ref());
        Self::assemble(namespace.clone(), subject, Vec::new())
    }

    /// Sets the part `code`: the identity of what computes the value.
    #[must_use]
    pub fn code(self, value: impl AsRef<[u8]>) -> Self {
        self.with_part("code", value.as_ref())
    }

    /// Sets the part `inputs`: what it is computed from.
    #[must_use]
    pub fn inputs(self, value: impl AsRef<[u8]>) -> Self {
        self.with_part("inputs", value.as_ref())
    }

    /// Sets the part `options`: the settings that change the answer.
    #[must_use]
    pub fn options(self, value: impl AsRef<[u8]>) -> Self {
        self.with_part("options", value.as_ref())
    }

    /// Sets the part `item_shape`: how many items of what size, in buckets.
    #[must_use]
    pub fn item_shape(self, value: impl AsRef<[u8]>) -> Self {
        self.with_part("item_shape", value.as_ref())
    }

    /// Sets a part of the user's own; a second value for the same name replaces the first.
    ///
    /// # Errors
    /// When the name is empty, longer than 32 bytes, or has characters besides `a-z`, `0-9`, `-`, `_`; or when
    /// the key has 32 parts already.
    pub fn part(self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, Error> {
        check_name("part", name)?;
        if self.parts.len() >= PARTS_MAX && !self.parts.iter().any(|part| part.name == name) {
            return Err(Kind::Input.because(format!("a key with more than {PARTS_MAX} parts")));
        }
        Ok(self.with_part(name, value.as_ref()))
    }

    fn with_part(mut self, name: &str, value: &[u8]) -> Self {
        let part = Part { name: name.to_owned(), value: PartValue::of(value) };
        match self.parts.binary_search_by(|known| known.name.as_str().cmp(name)) {
            Ok(at) => self.parts[at] = part,
            Err(at) => self.parts.insert(at, part),
        }
        Self::assemble(self.namespace, self.subject, self.parts)
    }

    fn assemble(namespace: Namespace, subject: PartValue, parts: Vec<Part>) -> Self {
        let mut by_subject = Hasher::new("subject");
        by_subject.field(namespace.as_str().as_bytes());
        subject.feed(&mut by_subject);
        let mut whole = Hasher::new("key");
        whole.field(namespace.as_str().as_bytes());
        subject.feed(&mut whole);
        for part in &parts {
            whole.field(part.name.as_bytes());
            part.value.feed(&mut whole);
        }
        let mut id = [0; KeyId::BYTES];
        id[..4].copy_from_slice(&namespace.prefix());
        id[4..8].copy_from_slice(&by_subject.take::<4>());
        id[8..].copy_from_slice(&whole.take::<16>());
        Self { id: KeyId(id), namespace, subject, parts }
    }

    /// The identity computed from namespace, subject and parts.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// The family it belongs to.
    #[must_use]
    pub const fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// What the entry is about.
    #[must_use]
    pub const fn subject(&self) -> &PartValue {
        &self.subject
    }

    /// The parts, sorted by name.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The key as the text every store keeps beside the entry (one line of JSON).
    ///
    /// # Panics
    /// Never: every key can be written as JSON.
    #[must_use]
    pub fn to_name(&self) -> String {
        let name = Name {
            namespace: self.namespace.clone(),
            subject: self.subject.clone(),
            parts: self.parts.clone(),
        };
        serde_json::to_string(&name).expect("a key has only strings and numbers")
    }

    /// The key whose [`Key::to_name`] this is; the id is computed, never read.
    ///
    /// # Errors
    /// When the text is not such a name.
    pub fn from_name(text: &str) -> Result<Self, Error> {
        let name: Name = serde_json::from_str(text)
            .map_err(|error| Kind::Input.because(format!("not a key: {error}")))?;
        if name.parts.len() > PARTS_MAX {
            return Err(Kind::Input.because(format!("a key with more than {PARTS_MAX} parts")));
        }
        name.subject.check()?;
        for part in &name.parts {
            check_name("part", &part.name)?;
            part.value.check()?;
        }
        let mut parts = name.parts;
        parts.sort();
        if parts.windows(2).any(|pair| pair[0].name == pair[1].name) {
            return Err(Kind::Input.because("a key with two parts of one name".to_owned()));
        }
        Ok(Self::assemble(name.namespace, name.subject, parts))
    }

    /// The parts in which `stored` differs from this wanted key, in the order of their names.
    #[must_use]
    pub fn differences(&self, stored: &Self) -> Vec<PartChange> {
        let mut names: Vec<&str> =
            self.parts.iter().chain(&stored.parts).map(|part| part.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let mut changes: Vec<PartChange> = names
            .into_iter()
            .map(|name| PartChange {
                part: name.to_owned(),
                stored: stored.value_of(name),
                wanted: self.value_of(name),
            })
            .filter(|change| change.stored != change.wanted)
            .collect();
        if self.subject != stored.subject {
            let (stored, wanted) = (Some(stored.subject.clone()), Some(self.subject.clone()));
            changes.insert(0, PartChange { part: "subject".to_owned(), stored, wanted });
        }
        changes
    }

    fn value_of(&self, name: &str) -> Option<PartValue> {
        self.parts.iter().find(|part| part.name == name).map(|part| part.value.clone())
    }
}

impl fmt::Display for Key {
    /// `plan: gzip -9 {} [code=gzip 1.13, item_shape=…]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.namespace, self.subject)?;
        for (at, part) in self.parts.iter().enumerate() {
            let before = if at == 0 { " [" } else { ", " };
            write!(f, "{before}{}={}", part.name, part.value)?;
        }
        if self.parts.is_empty() { Ok(()) } else { f.write_str("]") }
    }
}

/// One part in which a stored key differs from the wanted one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartChange {
    /// The name of the part.
    pub part: String,
    /// What the stored entry has, if it has this part.
    pub stored: Option<PartValue>,
    /// What was asked for, if it has this part.
    pub wanted: Option<PartValue>,
}

impl fmt::Display for PartChange {
    /// `code gzip 1.13 -> gzip 1.14`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<PartValue>| {
            value.as_ref().map_or_else(|| "(none)".to_owned(), ToString::to_string)
        };
        write!(f, "{} {} -> {}", self.part, show(&self.stored), show(&self.wanted))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    #[serde(rename = "ns")]
    namespace: Namespace,
    subject: PartValue,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

/// BLAKE3 over length-prefixed fields, so that no two field lists share a stream.
pub(crate) struct Hasher(blake3::Hasher);

impl Hasher {
    pub(crate) fn new(purpose: &str) -> Self {
        let mut hasher = Self(blake3::Hasher::new());
        hasher.field(b"amorsize-cache 1");
        hasher.field(purpose.as_bytes());
        hasher
    }

    pub(crate) fn field(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn take<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(&self.0.finalize().as_bytes()[..N]);
        out
    }
}

fn check_name(what: &str, name: &str) -> Result<(), Error> {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(fits) {
        let rule = format!("1 to {NAME_BYTES_MAX} of a-z, 0-9, - and _");
        return Err(Kind::Input.because(format!("{what} name {name:?} is not {rule}")));
    }
    Ok(())
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// The bytes of lower- or upper-case hexadecimal digits.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    text.as_bytes().chunks(2).map(pair).collect()
}

mod hex_16 {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
        let text = String::deserialize(from)?;
        super::unhex(&text)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| D::Error::custom("expected 32 hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> Namespace {
        Namespace::new("mine").unwrap()
    }

    #[test]
    fn a_name_read_back_gives_the_same_id() {
        let key = Key::new(&user(), "f").code([0_u8, 1, 2]).part("engine", "local").unwrap();
        let back = Key::from_name(&key.to_name()).unwrap();
        assert_eq!(back, key);
    }

    #[test]
    fn moving_a_byte_between_parts_is_another_key() {
        let one = Key::new(&user(), "f").code("ab").inputs("c");
        let two = Key::new(&user(), "f").code("a").inputs("bc");
        assert_ne!(one.id(), two.id());
        assert_eq!(one.id().subject_prefix(), two.id().subject_prefix());
    }

    #[test]
    fn a_text_that_looks_like_a_digest_is_not_one() {
        let binary = Key::new(&user(), "f").code([0_u8; 3]);
        let PartValue::Digest(digest, _) = &binary.parts()[0].value else { panic!("kept as text") };
        let text = Key::new(&user(), "f").code(hex(digest));
        assert_ne!(binary.id(), text.id());
    }

    #[test]
    fn names_with_paths_or_unknown_fields_are_refused() {
        assert!(Namespace::new("../../x").is_err());
        assert!(Key::from_name(r#"{"ns":"a","subject":{"text":"s"},"id":"00"}"#).is_err());
        let twice = r#"{"ns":"a","subject":{"text":"s"},
            "parts":[{"name":"x","value":{"text":"1"}},{"name":"x","value":{"text":"2"}}]}"#;
        assert!(Key::from_name(twice).is_err());
    }

    #[test]
    fn an_id_prints_and_parses() {
        let id = *Key::new(&user(), "f").id();
        assert_eq!(id.to_string().parse::<KeyId>().unwrap(), id);
        assert!("xyz".parse::<KeyId>().is_err());
    }
}
