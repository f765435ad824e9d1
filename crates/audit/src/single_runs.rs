//! Methods of Go of which one run at most is under way for one object: whoever starts a goroutine for it has seen,
//! under a lock, a flag of the object unset, and sets it there; the run itself sets it back when it is done.

use amorsize_facts::event::{
    Act, Block, Check, Cond, Event, EventId, EventKind, Lang, Literal, LockMode, Node, Path, Place,
    Root, Seen, Step, ValueId, ValueKind, contains, leaves,
};

use crate::goroutines::started;
use crate::held::{Held, HeldAt, Locking};
use crate::link::{FnId, Tree};
use crate::mutators::{Mutators, home};

/// Callers between a run and what it does.
const CALLERS_DEPTH: u8 = 4;

impl Locking<'_, '_> {
    /// The method through whose runs, one at a time for each object, alone a function is reached.
    pub(crate) fn single_run(&self, mutators: &Mutators<'_>, id: FnId) -> Option<FnId> {
        self.through_run(mutators, id, CALLERS_DEPTH)
    }

    fn through_run(&self, mutators: &Mutators<'_>, id: FnId, left: u8) -> Option<FnId> {
        let tree = self.tree();
        let method = tree.file(id).lang == Lang::Go && tree.class_of(id).is_some();
        if left == 0 || !method || !tree.is_private(id) {
            return None;
        }
        if self.started().by(id).is_some() {
            return self.runs_once_at_a_time(mutators, id).then_some(id);
        }
        let callers = self.only_callers(id)?;
        let own = |by: FnId| {
            let mut sites = self.sites(id).filter(|(caller, ..)| *caller == by).peekable();
            sites.peek().is_some()
                && sites.all(|(_, call, _)| call.receiver == Some(Path::root(Root::Receiver)))
        };
        let mut roots = callers
            .into_iter()
            .filter(|by| *by != id)
            .map(|by| own(by).then(|| self.through_run(mutators, by, left - 1)).flatten());
        let first = roots.next()??;
        roots.all(|root| root == Some(first)).then_some(first)
    }

    fn runs_once_at_a_time(&self, mutators: &Mutators<'_>, id: FnId) -> bool {
        let tree = self.tree();
        if self.callers(id).any(|by| !tree.is_test(by)) {
            return false;
        }
        let mut claims: Vec<(FnId, Claim)> = Vec::new();
        for (by, _) in self.all_starts(id) {
            if tree.is_test(by) {
                continue;
            }
            let own = tree.class_of(by) == tree.class_of(id);
            let mut starts = Starts { tree, by, of: id, found: Vec::new(), free: false };
            starts.block(&tree.function(by).body, &mut Vec::new(), &mut Vec::new());
            if !own || starts.free || starts.found.is_empty() {
                return false;
            }
            claims.extend(starts.found.into_iter().map(|claim| (by, claim)));
        }
        let Some((_, Claim { flag, .. })) = claims.first() else { return false };
        claims.iter().all(|(_, claim)| claim.flag == *flag)
            && self.lock_of_claims(&claims).is_some_and(|lock| {
                self.only_claimed_and_ended(mutators, (id, &claims), (flag, &lock))
            })
    }

    /// The lock of the object that all hold from the look at the flag to the setting of it.
    fn lock_of_claims(&self, claims: &[(FnId, Claim)]) -> Option<Path> {
        let mut common: Option<Path> = None;
        for (by, claim) in claims {
            let held = self.throughout(*by);
            let at_act = held.get(&claim.act)?;
            let lock = held.get(&claim.check)?.iter().find(|lock| {
                lock.mode == LockMode::Exclusive
                    && lock.lock.root == Root::Receiver
                    && common.as_ref().is_none_or(|common| *common == lock.lock)
                    && at_act.iter().any(|at| at.lock == lock.lock && at.taken == lock.taken)
            })?;
            common = Some(lock.lock.clone());
        }
        common
    }

    /// Whether the flag is set by those who start a run, and set back at the end of the run, alone.
    fn only_claimed_and_ended(
        &self,
        mutators: &Mutators<'_>,
        (id, claims): (FnId, &[(FnId, Claim)]),
        (flag, lock): (&Path, &Path),
    ) -> bool {
        let tree = self.tree();
        let Some((home, _)) = home(tree, id, &Place::Path(flag.clone())) else { return false };
        mutators.of_target(Some(&home)).iter().filter(|change| !change.confined).all(|change| {
            match sets(tree, change.function, change.act) {
                Some(true) => claims
                    .iter()
                    .any(|(by, claim)| *by == change.function && claim.act == change.event.id),
                Some(false) => {
                    let held = self.throughout(id);
                    let body = &tree.function(id).body;
                    change.function == id && ends_under(body, change.event.id, (&held, lock), false)
                }
                None => false,
            }
        })
    }
}

/// What a store of a truth value sets.
fn sets(tree: &Tree<'_>, id: FnId, act: &Act) -> Option<bool> {
    match &tree.function(id).value(act.value?).kind {
        ValueKind::Literal(Literal::Bool(set)) => Some(*set),
        _ => None,
    }
}

/// A flag that is set for a run which is started then.
#[derive(Clone)]
struct Claim {
    flag: Path,
    check: EventId,
    act: EventId,
}

/// The places of one function that start another.
struct Starts<'t, 'f> {
    tree: &'t Tree<'f>,
    by: FnId,
    of: FnId,
    found: Vec<Claim>,
    /// One of them heeds no flag.
    free: bool,
}

impl Starts<'_, '_> {
    /// `unset` is what has been seen unset on the way, `claimed` what has been set since.
    fn block(&mut self, block: &Block, unset: &mut Vec<(Path, EventId)>, claimed: &mut Vec<Claim>) {
        for node in block {
            match node {
                Node::Event(event) => self.event(event, unset, claimed),
                Node::Branch(branch) => {
                    let (mut then, mut other) = (unset.clone(), unset.clone());
                    self.learn(&branch.cond, &mut then);
                    self.learn_against(&branch.cond, &mut other);
                    self.block(&branch.then, &mut then, &mut claimed.clone());
                    self.block(&branch.other, &mut other.clone(), &mut claimed.clone());
                    // Who goes on has not left.
                    if leaves(&branch.then) {
                        *unset = other;
                    }
                }
                Node::With(with) => {
                    self.block(&with.enter, unset, claimed);
                    self.block(&with.body, unset, claimed);
                    self.block(&with.exit, unset, claimed);
                }
                _ => {
                    for inner in node.blocks() {
                        self.block(inner, &mut Vec::new(), &mut Vec::new());
                    }
                }
            }
        }
    }

    fn event(&mut self, event: &Event, unset: &mut Vec<(Path, EventId)>, claimed: &mut Vec<Claim>) {
        match &event.kind {
            EventKind::Act(act) => {
                let place = &self.tree.function(self.by).store(act.store).place;
                let Place::Path(path) = place else { return };
                let Some(at) = unset.iter().position(|(flag, _)| flag == path) else { return };
                let (flag, check) = unset.remove(at);
                if sets(self.tree, self.by, act) == Some(true) {
                    claimed.push(Claim { flag, check, act: event.id });
                }
            }
            EventKind::Spawn(spawn)
                if started(self.tree, self.by, spawn.target) == Some(self.of) =>
            {
                // A flag that was set lets one run begin, not two, and says nothing of another object's.
                match claimed.pop().filter(|_| self.is_own_method(spawn.target)) {
                    Some(claim) => self.found.push(claim),
                    None => self.free = true,
                }
            }
            _ => {}
        }
    }

    /// Whether what is started is a method of the starter's own object.
    fn is_own_method(&self, target: ValueId) -> bool {
        let function = self.tree.function(self.by);
        match &function.value(target).kind {
            ValueKind::Load(path) => path.root == Root::Receiver && path.steps.len() == 1,
            ValueKind::Field(of, _) => matches!(function.value(*of).kind, ValueKind::Receiver),
            _ => false,
        }
    }

    fn learn(&self, cond: &Cond, unset: &mut Vec<(Path, EventId)>) {
        match cond {
            Cond::Not(inner) => {
                if let Cond::Value(value) = inner.as_ref() {
                    unset.extend(self.flag(*value));
                }
            }
            Cond::All(clauses) => clauses.iter().for_each(|clause| self.learn(&clause.cond, unset)),
            _ => {}
        }
    }

    fn learn_against(&self, cond: &Cond, unset: &mut Vec<(Path, EventId)>) {
        match cond {
            Cond::Value(value) => unset.extend(self.flag(*value)),
            Cond::Any(clauses) => {
                clauses.iter().for_each(|clause| self.learn_against(&clause.cond, unset));
            }
            _ => {}
        }
    }

    /// The field of the receiver that a truth value was read from.
    fn flag(&self, value: ValueId) -> Option<(Path, EventId)> {
        let function = self.tree.function(self.by);
        let mut found = None;
        function.each_event(|event| {
            if let EventKind::Check(check) = &event.kind
                && check.result == value
            {
                found = Some((event.id, check.as_ref()));
            }
        });
        let (event, check): (EventId, &Check) = found.filter(|(_, c)| c.means == Seen::Present)?;
        let Place::Path(path) = &function.store(check.store).place else { return None };
        let own = path.root == Root::Receiver && matches!(path.steps.as_slice(), [Step::Field(_)]);
        own.then(|| (path.clone(), event))
    }
}

/// Whether a function leaves its object alone after an event, but for what it does in the same holding of the lock.
fn ends_under(block: &Block, act: EventId, held: (&HeldAt, &Path), looped: bool) -> bool {
    for (at, node) in block.iter().enumerate() {
        let rest = &block[at + 1..];
        if node.event().is_some_and(|event| event.id == act) {
            return calm(rest, act, held) && (!looped || returns(rest));
        }
        let looped_here = looped || matches!(node, Node::Loop(_));
        for inner in node.blocks() {
            if contains(inner, act) {
                // Where the way ends within, what stands behind is not come to.
                return ends_under(inner, act, held, looped_here)
                    && (returns(inner) || calm(rest, act, held));
            }
        }
    }
    false
}

/// Whether a block ends with a way out of the function.
fn returns(block: &[Node]) -> bool {
    block.iter().any(|node| match node {
        Node::Event(event) => matches!(event.kind, EventKind::Return(_)),
        Node::With(with) => returns(&with.body),
        _ => false,
    })
}

/// Whether nothing is done to the object there outside of the holding of an event.
fn calm(block: &[Node], act: EventId, (held, lock): (&HeldAt, &Path)) -> bool {
    let taken = |id: EventId| {
        let at: Option<&Held> = held.get(&id)?.iter().find(|held| held.lock == *lock);
        at.filter(|held| held.mode == LockMode::Exclusive).map(|held| held.taken)
    };
    let Some(own) = taken(act) else { return false };
    let quiet = |event: &Event| match &event.kind {
        EventKind::Act(_) | EventKind::Read(_) | EventKind::Check(_) | EventKind::Spawn(_) => {
            taken(event.id) == Some(own)
        }
        EventKind::Call(call) => {
            let itself = call.receiver.as_ref().is_some_and(|path| path.root == Root::Receiver);
            !itself || taken(event.id) == Some(own)
        }
        _ => true,
    };
    block.iter().all(|node| {
        node.event().is_none_or(quiet)
            && node.blocks().into_iter().all(|inner| calm(inner, act, (held, lock)))
    })
}
