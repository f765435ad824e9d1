//! Conditions that are made on a lock, `self.ready = threading.Condition(self.lock)`: whoever holds the one holds the
//! other, so both are called by the lock.

use rustc_hash::FxHashMap;

use super::body::{Body, Val};
use super::declare::each_body;
use super::file::{FileCx, mentions};
use crate::event::{Name, Path, Root, Step};
use crate::syntax::{Arg, ClassDef, ExprId, ExprKind, Stmt, StmtKind};

/// Blocks within blocks in which a condition is looked for.
const DEPTH_MAX: u32 = 12;

/// What makes a condition.
const WORD: &str = "Condition";

/// Conditions, and the locks that they are made on.
pub(super) type Conditions = FxHashMap<Name, Name>;

impl<'s> FileCx<'_, 's> {
    /// The conditions that a class makes on a lock of the same object.
    pub(super) fn conditions_of_class(&self, def: &ClassDef<'s>) -> Conditions {
        let mut found = Conditions::default();
        if self.text(def.start, def.end).contains(WORD) {
            self.conditions_beside(&def.body, &mut found);
            for stmt in &def.body {
                let StmtKind::Function(method) = &stmt.kind else { continue };
                if let (Some(receiver), Some(body)) = (method.params.first(), &method.body) {
                    self.conditions_of(body, receiver.name, &mut found, 0);
                }
            }
        }
        found
    }

    /// The conditions that a module makes on a lock beside them.
    pub(super) fn conditions_of_module(&self) -> Conditions {
        let mut found = Conditions::default();
        if !self.is_go() && mentions(self.source, WORD) {
            self.conditions_beside(&self.tree.body, &mut found);
        }
        found
    }

    /// The conditions that a method makes on a lock of the same object.
    fn conditions_of(&self, body: &[Stmt<'s>], receiver: &str, found: &mut Conditions, depth: u32) {
        if depth > DEPTH_MAX {
            return;
        }
        let own = |id: ExprId| match self.tree.kind(id) {
            ExprKind::Attr(base, name) if matches!(self.tree.kind(*base), ExprKind::Name(base) if *base == receiver) => {
                Some(Name::new(name))
            }
            _ => None,
        };
        for stmt in body {
            self.condition(stmt, &own, found);
            each_body(stmt, &mut |inner| self.conditions_of(inner, receiver, found, depth + 1));
        }
    }

    /// The conditions that the body of a class or a module makes on a lock beside them.
    fn conditions_beside(&self, body: &[Stmt<'s>], found: &mut Conditions) {
        let plain = |id: ExprId| match self.tree.kind(id) {
            ExprKind::Name(name) => Some(Name::new(name)),
            _ => None,
        };
        body.iter().for_each(|stmt| self.condition(stmt, &plain, found));
    }

    /// `NAME = threading.Condition(LOCK)`, where `name` tells both names. What is given another lock elsewhere, or
    /// a value that is no such condition, is none.
    fn condition(
        &self,
        stmt: &Stmt<'s>,
        name: &dyn Fn(ExprId) -> Option<Name>,
        found: &mut Conditions,
    ) {
        let (targets, value): (&[ExprId], ExprId) = match &stmt.kind {
            StmtKind::Assign { targets, value, .. } => (targets, *value),
            StmtKind::Declare { names, value: Some(value), .. } => (names, *value),
            _ => return,
        };
        let lock = self.lock_given(value).and_then(name);
        for condition in targets.iter().filter_map(|target| name(*target)) {
            match (lock, found.get(&condition)) {
                (Some(lock), None) => {
                    found.insert(condition, lock);
                }
                // One that is made without a lock has one of its own.
                (lock, known)
                    if known.is_some_and(|known| lock != Some(*known))
                        || lock.is_none() && self.makes_condition(value) =>
                {
                    found.insert(condition, condition);
                }
                _ => {}
            }
        }
    }

    /// Whether an expression makes a condition.
    fn makes_condition(&self, made: ExprId) -> bool {
        let ExprKind::Call(callee, _) = self.tree.kind(made) else { return false };
        self.dotted(*callee).is_some_and(|name| name.as_str().rsplit('.').next() == Some(WORD))
    }

    /// The lock that a condition made here is given.
    fn lock_given(&self, made: ExprId) -> Option<ExprId> {
        let ExprKind::Call(callee, args) = self.tree.kind(made) else { return None };
        let name = self.dotted(*callee)?;
        let (_, word) = name.as_str().rsplit_once('.')?;
        let lock = |arg: &&Arg<'_>| arg.name.is_none_or(|name| name == "lock") && arg.stars == 0;
        let first = args.first().filter(lock).filter(|_| word == WORD)?;
        Some(first.value)
    }

    /// The lock of a condition of a class of this file, or of one that it is derived from.
    fn condition_in(&self, class: Name, field: Name, depth: u32) -> Option<Name> {
        let info = self.classes.get(&class)?;
        info.conditions.get(&field).copied().or_else(|| {
            let bases = info.bases.iter().filter(|_| depth < DEPTH_MAX);
            bases
                .map(|base| plain(base.name))
                .find_map(|base| self.condition_in(base, field, depth + 1))
        })
    }
}

/// A name of this file without the mark that it is one.
pub(super) fn plain(name: Name) -> Name {
    Name::new(name.as_str().trim_start_matches('.'))
}

impl Body<'_, '_, '_> {
    /// The path of a lock; that of a condition is the one of the lock that it is made on.
    pub(super) fn path_of_lock(&self, val: &Val) -> Path {
        let mut path = self.path_of(val);
        let cx = self.cx;
        let kept = |class: Option<Name>, field: Name| {
            class.and_then(|class| cx.condition_in(class, field, 0)).unwrap_or(field)
        };
        match (&mut path.root, path.steps.as_mut_slice()) {
            (Root::Receiver, [Step::Field(field)]) => *field = kept(self.class, *field),
            (Root::Class(class), [Step::Field(field)]) => {
                *field = kept(Some(plain(*class)), *field);
            }
            (Root::Global(name), []) => {
                if let Some(lock) = cx.conditions.get(&plain(*name)) {
                    *name = Name::new(&format!(".{lock}"));
                }
            }
            _ => {}
        }
        path
    }
}
