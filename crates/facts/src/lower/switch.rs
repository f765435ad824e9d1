//! Choices between cases.

use std::rc::Rc;

use super::body::{Body, Val};
use crate::event::{Await, Cond, EventKind, Name, Span};
use crate::syntax::{Binary, Case, ExprId, StmtKind, SwitchKind};

impl<'a, 's> Body<'_, 'a, 's> {
    pub(super) fn switch(
        &mut self,
        subject: Option<ExprId>,
        cases: &[Case<'s>],
        kind: SwitchKind,
        span: Span,
    ) {
        let subject = match kind {
            SwitchKind::Select => {
                self.emit_new(span, EventKind::Await(Await::Channel));
                None
            }
            _ => subject.map(|id| self.expr(id)),
        };
        let (mut plain, mut default) = (Vec::new(), None);
        for case in cases {
            if case.tests.is_empty() && case.comm.is_none() && case.guard.is_none() {
                default = Some(case);
            } else {
                plain.push(case);
            }
        }
        self.cases(subject.as_ref(), &plain, default, kind, span);
    }

    fn cases(
        &mut self,
        subject: Option<&Val>,
        cases: &[&Case<'s>],
        default: Option<&Case<'s>>,
        kind: SwitchKind,
        span: Span,
    ) {
        let Some((case, rest)) = cases.split_first() else {
            if let Some(case) = default {
                self.in_scope(|it| it.case_body(case, subject, kind));
            }
            return;
        };
        // A long switch would nest as deep: past a point the rest is one way among others.
        if self.depth > crate::syntax::DEPTH_MAX {
            for case in cases.iter().copied().chain(default) {
                self.branch(
                    Cond::Unknown,
                    span,
                    |it| it.in_scope(|it| it.case_body(case, subject, kind)),
                    |_| {},
                );
            }
            return;
        }
        self.depth += 1;
        let at = case.tests.first().map_or(span, |id| self.span_of(*id));
        let cond = self.case_cond(subject, case, kind, at);
        self.branch(
            cond,
            at,
            |it| it.in_scope(|it| it.case_body(case, subject, kind)),
            |it| it.cases(subject, rest, default, kind, span),
        );
        self.depth -= 1;
    }

    fn case_cond(
        &mut self,
        subject: Option<&Val>,
        case: &Case<'s>,
        kind: SwitchKind,
        span: Span,
    ) -> Cond {
        if kind != SwitchKind::Value || case.guard.is_some() {
            return Cond::Unknown;
        }
        match (subject, case.tests.as_slice()) {
            (None, [test]) => self.cond(*test),
            (Some(subject), [test]) => {
                let test = self.expr(*test);
                let value = self.compare(Binary::Eq, subject, &test, span);
                self.judge(value.id, span)
            }
            _ => {
                for test in &case.tests {
                    self.expr(*test);
                }
                Cond::Unknown
            }
        }
    }

    fn case_body(&mut self, case: &Case<'s>, subject: Option<&Val>, kind: SwitchKind) {
        for name in &case.binds {
            let name = Name::new(name);
            let val = match (subject, kind) {
                (Some(subject), SwitchKind::Type) => {
                    let ty = match case.tests.as_slice() {
                        [one] => self.cx.type_of(*one),
                        _ => None,
                    };
                    Val { ty, ..subject.clone() }
                }
                _ => {
                    let at = case.tests.first().map_or(Span::default(), |id| self.span_of(*id));
                    Val { id: self.unknown(at), ty: None, path: None }
                }
            };
            self.env.insert(name, Rc::new(val));
        }
        if let Some(comm) = &case.comm {
            match &comm.kind {
                StmtKind::Assign { targets, .. } => {
                    let span = self.cx.span(comm.start, comm.end);
                    let val = Val { id: self.unknown(span), ty: None, path: None };
                    for target in targets {
                        self.put(*target, &val, true, span);
                    }
                }
                StmtKind::Send(_, value) => {
                    let val = self.expr(*value);
                    self.escape(&val);
                }
                _ => {}
            }
        }
        self.statements(&case.body);
    }
}
