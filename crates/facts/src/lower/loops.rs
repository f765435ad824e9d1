//! Loops, and the variables that they set.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::body::{Body, Env, Val};
use super::declare::each_body;
use crate::event::{EventKind, Loop, LoopKind, Name, Node, Path, Root, Span, ValueId, ValueKind};
use crate::syntax::{ExprId, ExprKind, Stmt, StmtKind};

impl<'a, 's> Body<'_, 'a, 's> {
    pub(super) fn loop_(&mut self, stmt: &Stmt<'s>, span: Span) {
        let mut names = FxHashSet::default();
        self.targets_in(std::slice::from_ref(stmt), &mut names, 0);
        let phis = self.loop_phis(&names, span);
        self.loads.clear();
        let mut ended = None;
        match &stmt.kind {
            StmtKind::While { test, post, body, other } => {
                ended = self.while_(*test, post, body, other, span);
            }
            StmtKind::For { target, iter, define, is_async, body, other } => {
                self.for_(*target, *iter, (*define, *is_async), body, other, span);
            }
            _ => {}
        }
        for (name, phi) in phis {
            let round = ended.as_ref().unwrap_or(&self.env);
            let after = round.get(&name).map(|val| val.id);
            if let (Some(after), ValueKind::Phi(parts)) =
                (after, &mut self.values[phi.0 as usize].kind)
                && !parts.contains(&after)
                && after != phi
            {
                parts.push(after);
            }
        }
        self.loads.clear();
    }

    /// At a loop's head, what the loop assigns is what it was before or what the last round made it.
    fn loop_phis(&mut self, names: &FxHashSet<Name>, span: Span) -> Vec<(Name, ValueId)> {
        let mut names: Vec<Name> =
            names.iter().copied().filter(|name| self.env.contains_key(name)).collect();
        names.sort();
        let mut phis = Vec::new();
        for name in names {
            let Some(before) = self.env.get(&name).cloned() else { continue };
            let shape = self.unique();
            let id = self.fresh(ValueKind::Phi(vec![before.id]), shape, span);
            let path = Some(Path::root(Root::Local { name, escapes: false }));
            self.env.insert(name, Rc::new(Val { id, ty: before.ty.clone(), path }));
            if self.settled.contains(&name) {
                self.joined.push((name, id));
            }
            phis.push((name, id));
        }
        phis
    }

    fn targets_in(&self, body: &[Stmt<'s>], into: &mut FxHashSet<Name>, depth: u32) {
        if depth > 64 {
            return;
        }
        for stmt in body {
            match &stmt.kind {
                StmtKind::Assign { targets, .. } | StmtKind::Delete(targets) => {
                    targets.iter().for_each(|target| self.names_in(*target, into));
                }
                StmtKind::Declare { names, .. } => {
                    names.iter().for_each(|id| self.names_in(*id, into));
                }
                StmtKind::Augment { target, .. } => self.names_in(*target, into),
                StmtKind::For { target: Some(target), .. } => self.names_in(*target, into),
                StmtKind::With { items, .. } => {
                    items
                        .iter()
                        .filter_map(|(_, target)| *target)
                        .for_each(|id| self.names_in(id, into));
                }
                _ => {}
            }
            each_body(stmt, &mut |inner| self.targets_in(inner, into, depth + 1));
        }
    }

    fn names_in(&self, target: ExprId, into: &mut FxHashSet<Name>) {
        match self.cx.tree.kind(target) {
            ExprKind::Name(name) => {
                into.insert(Name::new(name));
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|item| self.names_in(*item, into));
            }
            ExprKind::Star(inner) => self.names_in(*inner, into),
            _ => {}
        }
    }

    /// A loop with a condition. Gives what the variables are at the end of a round, where the loop is left at its
    /// head only: what follows has what the last question was about.
    fn while_(
        &mut self,
        test: Option<ExprId>,
        post: &[Stmt<'s>],
        body: &[Stmt<'s>],
        other: &[Stmt<'s>],
        span: Span,
    ) -> Option<Env> {
        let forever = test.is_none_or(|id| {
            matches!(self.cx.tree.kind(id), ExprKind::Bool(true) | ExprKind::Number("1"))
        });
        let mut cond = None;
        let head = self.within(|it| {
            if let (Some(test), false) = (test, forever) {
                cond = Some(it.cond(test));
            }
        });
        let env = self.env.clone();
        let block = self.within(|it| {
            it.scoped(body);
            it.statements(post);
        });
        let ended = if forever || breaks(body) {
            self.merge(&env, span);
            None
        } else {
            // What only the rounds know is kept.
            let mut after = self.env.clone();
            after.extend(env);
            Some(std::mem::replace(&mut self.env, after))
        };
        let otherwise = self.within(|it| it.statements(other));
        let kind = if forever { LoopKind::Forever } else { LoopKind::While };
        self.push(Node::Loop(Box::new(Loop { kind, head, cond, body: block, otherwise, span })));
        ended
    }

    #[expect(clippy::too_many_arguments, reason = "a loop has that many parts")]
    fn for_(
        &mut self,
        target: Option<ExprId>,
        iter: ExprId,
        (define, is_async): (bool, bool),
        body: &[Stmt<'s>],
        other: &[Stmt<'s>],
        span: Span,
    ) {
        let each = self.iterate(iter);
        let env = self.env.clone();
        let block = self.within(|it| {
            if let Some(waits) = super::each::waits(is_async, &each) {
                it.emit_new(span, EventKind::Await(waits));
            }
            it.in_scope(|it| {
                if let Some(target) = target {
                    it.bind_element(target, &each, define, span);
                    it.read_walked_row(target, &each, body, span);
                }
                let known = it.walked_by_index.len();
                it.walk_by_index(target, iter, &each);
                it.statements(body);
                it.walked_by_index.truncate(known);
            });
        });
        self.merge(&env, span);
        let otherwise = self.within(|it| it.statements(other));
        let kind = LoopKind::Each;
        self.push(Node::Loop(Box::new(Loop {
            kind,
            head: Vec::new(),
            cond: None,
            body: block,
            otherwise,
            span,
        })));
    }
}

/// Whether a loop may be left from within.
fn breaks(body: &[Stmt<'_>]) -> bool {
    body.iter().any(|stmt| {
        let mut found = matches!(stmt.kind, StmtKind::Break);
        each_body(stmt, &mut |inner| found = found || breaks(inner));
        found
    })
}
