//! Variables that keep the answer of a question: `if full { err = errFull }`, and later `if err != nil`.
//!
//! Where a variable is nothing on the one way and surely something on the other, to ask for it is to ask what
//! the ways parted by.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::body::{Body, Env, Val};
use crate::event::{Cond, Literal, Name, Op, Root, ValueId, ValueKind};

/// What a variable after two ways says of the question between them, by the value; nothing where two
/// questions give the same.
pub(super) type Told = FxHashMap<ValueId, Option<Cond>>;

impl Body<'_, '_, '_> {
    /// Notes what the variables say that are nothing after one of two ways.
    pub(super) fn note_told(&mut self, cond: &Cond, then: &Env, other: &Env) {
        if !is_plain(cond) {
            return;
        }
        let answers = |(name, after): (&Name, &Rc<Val>)| {
            let (yes, no) = (then.get(name)?.id, other.get(name)?.id);
            let either = yes != no && matches!(self.value(after.id), ValueKind::Phi(_));
            match either {
                true if self.is_nothing(no) && self.is_something(yes) => {
                    Some((after.id, cond.clone()))
                }
                true if self.is_nothing(yes) && self.is_something(no) => {
                    Some((after.id, Cond::Not(Box::new(cond.clone()))))
                }
                _ => None,
            }
        };
        let found: Vec<(ValueId, Cond)> = self.env.iter().filter_map(answers).collect();
        for (value, cond) in found {
            let known = self.told.entry(value).or_insert_with(|| Some(cond.clone()));
            if known.as_ref().is_some_and(|known| *known != cond) {
                *known = None;
            }
        }
    }

    /// The question that a value answers which is asked for again.
    pub(super) fn told_by(&self, id: ValueId) -> Option<Cond> {
        if let Some(cond) = self.told.get(&id) {
            return cond.clone();
        }
        let ValueKind::Op(op @ (Op::Ne | Op::Eq), sides) = self.value(id) else { return None };
        let [left, right] = sides.as_slice() else { return None };
        let asked = match (self.is_nil(*left), self.is_nil(*right)) {
            (false, true) => *left,
            (true, false) => *right,
            _ => return None,
        };
        let cond = self.told.get(&asked)?.clone()?;
        Some(if *op == Op::Ne { cond } else { Cond::Not(Box::new(cond)) })
    }

    fn is_nil(&self, id: ValueId) -> bool {
        matches!(self.value(id), ValueKind::Literal(Literal::Nil))
    }

    fn is_nothing(&self, id: ValueId) -> bool {
        matches!(self.value(id), ValueKind::Literal(Literal::Nil | Literal::Bool(false)))
    }

    /// Whether a value is surely not nil: a yes, an error that a package keeps or that is made here.
    fn is_something(&self, id: ValueId) -> bool {
        let error =
            |name: &str| name.trim_start_matches('.').to_ascii_lowercase().starts_with("err");
        match self.value(id) {
            ValueKind::Literal(Literal::Bool(true)) => true,
            ValueKind::New(..) => self.cx.is_go(),
            ValueKind::Load(path) => {
                matches!(&path.root, Root::Global(name) if path.steps.is_empty() && error(name.as_str()))
            }
            ValueKind::Named(name) => error(name.as_str().rsplit('.').next().unwrap_or_default()),
            ValueKind::Op(Op::Call, parts) => self.makes_error(parts),
            ValueKind::Result(event, _) => {
                self.call_names.get(event).is_some_and(|name| *name == "Errorf")
            }
            _ => false,
        }
    }

    /// `fmt.Errorf(…)`, `errors.New(…)`.
    fn makes_error(&self, parts: &[ValueId]) -> bool {
        let [word, of, ..] = parts else { return false };
        let ValueKind::Literal(Literal::Text(word)) = self.value(*word) else { return false };
        let errors = || {
            matches!(self.value(*of), ValueKind::Named(name)
                if name.as_str().rsplit('/').next() == Some("errors"))
        };
        *word == "Errorf" || *word == "New" && errors()
    }
}

/// Whether a question is asked of a value, and nothing happens on the way.
fn is_plain(cond: &Cond) -> bool {
    match cond {
        Cond::Value(_) => true,
        Cond::Not(inner) => is_plain(inner),
        _ => false,
    }
}
