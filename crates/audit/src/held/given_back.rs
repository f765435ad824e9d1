//! Locks that somebody else took: those that a function gives back without having taken them, and those of the
//! object through which all callers reach a function's own.

use amorsize_facts::event::{Block, EventKind, Lang, LockMode, Node, Release, Root, Scope};

use super::locking::{CALLERS_DEPTH, Held, Locking, NET_DEPTH_MAX, begins, makes};
use crate::link::{ClassId, FnId};

impl Locking<'_, '_> {
    /// The locks that a function of Go gives back at its end and never takes, `defer t.mu.Unlock()` in a `Commit`
    /// for which a `Begin` took it: whoever enters it holds them.
    pub(super) fn given_back(&self, id: FnId) -> Vec<Held> {
        if self.tree.file(id).lang != Lang::Go {
            return Vec::new();
        }
        let function = self.tree.function(id);
        let mut at_end: Vec<(&Release, u32)> = Vec::new();
        deferred(&function.body, &mut at_end);
        if at_end.is_empty() {
            return Vec::new();
        }
        function.each_event(|event| {
            if let EventKind::Acquire(acquire) = &event.kind {
                at_end.retain(|(release, _)| release.lock != acquire.lock);
            }
        });
        // A helper may have taken it.
        let net = self.net(id, NET_DEPTH_MAX);
        at_end.retain(|(release, _)| net.given.contains(&release.lock));
        let held = at_end.into_iter().map(|(release, line)| Held {
            lock: release.lock.clone(),
            mode: release.mode,
            scope: Scope::Thread,
            line,
            taken: 0,
            whole: false,
        });
        held.collect()
    }

    /// The type of those who all hold a lock of theirs around each call of a method on an object that they keep, and
    /// that nobody outside of the package can call: `t.mu` around `t.index.Delete(…)`.
    pub(crate) fn under_its_owner(&self, id: FnId) -> Option<ClassId> {
        let class = self.tree.class_of(id)?;
        let own = self.tree.class(class).name.as_str().starts_with(char::is_lowercase);
        if self.tree.file(id).lang != Lang::Go || !own && !self.tree.is_private(id) {
            return None;
        }
        let mut owner = None;
        for (caller, call, event) in self.sites(id) {
            let confined = begins(self.tree, caller)
                || makes(self.tree, caller)
                || self.at_start(caller, CALLERS_DEPTH);
            if confined || self.tree.is_test(caller) {
                continue;
            }
            let path = call.receiver.as_ref()?;
            if path.root != Root::Receiver || path.steps.is_empty() {
                return None;
            }
            let of = self.tree.class_of(caller).or_else(|| {
                let outer = self.tree.parent(caller)?;
                self.tree.class_of(outer)
            })?;
            let within = self.within(caller);
            let around = self.around(caller);
            let mut held = within.get(&event).into_iter().flatten().chain(&around);
            let keeps = held.any(|held| {
                held.mode == LockMode::Exclusive
                    && held.lock.root == Root::Receiver
                    && held.lock.steps.len() == 1
            });
            if !keeps || owner.is_some_and(|owner| owner != of) {
                return None;
            }
            owner = Some(of);
        }
        owner
    }
}

/// What is given back at the end of a function, whichever way it is left.
fn deferred<'b>(block: &'b Block, found: &mut Vec<(&'b Release, u32)>) {
    for node in block {
        let Node::With(with) = node else { continue };
        for event in with.exit.iter().filter_map(Node::event) {
            if let EventKind::Release(release) = &event.kind {
                found.push((release, event.span.line));
            }
        }
        deferred(&with.body, found);
    }
}
