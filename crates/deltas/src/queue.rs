//! The state machine, behind one lock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Deref;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happened to a key since it was last popped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta<V> {
    /// It was not there.
    Added(V),
    /// It was there with another value.
    Updated {
        /// As it was told last.
        was: V,
        /// As it is.
        now: V,
    },
    /// It is there no more.
    Deleted(V),
    /// Nothing happened; it is told once more because somebody asked for all.
    Sync(V),
}

/// The queue and its store.
#[derive(Debug)]
pub struct Deltas<K, V> {
    state: Mutex<State<K, V>>,
    ready: Condvar,
}

#[derive(Debug)]
struct State<K, V> {
    /// What has been told.
    store: BTreeMap<K, V>,
    /// What the world has come to, for keys of which that has still to be told.
    ahead: BTreeMap<K, Ahead<V>>,
    /// The keys of `ahead` that nobody holds, in the order in which they are handed out.
    order: VecDeque<K>,
    held: BTreeSet<K>,
    closed: bool,
}

#[derive(Debug)]
struct Ahead<V> {
    /// It was deleted and made again: whoever knew the old one has to hear of both.
    anew: bool,
    now: Option<V>,
    sync: bool,
}

/// A key that was popped, with what happened to it. Nobody else is handed the key before this is dropped.
#[derive(Debug)]
pub struct Popped<'q, K: Ord + Clone, V: Clone + PartialEq> {
    key: K,
    deltas: Vec<Delta<V>>,
    queue: &'q Deltas<K, V>,
}

impl<K: Ord + Clone, V: Clone + PartialEq> Default for Deltas<K, V> {
    fn default() -> Self {
        let state = State {
            store: BTreeMap::new(),
            ahead: BTreeMap::new(),
            order: VecDeque::new(),
            held: BTreeSet::new(),
            closed: false,
        };
        Self { state: Mutex::new(state), ready: Condvar::new() }
    }
}

impl<K: Ord + Clone, V: Clone + PartialEq> Deltas<K, V> {
    /// An empty store with nothing queued.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The key has this value from now on.
    pub fn set(&self, key: K, value: V) {
        let mut state = self.lock();
        state.set(key, Some(value));
        drop(state);
        self.ready.notify_one();
    }

    /// The key is there no more.
    pub fn delete(&self, key: K) {
        let mut state = self.lock();
        state.set(key, None);
        drop(state);
        self.ready.notify_one();
    }

    /// This is all there is: what is not in it is gone. Told and untold keys are compared in the same step.
    pub fn replace(&self, all: impl IntoIterator<Item = (K, V)>) {
        let all: BTreeMap<K, V> = all.into_iter().collect();
        let mut state = self.lock();
        let known: BTreeSet<K> = state.store.keys().chain(state.ahead.keys()).cloned().collect();
        for key in known.into_iter().filter(|key| !all.contains_key(key)) {
            state.set(key, None);
        }
        for (key, value) in all {
            state.set(key, Some(value));
        }
        drop(state);
        self.ready.notify_all();
    }

    /// Everything is told once more: whatever is in the store and has nothing queued, as [`Delta::Sync`].
    pub fn resync(&self) {
        let mut state = self.lock();
        let told = state.store.iter().filter(|(key, _)| !state.ahead.contains_key(key));
        let told: Vec<(K, V)> = told.map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, value) in told {
            state.queue(key, Ahead { anew: false, now: Some(value), sync: true });
        }
        drop(state);
        self.ready.notify_all();
    }

    /// The next key, when there is one; `None` only after [`close`](Self::close), with nothing left.
    pub fn pop(&self) -> Option<Popped<'_, K, V>> {
        let mut state = self.lock();
        loop {
            if let Some((key, deltas)) = state.take() {
                return Some(Popped { key, deltas, queue: self });
            }
            if state.closed && state.ahead.is_empty() {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As [`pop`](Self::pop), but waits no longer than this.
    pub fn pop_within(&self, most: Duration) -> Option<Popped<'_, K, V>> {
        let idle = |state: &mut State<K, V>| state.order.is_empty() && !state.is_over();
        let waited = self.ready.wait_timeout_while(self.lock(), most, idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (key, deltas) = state.take()?;
        Some(Popped { key, deltas, queue: self })
    }

    /// What the key had when it was last told.
    pub fn get(&self, key: &K) -> Option<V> {
        self.lock().store.get(key).cloned()
    }

    /// What the key has come to, told or not.
    pub fn latest(&self, key: &K) -> Option<V> {
        let state = self.lock();
        match state.ahead.get(key) {
            Some(ahead) => ahead.now.clone(),
            None => state.store.get(key).cloned(),
        }
    }

    /// The keys that were told, with their values.
    pub fn told(&self) -> BTreeMap<K, V> {
        self.lock().store.clone()
    }

    /// How many keys have something queued.
    pub fn queued(&self) -> usize {
        self.lock().ahead.len()
    }

    /// Ends it: what is queued is still handed out, then every [`pop`](Self::pop) returns `None`.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        // No step leaves the state half done: it panics before its first change or not at all.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone, V: Clone + PartialEq> State<K, V> {
    fn is_over(&self) -> bool {
        self.closed && self.ahead.is_empty()
    }

    /// Puts down what a key has come to. Nothing stays queued of a key that is as it was told.
    fn set(&mut self, key: K, now: Option<V>) {
        let Some(ahead) = self.ahead.get_mut(&key) else {
            if self.store.get(&key) != now.as_ref() {
                self.queue(key, Ahead { anew: false, now, sync: false });
            }
            return;
        };
        ahead.anew |= ahead.now.is_none() && now.is_some();
        ahead.now = now;
        let as_told = ahead.now.as_ref() == self.store.get(&key);
        let is_another = ahead.anew && ahead.now.is_some();
        if as_told && !is_another && !ahead.sync {
            self.ahead.remove(&key);
            self.order.retain(|queued| *queued != key);
        }
    }

    fn queue(&mut self, key: K, ahead: Ahead<V>) {
        if !self.held.contains(&key) {
            self.order.push_back(key.clone());
        }
        self.ahead.insert(key, ahead);
    }

    /// Takes the next key out of the queue and brings the store up to it.
    fn take(&mut self) -> Option<(K, Vec<Delta<V>>)> {
        let key = self.order.pop_front()?;
        let ahead = self.ahead.remove(&key)?;
        let was = match &ahead.now {
            Some(now) => self.store.insert(key.clone(), now.clone()),
            None => self.store.remove(&key),
        };
        self.held.insert(key.clone());
        let deltas = match (was, ahead.now) {
            (None, None) => Vec::new(),
            (None, Some(now)) => vec![Delta::Added(now)],
            (Some(was), None) => vec![Delta::Deleted(was)],
            (Some(was), Some(now)) if ahead.anew => vec![Delta::Deleted(was), Delta::Added(now)],
            (Some(was), Some(now)) if was == now => vec![Delta::Sync(now)],
            (Some(was), Some(now)) => vec![Delta::Updated { was, now }],
        };
        Some((key, deltas))
    }
}

impl<K: Ord + Clone, V: Clone + PartialEq> Popped<'_, K, V> {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &K {
        &self.key
    }
}

impl<K: Ord + Clone, V: Clone + PartialEq> Deref for Popped<'_, K, V> {
    type Target = [Delta<V>];

    fn deref(&self) -> &[Delta<V>] {
        &self.deltas
    }
}

impl<K: Ord + Clone, V: Clone + PartialEq> Drop for Popped<'_, K, V> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.held.remove(&self.key);
        if state.ahead.contains_key(&self.key) {
            state.order.push_back(self.key.clone());
        }
        drop(state);
        // Who waits for the end waits for this, too.
        self.queue.ready.notify_all();
    }
}
