//! Interned names: a word in the source costs four bytes in every event that mentions it, and two files agree on it.
//!
//! The table lives as long as the process; it holds each distinct identifier once and is never larger than the text read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An interned string. Copying and comparing for equality is free; ordering is that of the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(u32);

struct Ids {
    next: u32,
    ids: HashMap<&'static str, u32, rustc_hash::FxBuildHasher>,
}

/// Names that there is room for at first: about those of a middling tree.
const NAMES: usize = 1 << 14;

fn ids() -> &'static Mutex<Ids> {
    static IDS: OnceLock<Mutex<Ids>> = OnceLock::new();
    let room = || HashMap::with_capacity_and_hasher(NAMES, rustc_hash::FxBuildHasher);
    IDS.get_or_init(|| Mutex::new(Ids { next: 0, ids: room() }))
}

/// Names in the first shelf; each shelf holds twice as many as the one before, so none ever moves
/// and a text is read without a lock.
const FIRST_SHELF: u32 = 1 << 10;
const SHELVES: usize = 22;

type Shelf = Box<[Slot]>;

/// A name's text, and what is read off it where somebody asks.
#[derive(Default)]
struct Slot {
    text: OnceLock<&'static str>,
    last: OnceLock<Name>,
    local: OnceLock<Name>,
    bare: OnceLock<Name>,
    runs: OnceLock<bool>,
}

static TEXTS: [OnceLock<Shelf>; SHELVES] = [const { OnceLock::new() }; SHELVES];

/// The shelf of a name, and its place there.
const fn place(id: u32) -> (usize, usize) {
    let at = id + FIRST_SHELF;
    let shelf = at.ilog2() - FIRST_SHELF.ilog2();
    (shelf as usize, (at - (FIRST_SHELF << shelf)) as usize)
}

thread_local! {
    static SEEN: RefCell<HashMap<&'static str, u32, rustc_hash::FxBuildHasher>> =
        RefCell::new(HashMap::with_capacity_and_hasher(NAMES, rustc_hash::FxBuildHasher));
}

impl Name {
    /// The empty name.
    pub const EMPTY: Self = Self(0);

    /// Interns `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        SEEN.with_borrow_mut(|seen| {
            if let Some(&id) = seen.get(text) {
                return Self(id);
            }
            let (text, id) = intern(text);
            seen.insert(text, id);
            Self(id)
        })
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.slot().and_then(|slot| slot.text.get()).copied().unwrap_or_default()
    }

    /// What follows the last dot or slash of a path of names.
    #[must_use]
    pub fn last_word(self) -> Self {
        let find = || match self.as_str().rsplit_once(['.', '/']) {
            Some((_, last)) => Self::new(last),
            None => self,
        };
        self.slot().map_or(self, |slot| *slot.last.get_or_init(find))
    }

    /// The name as that of something in the same module: `.name`.
    #[must_use]
    pub fn local(self) -> Self {
        let make = || Self::new(&[".", self.as_str()].concat());
        self.slot().map_or_else(make, |slot| *slot.local.get_or_init(make))
    }

    /// What is called `.name` without its dot; nothing if there is none.
    #[must_use]
    pub fn bare(self) -> Option<Self> {
        let own = self.as_str().strip_prefix('.')?;
        self.slot().map(|slot| *slot.bare.get_or_init(|| Self::new(own)))
    }

    /// The name of a member: `name.member`.
    #[must_use]
    pub fn member(self, member: &str) -> Self {
        Self::new(&[self.as_str(), ".", member].concat())
    }

    fn slot(self) -> Option<&'static Slot> {
        let (shelf, at) = place(self.0);
        TEXTS[shelf].get().map(|shelf| &shelf[at])
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

fn intern(text: &str) -> (&'static str, u32) {
    let mut ids = ids().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((&text, &id)) = ids.ids.get_key_value(text) {
        return (text, id);
    }
    if text.is_empty() {
        return ("", Name::EMPTY.0);
    }
    let text: &'static str = Box::leak(text.into());
    ids.next += 1;
    let id = ids.next;
    assert!(id < u32::MAX - FIRST_SHELF, "fewer than 2^32 distinct names fit in memory");
    let (shelf, at) = place(id);
    let shelf =
        TEXTS[shelf].get_or_init(|| (0..FIRST_SHELF << shelf).map(|_| Slot::default()).collect());
    // The lock is held and the number is new, so nobody else can have put a text here.
    shelf[at].text.get_or_init(|| text);
    ids.ids.insert(text, id);
    (text, id)
}

/// Whether a name is spelled like one of a constant: `MISS`.
#[must_use]
pub fn is_shouted(name: &str) -> bool {
    name.len() > 1 && name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// Whether any of the words, which are in small letters, stands in a text, in whichever case.
#[must_use]
pub fn says_any(text: &str, words: &[&str]) -> bool {
    let begins = |rest: &[u8], word: &str| {
        rest.get(..word.len()).is_some_and(|rest| rest.eq_ignore_ascii_case(word.as_bytes()))
    };
    // Most letters begin none of them; small and large ones differ in a bit above these five.
    let letter = |byte: u8| 1_u32 << (byte & 31);
    let initials = words.iter().fold(0, |all, word| all | letter(word.as_bytes()[0]));
    let text = text.as_bytes();
    (0..text.len()).any(|at| {
        initials & letter(text[at]) != 0 && words.iter().any(|word| begins(&text[at..], word))
    })
}

/// Whether a function of that name runs the functions it is given, at once or in a pool, as
/// `retry`, `run_in_executor` and `submit` do, and does not only keep them for later.
#[must_use]
pub fn runs_what_it_is_given(name: Name) -> bool {
    let find = || runs(name.as_str());
    name.slot().map_or_else(find, |slot| *slot.runs.get_or_init(find))
}

fn runs(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let later = ["callback", "register", "later", "soon", "connect", "subscribe", "atexit", "add"];
    let runs = [
        "retry", "retries", "run", "call", "exec", "submit", "apply", "invoke", "safe", "attempt",
        "thread", "try", "ignor", "suppress", "swallow", "partial", "spawn", "protect", "guard",
        "locked", "with", "do",
    ];
    !later.iter().any(|word| name.contains(word))
        && name.split('_').any(|part| {
            runs.iter().any(|word| part.starts_with(word) && (word.len() > 2 || part == *word))
        })
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if self.0 == other.0 {
            std::cmp::Ordering::Equal
        } else {
            self.as_str().cmp(other.as_str())
        }
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name::new(text))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
