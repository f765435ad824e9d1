//! Writers and followers at once: nothing is lost, and no key is with two followers.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use amorsize_deltas::{Delta, Deltas};

const KEYS: usize = 7;
const ROUNDS: u32 = 400;

#[test]
fn followers_share_the_keys_and_end_with_the_world() {
    let queue: Deltas<usize, u32> = Deltas::new();
    let with: Vec<AtomicBool> = (0..KEYS).map(|_| AtomicBool::new(false)).collect();
    let heard: Mutex<BTreeMap<usize, u32>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(popped) = queue.pop() {
                    let key = *popped.key();
                    assert!(!with[key].swap(true, Ordering::SeqCst), "{key} is with two followers");
                    for delta in popped.iter() {
                        let mut heard = heard.lock().expect("nobody panics with it");
                        match delta {
                            Delta::Deleted(_) => heard.remove(&key),
                            Delta::Added(now) | Delta::Updated { now, .. } | Delta::Sync(now) => {
                                heard.insert(key, *now)
                            }
                        };
                    }
                    with[key].store(false, Ordering::SeqCst);
                }
            });
        }
        let writers: Vec<_> = (0..2_usize)
            .map(|writer| {
                let queue = &queue;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let key = (round as usize * 3 + writer) % KEYS;
                        match round % 5 {
                            0 => queue.delete(key),
                            1 => queue.resync(),
                            _ => queue.set(key, round),
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().expect("a writer does not panic");
        }
        queue.replace((0..KEYS).map(|key| (key, 1_000_000)));
        queue.close();
    });
    let all: BTreeMap<usize, u32> = (0..KEYS).map(|key| (key, 1_000_000)).collect();
    assert_eq!(*heard.lock().expect("nobody panics with it"), all);
    assert_eq!(queue.told(), all);
}
