//! Calls of Go that are operators in all but name: comparisons and sums of times, and questions to
//! an error whether something is missing. As operators they mean what they say wherever they stand.

use super::body::{Body, Val};
use super::callee::Callee;
use super::effect::Given;
use crate::event::{Literal, Name, Op, Span, TypeRef, ValueId, ValueKind};

impl<'a> Body<'_, 'a, '_> {
    /// Calls of Go that are operators in all but name: on times, and on errors that say what is missing.
    pub(super) fn in_plain_words(
        &mut self,
        callee: &Callee<'a>,
        given: &[Given],
        span: Span,
    ) -> Option<Val> {
        if !self.cx.is_go() {
            return None;
        }
        let pure = |id| Some(Val { id, ty: None, path: None });
        if given.is_empty() && tells_the_time(callee.word.as_str()) {
            let shape = self.unique();
            let ty = Some(TypeRef::plain(Name::new("time.Time")));
            return Some(Val { id: self.fresh(ValueKind::Now, shape, span), ty, path: None });
        }
        match (callee.name.as_str(), given) {
            ("time.Since" | "time.Until", [of]) => {
                let shape = self.unique();
                let now = self.fresh(ValueKind::Now, shape, span);
                let parts = match callee.word.as_str() {
                    "Since" => vec![now, of.val.id],
                    _ => vec![of.val.id, now],
                };
                return pure(self.op(Op::Sub, parts, span));
            }
            ("os.IsNotExist", [error]) => return pure(self.is_some(error, span)),
            ("os.IsExist", [error]) => {
                // Which error it is has been asked: it is not handed on as it comes.
                let word = Literal::Text(Name::new("os.IsExist"));
                let word = self.pure(ValueKind::Literal(word), span);
                self.op(Op::Call, vec![word, error.val.id], span);
                return pure(self.is_some(error, span));
            }
            ("errors.Is", [error, kind]) if self.tells_of_absence(kind.val.id) => {
                return pure(self.is_some(error, span));
            }
            _ => {}
        }
        let base = callee.receiver.as_ref().filter(|base| {
            let module = matches!(self.value(base.id), ValueKind::Named(_)) && base.ty.is_none();
            callee.rows.is_empty() && callee.own.as_ref().is_none_or(Option::is_none) && !module
        })?;
        let known = base.ty.as_ref().is_some_and(|of| of.name.as_str().starts_with('.'));
        if !known
            && given.is_empty()
            && let Some(val) = self.of_entry(&base.clone(), callee.word.as_str(), span)
        {
            return Some(val);
        }
        let op = match (callee.word.as_str(), given.len()) {
            ("After", 1) if !known => Op::Gt,
            ("Before", 1) if !known => Op::Lt,
            ("Sub", 1) if self.is_time(base) || self.is_time(&given[0].val) => Op::Sub,
            ("Add", 1) if self.is_time(base) => Op::Add,
            ("Unix" | "UnixNano" | "UnixMilli" | "UnixMicro" | "UTC" | "Local", 0)
                if self.is_time(base) =>
            {
                Op::Convert
            }
            ("Round" | "Truncate", 1) if self.is_time(base) => Op::Convert,
            _ => return None,
        };
        let mut parts = vec![base.id];
        if op != Op::Convert {
            parts.extend(given.iter().map(|given| given.val.id));
        }
        let ty = base.ty.clone();
        let id = self.op(op, parts, span);
        if matches!(op, Op::Gt | Op::Lt) {
            self.ages.insert(id);
            return pure(id);
        }
        Some(Val { id, ty, path: None })
    }

    fn is_some(&mut self, error: &Given, span: Span) -> ValueId {
        let nil = self.literal(Literal::Nil, span);
        self.op(Op::Ne, vec![error.val.id, nil], span)
    }

    fn tells_of_absence(&self, id: ValueId) -> bool {
        let ValueKind::Named(name) = self.value(id) else { return false };
        let word = name.as_str().rsplit('.').next().unwrap_or_default();
        matches!(word, "ErrNotExist" | "ErrExist" | "ENOENT" | "EEXIST")
    }

    fn is_time(&self, val: &Val) -> bool {
        val.ty.as_ref().is_some_and(|of| of.name == "time.Time") || self.reaches_now(val.id)
    }
}

/// Whether a call is one of a clock's, whoever's clock it is: `c.clock.Now()`, `timeNow()`.
fn tells_the_time(word: &str) -> bool {
    matches!(
        word,
        "Now" | "now" | "timeNow" | "TimeNow" | "nowFunc" | "NowFunc" | "getNow" | "currentTime"
    )
}
