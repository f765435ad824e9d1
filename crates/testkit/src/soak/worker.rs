//! One process of a soak.

use std::path::PathBuf;
use std::time::Duration;

use super::open::open;
use super::subject::StoreSubject;
use crate::history::{Log, Mix, Recorder, Workload};

/// What a worker is told; travels as arguments of its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// The store.
    pub url: String,
    /// Its own new log file.
    pub log: PathBuf,
    /// Its number, unique in the round.
    pub actor: u32,
    /// The seed of the round.
    pub seed: u64,
    /// The first key of the round.
    pub first_key: u32,
    /// How many keys.
    pub keys: usize,
    /// How many calls to make.
    pub calls: u64,
    /// How far its clock is ahead.
    pub ahead_ns: i64,
    /// The shares of evictions and clears, in the same unit as [`Mix::USUAL`].
    pub evict: u32,
    /// See `evict`.
    pub clear: u32,
}

impl Worker {
    /// The arguments that [`Worker::from_args`] reads.
    #[must_use]
    pub fn to_args(&self) -> Vec<String> {
        vec![
            self.url.clone(),
            self.log.to_string_lossy().into_owned(),
            self.actor.to_string(),
            self.seed.to_string(),
            self.first_key.to_string(),
            self.keys.to_string(),
            self.calls.to_string(),
            self.ahead_ns.to_string(),
            self.evict.to_string(),
            self.clear.to_string(),
        ]
    }

    /// The worker that these arguments describe.
    #[must_use]
    pub fn from_args(args: &[String]) -> Option<Self> {
        let [url, log, actor, seed, first_key, keys, calls, ahead_ns, evict, clear] = args else {
            return None;
        };
        Some(Self {
            url: url.clone(),
            log: log.into(),
            actor: actor.parse().ok()?,
            seed: seed.parse().ok()?,
            first_key: first_key.parse().ok()?,
            keys: keys.parse().ok()?,
            calls: calls.parse().ok()?,
            ahead_ns: ahead_ns.parse().ok()?,
            evict: evict.parse().ok()?,
            clear: clear.parse().ok()?,
        })
    }

    /// Makes the calls.
    ///
    /// # Errors
    ///
    /// When the store cannot be opened or the log cannot be written.
    pub fn work(&self) -> std::io::Result<()> {
        // The log first: a worker without one has made no call.
        let log = Log::file(&self.log)?;
        let wait = Duration::from_secs(5);
        let (store, clock) = open(&self.url, self.ahead_ns, wait).map_err(std::io::Error::other)?;
        let mut subject = StoreSubject::new(store, clock, Duration::ZERO);
        let mut recorder = Recorder::new(self.actor, log);
        let mix = Mix { evict: self.evict, clear: self.clear, ..Mix::USUAL };
        let mut workload = Workload::new(self.seed, self.actor, self.first_key, self.keys, mix);
        workload.run(&mut subject, &mut recorder, self.calls)?;
        recorder.finish().map(drop)
    }
}
