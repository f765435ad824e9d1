//! Random histories against a model that knows nothing of pruning.
//!
//! The model keeps for each key what was last stored and how it ended. Prunes happen at random in between and are *not*
//! a step of the model: so every answer that a prune changes is a difference. Times come from the answers themselves,
//! which say by which time they were judged.

use std::time::Duration;

use crate::envelope::Gen;
use crate::key::Key;
use crate::lookup::{Lookup, Want};
use crate::ops::maintain::Evict;
use crate::ops::write::{Put, Written};
use crate::store::Store;
use crate::time::Time;

use super::steps::key;
use super::{PAST, Subject, TTL};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Live,
    Deleted,
    Evicted,
}

#[derive(Debug, Clone)]
struct Known {
    value: Vec<u8>,
    fmt: u32,
    created: Time,
    ttl: Option<Duration>,
    generation: Gen,
    fate: Fate,
}

impl Known {
    fn is_expired(&self, t: Time, max_age: Option<Duration>) -> bool {
        let limit = self.ttl.into_iter().chain(max_age).min();
        limit.is_some_and(|limit| t.since(self.created) > limit)
    }

    fn is_live(&self, t: Time) -> bool {
        self.fate == Fate::Live && !self.is_expired(t, None)
    }

    /// The words that a look-up at `t` has to say; none for a hit.
    fn words(&self, t: Time, want: &Want) -> Vec<&'static str> {
        let mut words = Vec::new();
        if self.fmt != want.fmt {
            words.push("version");
        }
        if self.is_expired(t, want.max_age) {
            words.push("expired");
        }
        match self.fate {
            Fate::Live => {}
            Fate::Deleted => words.push("deleted"),
            Fate::Evicted => words.push("evicted"),
        }
        words
    }
}

/// A small generator of its own, so that a seed replays a history on any machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick(&mut self, len: usize) -> usize {
        usize::try_from(self.roll(len as u64)).expect("smaller than a length")
    }
}

struct Run<'a> {
    subject: &'a dyn Subject,
    handles: Vec<std::sync::Arc<dyn Store>>,
    keys: Vec<Key>,
    known: Vec<Option<Known>>,
    dice: Dice,
    trace: Vec<String>,
}

/// Runs one history of `steps` steps and checks every answer.
///
/// # Panics
/// When an answer is not the model's.
pub fn random_states(subject: &dyn Subject, seed: u64, steps: usize) {
    let keys: Vec<Key> = (0..5).map(|number| key(&format!("model {seed} {number}"))).collect();
    let known = vec![None; keys.len()];
    let handles = vec![subject.open(), subject.open()];
    let mut run = Run { subject, handles, keys, known, dice: Dice(seed), trace: Vec::new() };
    for _ in 0..steps {
        run.step();
    }
    for at in 0..run.keys.len() {
        run.look(at);
    }
}

pub(super) fn histories(subject: &dyn Subject) {
    for seed in 1..=6 {
        random_states(subject, seed, 60);
    }
}

impl Run<'_> {
    fn step(&mut self) {
        let handle = self.dice.pick(self.handles.len());
        let store = std::sync::Arc::clone(&self.handles[handle]);
        let at = self.dice.pick(self.keys.len());
        match self.dice.roll(14) {
            0..=2 => self.write(&*store, at, "put"),
            3 => self.write(&*store, at, "add"),
            4 => self.write(&*store, at, "replace"),
            5 => self.write(&*store, at, "cas"),
            6 => self.touch(&*store, at),
            7 => self.remove(&*store, at),
            8 | 9 => {
                self.trace.push("prune".to_owned());
                super::maintenance::prune_all(&*store);
            }
            10 => {
                self.trace.push("pass".to_owned());
                let span = if self.dice.roll(2) == 0 { PAST } else { TTL / 2 };
                self.subject.pass(span);
            }
            11 => self.evict(&*store),
            _ => self.look(at),
        }
    }

    fn write(&mut self, store: &dyn Store, at: usize, op: &str) {
        self.trace.push(format!("{op} {at}"));
        let value = self.dice.roll(1_000).to_string().into_bytes();
        let ttl = if self.dice.roll(3) == 0 { None } else { Some(TTL) };
        let fmt = u32::from(self.dice.roll(6) == 0);
        let how = Put { ttl, fmt, ..Put::default() };
        let key = &self.keys[at];
        let known = self.known[at].clone();
        let expected = match (self.dice.roll(3), &known) {
            (0, _) => Some(Gen(1)),
            (_, known) => known.as_ref().map(|known| known.generation),
        };
        let written = match op {
            "put" => store.put(key, &value, &how),
            "add" => store.add(key, &value, &how),
            "replace" => store.replace(key, &value, &how),
            _ => store.cas(key, expected, &value, &how),
        };
        let written = written.expect("the store works");
        let t = time_of(&written);
        let is_live = known.as_ref().is_some_and(|known| known.is_live(t));
        let may = match op {
            "put" => true,
            "add" => !is_live,
            "replace" => is_live,
            _ => known.as_ref().map(|known| known.generation) == expected,
        };
        assert_eq!(written.stored().is_some(), may, "{op}: {written:?}\n{:?}", self.trace);
        if let Some(stored) = written.stored() {
            assert!(known.is_none_or(|known| stored.generation > known.generation));
            let (created, generation) = (stored.created, stored.generation);
            self.known[at] = Some(Known { value, fmt, created, ttl, generation, fate: Fate::Live });
        }
    }

    fn touch(&mut self, store: &dyn Store, at: usize) {
        self.trace.push(format!("touch {at}"));
        let written = store.touch(&self.keys[at], Some(TTL)).expect("the store works");
        let t = time_of(&written);
        let known = self.known[at].as_mut();
        let is_live = known.as_ref().is_some_and(|known| known.is_live(t));
        assert_eq!(written.stored().is_some(), is_live, "touch: {written:?}\n{:?}", self.trace);
        if let (Some(stored), Some(known)) = (written.stored(), known) {
            known.generation = stored.generation;
            known.ttl = Some(t.since(known.created) + TTL);
        }
    }

    fn remove(&mut self, store: &dyn Store, at: usize) {
        self.trace.push(format!("remove {at}"));
        let removed = store.remove(self.keys[at].id()).expect("the store works");
        let Some(known) = self.known[at].as_mut() else {
            assert_eq!(removed.generation, None);
            return;
        };
        assert_eq!(removed.existed, known.is_live(removed.t), "{:?}", self.trace);
        known.fate = Fate::Deleted;
        known.generation = removed.generation.expect("there is an entry");
    }

    /// Evicts everything that has a body. Which expired entries still have one depends on pruning; that is the one thing
    /// an eviction shows, so only unexpired ones are compared.
    fn evict(&mut self, store: &dyn Store) {
        self.trace.push("evict".to_owned());
        super::maintenance::prune_all(store);
        let how = Evict { bytes_max: Some(0), entries_max: None };
        store.evict(&how).expect("the store works");
        for (key, known) in self.keys.iter().zip(&mut self.known) {
            let Some(known) = known else { continue };
            let lookup = store.get(key, &Want::default());
            let Lookup::Miss(miss) = lookup else {
                unreachable!("nothing is left: {:?}", self.trace)
            };
            if known.fate == Fate::Live && miss.reasons.has("evicted") {
                known.fate = Fate::Evicted;
                known.generation = miss.generation.expect("it has an envelope");
            }
            assert!(
                known.fate != Fate::Live || known.is_expired(miss.t, None),
                "{}: {:?}",
                miss.reasons,
                self.trace
            );
        }
    }

    fn look(&mut self, at: usize) {
        let max_age = (self.dice.roll(3) == 0).then_some(TTL / 2);
        let want = Want { max_age, ..Want::default() };
        for store in &self.handles {
            let lookup = store.get(&self.keys[at], &want);
            let Some(known) = &self.known[at] else {
                assert_eq!(lookup.word(), "absent", "{:?}", self.trace);
                continue;
            };
            let words = known.words(lookup.t(), &want);
            let found = match &lookup {
                Lookup::Hit(hit) => {
                    assert_eq!(&*hit.value, known.value, "{:?}", self.trace);
                    Vec::new()
                }
                Lookup::Miss(miss) => super::steps::words(miss),
            };
            assert_eq!(found, words, "look {at}: {:?}", self.trace);
            assert_eq!(lookup.generation(), Some(known.generation), "{:?}", self.trace);
            assert_eq!(lookup.created(), Some(known.created), "{:?}", self.trace);
        }
    }
}

const fn time_of(written: &Written) -> Time {
    match written {
        Written::Stored(stored) => stored.t,
        Written::Refused { t, .. } => *t,
    }
}
