//! The locks of another place that changes a store, where the flow reaches the object by a path of its own: those
//! of the object around the part that is changed, and those of the object through which all callers reach it.

use amorsize_facts::event::{Call, EventId, FunctionKind, Lang, LockMode, Path, Root};

use crate::flow::{AbsPath, AbsRoot};
use crate::held::{Locking, begins};
use crate::link::{FnId, Tree};
use crate::mutators::{Seat, Way};

/// Calls between those who hold the lock and the method that changes the store.
const CALLS_MAX: u8 = 4;

impl Seat<'_> {
    /// The lock of the object around the part that holds the store: `b.mu` where `b.first` is changed, and the flow
    /// has it as `s.blocks[i].first`.
    pub(crate) fn around_part(&self, lock: &Path, base: Option<&Path>) -> Option<AbsPath> {
        let (ours, theirs) = (self.base?, base?);
        let part = theirs.steps.as_slice();
        let own = ours.root == AbsRoot::Receiver && ours.steps.len() == part.len();
        if own || part.is_empty() || theirs.root != Root::Receiver || lock.root != Root::Receiver {
            return None;
        }
        let around = ours.steps.strip_suffix(part)?;
        let steps = around.iter().chain(&lock.steps).copied().collect();
        Some(AbsPath { root: ours.root.clone(), steps })
    }

    /// The locks of the entry's own object under which all others of its type call a method that nobody outside of
    /// the package knows, on an object that they keep: `s.mu` around `s.last.skip()`.
    pub(crate) fn callers_hold(&self, tree: &Tree<'_>, locking: &Locking<'_, '_>, id: FnId) -> Way {
        let reached = self.base.is_some_and(|base| {
            base.root == AbsRoot::Receiver && !base.steps.is_empty() && self.class.is_some()
        });
        if !reached || tree.file(id).lang != Lang::Go || !tree.is_private(id) {
            return Way::new();
        }
        self.all_hold(tree, locking, id, CALLS_MAX).unwrap_or_default()
    }

    fn all_hold(
        &self,
        tree: &Tree<'_>,
        locking: &Locking<'_, '_>,
        id: FnId,
        left: u8,
    ) -> Option<Way> {
        let mut common: Option<Way> = None;
        for site in locking.sites(id) {
            let caller = site.0;
            let constructs = tree.function(caller).kind == FunctionKind::Constructor;
            let nobody_there = constructs || begins(tree, caller) || locking.only_at_start(caller);
            if caller == id || nobody_there || tree.is_test(caller) {
                continue;
            }
            let held = self.at_site(tree, locking, site, left);
            common = Some(match common {
                None => held,
                Some(before) => before
                    .into_iter()
                    .filter_map(|(path, mode, scope)| {
                        let (_, other, _) = held.iter().find(|(other, ..)| *other == path)?;
                        let shared = *other == LockMode::Shared;
                        Some((path, if shared { *other } else { mode }, scope))
                    })
                    .collect(),
            });
        }
        common
    }

    fn at_site(
        &self,
        tree: &Tree<'_>,
        locking: &Locking<'_, '_>,
        (caller, call, event): (FnId, &Call, EventId),
        left: u8,
    ) -> Way {
        let path = call.receiver.as_ref().filter(|path| path.root == Root::Receiver);
        let Some(path) = path else { return Way::new() };
        if path.steps.is_empty() {
            let more = left.checked_sub(1).filter(|_| tree.is_private(caller));
            return more
                .and_then(|left| self.all_hold(tree, locking, caller, left))
                .unwrap_or_default();
        }
        let class = tree.class_of(caller).or_else(|| tree.class_of(tree.parent(caller)?));
        if class != self.class {
            return Way::new();
        }
        let mut held = locking.within(caller).get(&event).cloned().unwrap_or_default();
        held.extend(locking.around(caller));
        let own = held.into_iter().filter(|held| held.lock.root == Root::Receiver);
        own.map(|held| {
            let path = AbsPath { root: AbsRoot::Receiver, steps: held.lock.steps };
            (path, held.mode, held.scope)
        })
        .collect()
    }
}
