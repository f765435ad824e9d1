//! Methods of a model that count in their own row: `self.used += 1; self.save()`, or that let its
//! number decide and then set it: `if n > self.last: self.last = n; self.save()`.
//!
//! The object was read at some time before the method began, and what is saved is made of what was
//! read then: the read is put at the beginning, which is the latest it can have been.

use std::rc::Rc;

use super::body::{Body, Query, Seen as Looked, Val};
use super::callee::Callee;
use super::declare::each_body;
use super::judge::is_age;
use crate::event::{
    Act, ActKind, Atomicity, Confidence, EventKind, FunctionKind, Name, Outcome, Path, Place, Read,
    Root, Span, TypeRef,
};
use crate::syntax::{Binary, ExprId, ExprKind, Stmt, StmtKind};

/// Blocks within blocks that are looked through.
const DEPTH_MAX: u32 = 12;

/// What a method does with its own row.
#[derive(Default)]
struct Counting<'s> {
    counted: Option<ExprId>,
    /// Fields that were compared with another number.
    compared: Vec<(&'s str, ExprId)>,
    saved: bool,
}

impl<'s> Body<'_, '_, 's> {
    /// Begins a method of a model that counts in its own row with the read that it relies on.
    pub(super) fn read_own_row(&mut self, statements: &[Stmt<'s>]) {
        if self.cx.is_go() || self.kind != FunctionKind::Method {
            return;
        }
        let Some((name, Some(of))) = self.receiver.clone() else { return };
        let model = self.cx.class_of(&of).is_some_and(|id| self.cx.words.class(id).name == "model");
        let mut counting = Counting::default();
        if model {
            self.counting_in(statements, name, 0, &mut counting);
        }
        let (Some(counted), true) = (counting.counted, counting.saved) else { return };
        let span = self.span_of(counted);
        let Some(own) = self.env.get(&name).map(|val| val.id) else { return };
        let (model, filters) = (of.name, vec![own]);
        let query = Query { model, filters, locks: false, flushes: false, span };
        self.read_held_row(name, query, (Some(of), Root::Receiver));
    }

    /// Begins a round of a loop over rows that were asked for with the read of the row, where the round counts in it:
    /// `for job in Job.objects.filter(…): job.runs += 1; job.save()`. All of them were read when the loop began, or
    /// before.
    pub(super) fn read_walked_row(
        &mut self,
        target: ExprId,
        each: &Val,
        statements: &[Stmt<'s>],
        span: Span,
    ) {
        let ExprKind::Name(name) = self.cx.tree.kind(target) else { return };
        let name = Name::new(name);
        let asked = self.queries.get(&each.id).filter(|query| !query.flushes && !self.cx.is_go());
        let Some(query) = asked.cloned() else { return };
        let mut counting = Counting::default();
        self.counting_in(statements, name, 0, &mut counting);
        let Some(held) = self.env.get(&name).map(|val| val.id) else { return };
        if counting.counted.is_none() || !counting.saved {
            return;
        }
        let ty = Some(self.returned(Name::new("model")));
        let query = Query { filters: vec![held], span, ..query };
        self.read_held_row(name, query, (ty, Root::Local { name, escapes: false }));
    }

    /// Reads the row that a variable holds and a query speaks of: from here on the variable holds what was read.
    pub(super) fn read_held_row(
        &mut self,
        name: Name,
        query: Query,
        (ty, root): (Option<TypeRef>, Root),
    ) {
        let Query { span, locks, .. } = query;
        let store = self.rows_of(query.model);
        let key = self.key(query.filters.first().copied(), span);
        let (miss, confidence) = (Outcome::Silent, Confidence::Likely);
        let event = self.next_event();
        let result = self.result(event, name, query.filters.clone(), span);
        let seen = Looked { store, key: key.clone(), miss: miss.clone(), confidence, result };
        self.seen.insert(event, seen);
        let read =
            Read { store, key, result, miss, by_handle: false, locks, sql: None, confidence };
        self.emit(event, span, EventKind::Read(Box::new(read)));
        self.queries.insert(result, query);
        let path = Some(Path::root(root));
        self.env.insert(name, Rc::new(Val { id: result, ty, path }));
    }

    /// `super().save()` in a model, after it was asked whether there is such a row: that row is made.
    pub(super) fn saves_what_was_asked(&mut self, callee: &Callee<'_>, span: Span) {
        let Some((_, Some(of))) = &self.receiver else { return };
        let saves = matches!(callee.word.as_str(), "save" | "asave" | "insert");
        if self.cx.is_go() || !saves || !callee.name.as_str().starts_with("super.") {
            return;
        }
        let rows = Place::Model(of.name);
        let asked = self.checks.iter().filter_map(|check| {
            let seen = self.seen.get(check)?;
            let ours = self.stores[seen.store.0 as usize].place == rows && seen.key.value.is_some();
            ours.then(|| (*check, seen.store, seen.key.clone()))
        });
        let Some((_, store, key)) = asked.max_by_key(|(check, ..)| *check) else { return };
        let event = self.next_event();
        let result = self.result(event, callee.word, Vec::new(), span);
        let mut act = Act::plain(ActKind::Create, store, key, result);
        act.atomicity = Atomicity::Exclusive;
        act.failure = Outcome::Raises(vec![Name::new("IntegrityError")]);
        self.acts.insert(event);
        self.emit(event, span, EventKind::Act(Box::new(act)));
    }

    fn counting_in(&self, body: &[Stmt<'s>], own: Name, depth: u32, found: &mut Counting<'s>) {
        let tree = self.cx.tree;
        let of_own = |id: ExprId| {
            matches!(tree.kind(id), ExprKind::Attr(base, _)
                if matches!(tree.kind(*base), ExprKind::Name(name) if own == *name))
        };
        for stmt in body.iter().filter(|_| depth <= DEPTH_MAX) {
            match &stmt.kind {
                StmtKind::Augment { target, op: Binary::Add | Binary::Sub, .. }
                    if of_own(*target) =>
                {
                    found.counted.get_or_insert(*target);
                }
                StmtKind::Assign { targets, value, .. } => {
                    let target = targets.iter().copied().filter(|target| of_own(*target));
                    let mut counted = target.filter_map(|target| {
                        let (_, field) = self.field(target)?;
                        let compared = found.compared.iter().find(|(it, _)| *it == field);
                        let adds = || self.adds_to(*value, own, field).then_some(target);
                        compared.map(|(_, at)| *at).or_else(adds)
                    });
                    found.counted = found.counted.or_else(|| counted.next_back());
                }
                StmtKind::Expr(id) | StmtKind::Return(Some(id)) => {
                    let id = match tree.kind(*id) {
                        ExprKind::Await(inner) => *inner,
                        _ => *id,
                    };
                    if let ExprKind::Call(callee, _) = tree.kind(id)
                        && let ExprKind::Attr(_, "save" | "asave") = tree.kind(*callee)
                    {
                        found.saved |= of_own(*callee);
                    }
                }
                _ => {
                    if let StmtKind::If { test, .. } = &stmt.kind {
                        found.compared.extend(self.compared(*test, own));
                    }
                    each_body(stmt, &mut |inner| self.counting_in(inner, own, depth + 1, found));
                }
            }
        }
    }

    /// `base.field`, where the base is a variable.
    fn field(&self, id: ExprId) -> Option<(&'s str, &'s str)> {
        let tree = self.cx.tree;
        let ExprKind::Attr(base, field) = tree.kind(id) else { return None };
        let ExprKind::Name(name) = tree.kind(*base) else { return None };
        Some((name, field))
    }

    /// `self.field + 1`.
    fn adds_to(&self, value: ExprId, own: Name, field: &str) -> bool {
        let ExprKind::Binary(Binary::Add | Binary::Sub, left, right) = self.cx.tree.kind(value)
        else {
            return false;
        };
        [*left, *right]
            .into_iter()
            .any(|side| self.field(side).is_some_and(|(of, it)| own == *of && it == field))
    }

    /// The fields whose order with something else is asked for. What is asked of an age is whether it
    /// is over, and whoever renews it twice has renewed it.
    fn compared(&self, test: ExprId, own: Name) -> Vec<(&'s str, ExprId)> {
        use Binary::{Ge, Gt, Le, Lt};
        let tree = self.cx.tree;
        let clauses = match tree.kind(test) {
            ExprKind::And(clauses) | ExprKind::Or(clauses) => clauses.clone(),
            _ => vec![test],
        };
        let sides = clauses.into_iter().flat_map(|clause| match tree.kind(clause) {
            ExprKind::Binary(Lt | Le | Gt | Ge, left, right) => vec![*left, *right],
            _ => Vec::new(),
        });
        sides
            .filter_map(|side| Some((self.field(side)?, side)))
            .filter(|((of, field), _)| own == **of && !is_age(field))
            .map(|((_, field), side)| (field, side))
            .collect()
    }
}
