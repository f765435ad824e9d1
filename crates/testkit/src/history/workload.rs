//! The workload every store and every mutant is put under: random calls on a few keys that expire while it runs.

use super::event::{Answer, Call, EVERY_KEY, Record, Sight, Want};
use super::recorder::Recorder;

/// A store as the workload drives it.
pub trait Subject {
    /// The wall clock the store judges by, as this actor reads it.
    fn clock(&self) -> u64;

    /// Makes one call; `None` when it is unknown whether it took effect.
    fn call(&mut self, key: u32, call: &Call) -> Option<Answer>;
}

/// How often each call is made, in shares of the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Look-ups.
    pub look: u32,
    /// Puts.
    pub put: u32,
    /// Adds.
    pub add: u32,
    /// Compare-and-swaps on the generation last seen.
    pub cas: u32,
    /// Removals.
    pub remove: u32,
    /// Prunes of the whole store.
    pub prune: u32,
    /// Evictions.
    pub evict: u32,
    /// Clears of the whole store.
    pub clear: u32,
}

impl Mix {
    /// Everything but evicting and clearing.
    pub const USUAL: Self =
        Self { look: 60, put: 10, add: 14, cas: 6, remove: 3, prune: 7, evict: 0, clear: 0 };

    fn shares(&self) -> [u32; 8] {
        [self.look, self.put, self.add, self.cas, self.remove, self.prune, self.evict, self.clear]
    }
}

/// A stream of random calls, the same for the same seed.
#[derive(Debug)]
pub struct Workload {
    random: u64,
    mix: Mix,
    first_key: u32,
    /// The generation last seen of each key.
    seen: Vec<u64>,
    writes: u64,
    writer: u64,
}

const MILLISECOND: u64 = 1_000_000;
/// The low bits of every TTL tell its writer; 20 bits are about a millisecond.
const IDENTITY_BITS: u32 = 20;
const COUNTER_BITS: u32 = 12;

impl Workload {
    /// Calls on `keys` keys from `first_key`, made by `actor`.
    #[must_use]
    pub fn new(seed: u64, actor: u32, first_key: u32, keys: usize, mix: Mix) -> Self {
        Self {
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                ^ (u64::from(actor) << 32)
                ^ 0x5bd1_e995,
            mix,
            first_key,
            seen: vec![0; keys.max(1)],
            writes: 0,
            writer: u64::from(actor) % (1 << (IDENTITY_BITS - COUNTER_BITS)),
        }
    }

    /// Makes and records `calls` calls.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub fn run(
        &mut self,
        subject: &mut dyn Subject,
        recorder: &mut Recorder,
        calls: u64,
    ) -> std::io::Result<()> {
        for _ in 0..calls {
            let (key, call) = self.next_call();
            let clock = || subject.clock();
            let begun = recorder.begin(key, call, clock)?;
            let answer = subject.call(key, &call);
            recorder.end(begun, || subject.clock(), answer)?;
            self.learn(key, answer);
        }
        Ok(())
    }

    fn learn(&mut self, key: u32, answer: Option<Answer>) {
        let seen = match answer {
            Some(Answer::Saw(Sight { gen_seen, .. }) | Answer::Refused(Sight { gen_seen, .. })) => {
                gen_seen
            }
            Some(Answer::Stored { made, .. }) => made,
            Some(Answer::NotDone) | None => return,
        };
        if key != EVERY_KEY {
            self.seen[(key - self.first_key) as usize] = seen;
        }
    }

    fn next_call(&mut self) -> (u32, Call) {
        let index = self.below(self.seen.len() as u64);
        let key = self.first_key + u32::try_from(index).unwrap_or(0);
        let shares = self.mix.shares();
        let mut left = self.below(u64::from(shares.iter().sum::<u32>()));
        let mut choice = 0;
        for (at, share) in shares.iter().enumerate() {
            if left < u64::from(*share) {
                choice = at;
                break;
            }
            left -= u64::from(*share);
        }
        let seen = self.seen[usize::try_from(index).unwrap_or(0)];
        match choice {
            1 => (key, Call::Put(self.record())),
            2 => (key, Call::Add(self.record())),
            3 => (key, Call::Cas(seen, self.record())),
            4 => (key, Call::Remove),
            5 => (EVERY_KEY, Call::Prune),
            6 => (EVERY_KEY, Call::Evict),
            7 => (EVERY_KEY, Call::Clear),
            _ => (key, Call::Look(self.want())),
        }
    }

    fn record(&mut self) -> Record {
        self.writes += 1;
        let base = match self.below(10) {
            0..5 => 1 + self.below(4),
            5..8 => 5 + self.below(20),
            _ => 10_000,
        };
        let identity = (self.writer << COUNTER_BITS) | (self.writes & ((1 << COUNTER_BITS) - 1));
        let ttl = (base * MILLISECOND) >> IDENTITY_BITS << IDENTITY_BITS | identity;
        let body = (self.writer << 48) | self.writes;
        Record { ttl, fmt: self.rarely_other(), fp: self.rarely_other(), body }
    }

    fn want(&mut self) -> Want {
        let max_age = match self.below(8) {
            0 => self.below(4) * MILLISECOND,
            _ => u64::MAX,
        };
        Want { max_age, fmt: self.rarely_other(), fp: self.rarely_other() }
    }

    /// 1, or 2 once in sixteen times.
    fn rarely_other(&mut self) -> u32 {
        1 + u32::from(self.below(16) == 0)
    }

    /// A random number below `bound` (splitmix64).
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}

/// Makes the calls of one actor in the calling thread, as many as the first of `calls` says in the mix of the second, and
/// hands back its events.
///
/// # Panics
///
/// Never: a log in memory cannot fail.
#[must_use]
pub fn act(
    mut subject: Box<dyn Subject + Send>,
    actor: u32,
    seed: u64,
    keys: usize,
    calls: (u64, Mix),
) -> Vec<super::Event> {
    let mut recorder = Recorder::new(actor, super::Log::memory());
    let mut workload = Workload::new(seed, actor, 0, keys, calls.1);
    let run = workload.run(&mut *subject, &mut recorder, calls.0);
    run.and_then(|()| recorder.finish()).expect("a log in memory cannot fail")
}

/// Runs the workload in one thread per subject, with logs in memory, and hands back all events.
///
/// # Panics
///
/// When a thread panics.
#[must_use]
pub fn run_in_threads(
    subjects: Vec<Box<dyn Subject + Send>>,
    seed: u64,
    keys: usize,
    calls: u64,
    mix: Mix,
) -> Vec<super::Event> {
    let actors = (0_u32..).zip(subjects);
    let work = |actor: u32, subject| act(subject, actor, seed, keys, (calls, mix));
    std::thread::scope(|scope| {
        let handles: Vec<_> =
            actors.map(|(actor, subject)| scope.spawn(move || work(actor, subject))).collect();
        handles.into_iter().flat_map(|handle| handle.join().expect("an actor panicked")).collect()
    })
}
