//! Any order of calls: who follows the deltas knows the world, and each delta fits the one before.

use std::collections::BTreeMap;

use amorsize_deltas::{Delta, Deltas};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Call {
    Set(u8, u8),
    Delete(u8),
    Replace(BTreeMap<u8, u8>),
    Resync,
    Pop,
    /// Pops and keeps the key until the next call of the same.
    Hold,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        4 => (0..5_u8, 0..3_u8).prop_map(|(key, value)| Call::Set(key, value)),
        3 => (0..5_u8).prop_map(Call::Delete),
        1 => prop::collection::btree_map(0..5_u8, 0..3_u8, 0..5).prop_map(Call::Replace),
        1 => Just(Call::Resync),
        4 => Just(Call::Pop),
        2 => Just(Call::Hold),
    ]
}

/// What a follower makes of the deltas; panics where one does not fit what it was told before.
#[derive(Debug, Default)]
struct Follower(BTreeMap<u8, u8>);

impl Follower {
    fn hear(&mut self, key: u8, deltas: &[Delta<u8>]) {
        assert!(!deltas.is_empty(), "popped without news");
        for delta in deltas {
            match delta {
                Delta::Added(now) => assert_eq!(self.0.insert(key, *now), None, "added twice"),
                Delta::Updated { was, now } => {
                    assert_ne!(was, now);
                    assert_eq!(self.0.insert(key, *now), Some(*was), "updated from another value");
                }
                Delta::Deleted(was) => assert_eq!(self.0.remove(&key), Some(*was)),
                Delta::Sync(now) => assert_eq!(self.0.get(&key), Some(now)),
            }
        }
    }
}

proptest! {
    #[test]
    fn who_follows_knows_the_world(calls in prop::collection::vec(call(), 0..60)) {
        let queue = Deltas::new();
        let (mut world, mut follower) = (BTreeMap::new(), Follower::default());
        let mut held = None;
        for call in calls {
            match call {
                Call::Set(key, value) => {
                    queue.set(key, value);
                    world.insert(key, value);
                }
                Call::Delete(key) => {
                    queue.delete(key);
                    world.remove(&key);
                }
                Call::Replace(all) => {
                    queue.replace(all.clone());
                    world = all;
                }
                Call::Resync => queue.resync(),
                Call::Pop | Call::Hold => {
                    let keeps = matches!(call, Call::Hold);
                    if keeps {
                        held = None;
                    }
                    let Some(popped) = queue.pop_within(std::time::Duration::ZERO) else { continue };
                    let holder = held.as_ref().map(|held: &amorsize_deltas::Popped<'_, u8, u8>| *held.key());
                    prop_assert_ne!(holder, Some(*popped.key()), "handed out twice at once");
                    follower.hear(*popped.key(), &popped);
                    if keeps {
                        held = Some(popped);
                    }
                }
            }
            // The store is what was told, at every instant, and the queue is the difference.
            prop_assert_eq!(&queue.told(), &follower.0);
            for key in 0..5 {
                prop_assert_eq!(queue.latest(&key), world.get(&key).copied());
            }
        }
        drop(held);
        queue.close();
        while let Some(popped) = queue.pop() {
            follower.hear(*popped.key(), &popped);
        }
        prop_assert_eq!(queue.queued(), 0);
        prop_assert_eq!(&follower.0, &world);
    }
}

#[test]
fn what_came_and_went_untold_is_nothing_and_a_new_one_is_no_update() {
    let queue = Deltas::new();
    queue.set("a", 1);
    queue.delete("a");
    assert_eq!(queue.queued(), 0);
    queue.set("b", 1);
    assert_eq!(queue.pop().map(|popped| popped.to_vec()), Some(vec![Delta::Added(1)]));
    queue.delete("b");
    queue.set("b", 1);
    assert_eq!(
        queue.pop().map(|popped| popped.to_vec()),
        Some(vec![Delta::Deleted(1), Delta::Added(1)])
    );
}

#[test]
fn a_replacement_deletes_what_was_told_and_what_was_only_queued() {
    let queue = Deltas::new();
    queue.set("told", 1);
    drop(queue.pop());
    queue.set("queued", 1);
    queue.replace([("new", 1)]);
    queue.close();
    let mut all = Vec::new();
    while let Some(popped) = queue.pop() {
        all.push((*popped.key(), popped.to_vec()));
    }
    assert_eq!(all, [("told", vec![Delta::Deleted(1)]), ("new", vec![Delta::Added(1)])]);
}
