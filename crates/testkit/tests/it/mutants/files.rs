//! A cache of one file per key, as it is often written, with its mistakes.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use amorsize_os::clock::{Clock as _, SystemClock};
use amorsize_testkit::history::{Answer, Call, Mix, Reasons, Record, Sight, Subject, Want};
use tempfile::TempDir;

use super::hunt::{ACTORS, hunt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// An expired file is unlinked by name after it was read.
    PruneAfterCheck,
    /// All writers of a key write the same temporary file.
    SharedTempName,
    /// Each writer has its own temporary file, and nothing else orders them.
    OwnTempNameOnly,
}

struct Store {
    folder: Arc<TempDir>,
    actor: usize,
    mistake: Mistake,
}

const WORDS: usize = 5;

impl Store {
    fn path(&self, key: u32) -> PathBuf {
        self.folder.path().join(key.to_string())
    }

    fn look(&self, key: u32, want: &Want) -> Answer {
        let path = self.path(key);
        let words = fs::read(&path).ok().map(|bytes| parse(&bytes));
        let t = SystemClock.now_ns();
        let Some(words) = words else { return Answer::Saw(nothing(t, Reasons::ABSENT)) };
        let Some([created, ttl, fmt, fp, body]) = words else {
            return Answer::Saw(nothing(t, Reasons::CORRUPT));
        };
        let reasons = Reasons::HIT
            .with(Reasons::VERSION, fmt != u64::from(want.fmt))
            .with(Reasons::EXPIRED, t.saturating_sub(created) > ttl.min(want.max_age))
            .with(Reasons::INCOMPATIBLE, fp != u64::from(want.fp));
        if reasons.has(Reasons::EXPIRED) && self.mistake == Mistake::PruneAfterCheck {
            std::thread::yield_now();
            drop(fs::remove_file(&path));
        }
        let body = (reasons == Reasons::HIT).then_some(body);
        let (created_seen, ttl) = (Some(created), Some(ttl));
        Answer::Saw(Sight {
            t,
            gen_seen: created,
            reasons,
            body,
            created: created_seen,
            ttl,
            since: 0,
        })
    }

    fn put(&self, key: u32, record: &Record) -> Answer {
        let at = SystemClock.now_ns();
        let words = [at, record.ttl, record.fmt.into(), record.fp.into(), record.body];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let temporary = match self.mistake {
            Mistake::SharedTempName => self.folder.path().join(format!("{key}.tmp")),
            _ => self.folder.path().join(format!("{key}.{}.tmp", self.actor)),
        };
        let written = fs::write(&temporary, bytes);
        std::thread::yield_now();
        match written.and_then(|()| fs::rename(&temporary, self.path(key))) {
            Ok(()) => Answer::Stored { made: at, at },
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
                Answer::NotDone
            }
        }
    }
}

fn nothing(t: u64, reasons: Reasons) -> Sight {
    Sight { t, gen_seen: 0, reasons, body: None, created: None, ttl: None, since: 0 }
}

fn parse(bytes: &[u8]) -> Option<[u64; WORDS]> {
    let mut words = [0; WORDS];
    if bytes.len() != WORDS * 8 {
        return None;
    }
    for (word, eight) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(eight.try_into().ok()?);
    }
    Some(words)
}

impl Subject for Store {
    fn clock(&self) -> u64 {
        SystemClock.now_ns()
    }

    fn call(&mut self, key: u32, call: &Call) -> Option<Answer> {
        Some(match call {
            Call::Look(want) => self.look(key, want),
            Call::Put(record) => self.put(key, record),
            _ => Answer::NotDone,
        })
    }
}

const LOOKS_AND_PUTS: Mix =
    Mix { look: 80, put: 20, add: 0, cas: 0, remove: 0, prune: 0, evict: 0, clear: 0 };

fn is_found(mistake: Mistake) -> bool {
    let verdict = hunt(LOOKS_AND_PUTS, |_| {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let open = |actor| Store { folder: folder.clone(), actor, mistake };
        (0..ACTORS).map(|actor| Box::new(open(actor)) as Box<dyn Subject + Send>).collect()
    });
    !verdict.is_truthful()
}

#[test]
fn a_prune_after_the_check_is_found() {
    assert!(is_found(Mistake::PruneAfterCheck));
}

#[test]
fn a_shared_temporary_name_is_found() {
    assert!(is_found(Mistake::SharedTempName));
}

#[test]
fn a_temporary_name_of_ones_own_is_not_enough_and_is_found() {
    assert!(is_found(Mistake::OwnTempNameOnly));
}
