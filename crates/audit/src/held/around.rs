//! The locks held whenever a function is entered: what all its callers hold, themselves or around them.

use amorsize_facts::event::{Call, Lang, LockMode, Path, Root, Step, says_any};
use rustc_hash::{FxHashMap, FxHashSet};

use super::locking::{CALLERS_DEPTH, Held, Locking, Run, begins, makes};
use crate::link::{FnId, Tree};

impl<'f> Locking<'_, 'f> {
    /// The locks held whenever the function is entered.
    pub(crate) fn around(&self, id: FnId) -> Vec<Held> {
        if !self.around.borrow().contains_key(&id) {
            self.settle(id);
        }
        self.around.borrow().get(&id).cloned().unwrap_or_default()
    }

    /// Finds what is held around a function and all that lead to it. Each starts as unknown and
    /// loses what one of its callers does not hold until nothing changes any more, so the answer
    /// does not hang on which function was asked about first.
    fn settle(&self, id: FnId) {
        let order = self.callers_first(id);
        let mut now: FxHashMap<FnId, Vec<Held>> = FxHashMap::default();
        loop {
            let (mut changed, mut waits) = (false, false);
            for id in &order {
                let found = self.entered_with(*id, &now, &mut waits);
                if let Some(found) = found
                    && now.get(id) != Some(&found)
                {
                    now.insert(*id, found);
                    changed = true;
                }
            }
            if !changed || !waits {
                break;
            }
        }
        let mut around = self.around.borrow_mut();
        around.extend(order.into_iter().map(|id| (id, now.remove(&id).unwrap_or_default())));
    }

    /// The function and those that lead to it and are not settled yet, each after its callers but for
    /// calls in a circle.
    fn callers_first(&self, id: FnId) -> Vec<FnId> {
        let (mut order, mut seen) = (Vec::new(), FxHashSet::from_iter([id]));
        let mut path = vec![(id, self.entered_from(id))];
        while let Some((at, callers)) = path.last_mut() {
            match callers.pop() {
                Some(caller) => {
                    if !self.around.borrow().contains_key(&caller) && seen.insert(caller) {
                        path.push((caller, self.entered_from(caller)));
                    }
                }
                None => {
                    order.push(*at);
                    path.pop();
                }
            }
        }
        order
    }

    /// Who runs the function, where that tells what is held around it.
    fn entered_from(&self, id: FnId) -> Vec<FnId> {
        if !self.relies_on_callers(id) {
            return Vec::new();
        }
        let runs = self.calls.runs.get(&id).into_iter().flatten().map(|run| run.from);
        runs.chain(self.callers(id)).filter(|from| *from != id).collect()
    }

    /// The locks held at every entry whose own surroundings are known so far, and those that the function only gives
    /// back; `None` where none is known.
    fn entered_with(
        &self,
        id: FnId,
        now: &FxHashMap<FnId, Vec<Held>>,
        waits: &mut bool,
    ) -> Option<Vec<Held>> {
        let mut held = self.entered_by_callers(id, now, waits)?;
        add_outer(&mut held, &self.given_back(id));
        Some(held)
    }

    fn entered_by_callers(
        &self,
        id: FnId,
        now: &FxHashMap<FnId, Vec<Held>>,
        waits: &mut bool,
    ) -> Option<Vec<Held>> {
        if !self.relies_on_callers(id) {
            return Some(Vec::new());
        }
        let settled = self.around.borrow();
        let mut around = |from: FnId| {
            let known = now.get(&from).or_else(|| settled.get(&from));
            *waits |= known.is_none();
            known
        };
        let mut common: Option<Vec<Held>> = None;
        let mut some = false;
        for run in self.calls.runs.get(&id).into_iter().flatten() {
            some = true;
            let Some(outer) = around(run.from) else { continue };
            let mut seen = self.at_run(*run);
            add_outer(&mut seen, outer);
            common = Some(match common {
                None => seen,
                Some(before) => before
                    .into_iter()
                    .filter(|held| seen.iter().any(|other| other.lock == held.lock))
                    .collect(),
            });
        }
        for (caller, call, event) in self.sites(id) {
            let confined = begins(self.tree, caller)
                || makes(self.tree, caller)
                || self.at_start(caller, CALLERS_DEPTH);
            if confined || caller == id {
                continue;
            }
            some = true;
            let Some(outer) = around(caller) else { continue };
            let mut held = self.within(caller).get(&event).cloned().unwrap_or_default();
            add_outer(&mut held, outer);
            let seen: Vec<Held> =
                held.iter().filter_map(|held| self.translate(held, (caller, id), call)).collect();
            common = Some(match common {
                None => seen,
                Some(before) => before
                    .into_iter()
                    .filter_map(|held| {
                        let other = seen.iter().find(|other| other.lock == held.lock)?;
                        let mode =
                            if other.mode == LockMode::Shared { other.mode } else { held.mode };
                        Some(Held { mode, ..held })
                    })
                    .collect(),
            });
        }
        let mut common = if some { common? } else { Vec::new() };
        // Of a method for everybody, others may be callers as well that the code does not name.
        if !self.tree.is_private(id) && !self.by_name(id).is_empty() {
            common.retain(|held| !held.whole);
        }
        Some(common)
    }

    /// The locks under which a closure that was handed over runs, as the functions there hold them.
    fn at_run(&self, run: Run<'f>) -> Vec<Held> {
        let mut held = self.within(run.from).get(&run.event).cloned().unwrap_or_default();
        if let Some((callee, event)) = run.inside {
            let inner = self.within(callee).get(&event).cloned().unwrap_or_default();
            held.extend(inner.into_iter().filter_map(|held| {
                Some(Held { lock: self.outwards(&held.lock, callee, run.call)?, ..held })
            }));
        }
        held
    }

    /// Whether all callers are in sight, or the code says that callers hold the lock.
    fn relies_on_callers(&self, id: FnId) -> bool {
        if self.tree.is_private(id) || self.tree.function(id).parent.is_some() {
            return true;
        }
        let function = self.tree.function(id);
        let doc = function.doc.as_deref().unwrap_or_default();
        says_any(function.name.as_str(), &["locked", "nolock", "withoutlock", "unsafe"])
            || (says_any(doc, &["lock"]) && says_any(doc, &["hold", "held", "caller"]))
            || self.called(id)
    }

    /// The same lock in the words of the callee.
    fn translate(&self, held: &Held, (caller, callee): (FnId, FnId), call: &Call) -> Option<Held> {
        let own = self.on_receiver(held, (caller, callee), call);
        own.or_else(|| self.on_argument(held, callee, call))
    }

    /// The lock of an object that the callee is handed: `n.mu` around `p.settle(n)`. Only a callee that nobody
    /// outside of the package knows has all its callers in sight.
    fn on_argument(&self, held: &Held, callee: FnId, call: &Call) -> Option<Held> {
        if self.tree.file(callee).lang != Lang::Go || !self.tree.is_private(callee) {
            return None;
        }
        let own = |path: &Path| {
            !matches!(path.root, Root::Global(_) | Root::Class(_)) && held.lock.starts_with(path)
        };
        let (n, path) = call.paths.iter().find(|(_, path)| own(path))?;
        let steps = held.lock.steps[path.steps.len()..].to_vec();
        let of_it = !steps.is_empty() && usize::from(*n) < self.tree.function(callee).params.len();
        of_it.then(|| Held { lock: Path { root: Root::Param(*n), steps }, ..held.clone() })
    }

    /// The lock where the callee's receiver leads to it, or where everybody has it.
    fn on_receiver(
        &self,
        held: &Held,
        (caller, callee): (FnId, FnId),
        call: &Call,
    ) -> Option<Held> {
        // `c.mu` of a local `c`, or `s.c.mu`, and the call is on `c` or `s.c`.
        if let Some(path) = &call.receiver
            && (path.root != Root::Receiver || !path.steps.is_empty())
            && !matches!(path.root, Root::Global(_) | Root::Class(_))
            && held.lock.starts_with(path)
        {
            let steps = held.lock.steps[path.steps.len()..].to_vec();
            let lock = Path { root: Root::Receiver, steps };
            return Some(Held { lock, ..held.clone() });
        }
        match &held.lock.root {
            Root::Receiver => {
                let closure = self.tree.parent(callee).is_some();
                let own = closure
                    || call
                        .receiver
                        .as_ref()
                        .is_none_or(|path| path.root == Root::Receiver && path.steps.is_empty());
                let has = self.tree.class_of(callee).is_some() || closure;
                if !own || !has {
                    return None;
                }
                let embedded = self.embedded(held, caller, callee);
                let steps = held.lock.steps[embedded..].to_vec();
                Some(Held { lock: Path { root: Root::Receiver, steps }, ..held.clone() })
            }
            Root::Global(_) | Root::Class(_) => Some(held.clone()),
            _ => None,
        }
    }

    /// How many steps of a lock's path lead to the embedded struct that a promoted method is of:
    /// it sees that struct as its receiver.
    fn embedded(&self, held: &Held, caller: FnId, callee: FnId) -> usize {
        let (Some(mut class), Some(of)) = (self.tree.class_of(caller), self.tree.class_of(callee))
        else {
            return 0;
        };
        for (at, step) in held.lock.steps.iter().enumerate() {
            if class == of {
                return at;
            }
            let Step::Field(field) = step else { return 0 };
            let facts = self.tree.class(class);
            let base = facts.bases.iter().find(|base| Tree::type_word(base) == *field);
            let Some(inner) = base.and_then(|base| self.tree.class_named(class.file, base.name))
            else {
                return 0;
            };
            class = inner;
        }
        0
    }
}

/// Adds the locks held around that are not taken again within.
fn add_outer(held: &mut Vec<Held>, outer: &[Held]) {
    let own = held.len();
    for lock in outer {
        if !held[..own].iter().any(|held| held.lock == lock.lock) {
            held.push(lock.clone());
        }
    }
}
