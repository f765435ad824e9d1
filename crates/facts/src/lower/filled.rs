//! Variables of Go that a call reads into: `row.Scan(&n)`, `json.Unmarshal(text, &user)`, `db.First(coupon)`.

use super::body::{Body, Val};
use super::call::reads_into;
use super::effect::Args;
use crate::event::{ActKind, Atomicity, Literal, Name, Op, Path, Root, Span, ValueId, ValueKind};
use crate::syntax::{Arg, ExprKind};

impl<'s> Body<'_, '_, 's> {
    /// `row.Scan(&n)`, `json.Unmarshal(text, v)`: an empty variable given by its address is
    /// where the result goes.
    pub(super) fn fill(&mut self, word: Name, args: &[Arg<'s>], result: &Val, span: Span) {
        if !self.cx.is_go() {
            return;
        }
        let tree = self.cx.tree;
        if let (true, Some(first)) = (writes_number(word), args.first())
            && let ExprKind::Name(name) = tree.kind(first.value)
            && let Some(old) = self.env.get(&Name::new(name)).map(|val| Val::clone(val))
        {
            let id = self.op(Op::Convert, vec![result.id], span);
            self.env.insert(Name::new(name), std::rc::Rc::new(Val { id, ..old }));
            return;
        }
        for (n, arg) in args.iter().enumerate() {
            let (name, by_address) = match tree.kind(arg.value) {
                ExprKind::AddressOf(inner) => match tree.kind(*inner) {
                    ExprKind::Name(name) => (*name, true),
                    _ => continue,
                },
                // A pointer to something new, and a call that reads into what it is given.
                ExprKind::Name(name) if reads_into(word) || finds_row(word) => (*name, false),
                _ => continue,
            };
            let name = Name::new(name);
            let Some(old) = self.env.get(&name).map(|val| Val::clone(val)) else {
                self.fill_outer(word, name, result, span);
                continue;
            };
            let empty = match self.value(old.id) {
                // What it held by default gives way to what is read.
                ValueKind::New(_, inputs) => inputs.is_empty() || reads_into(word),
                ValueKind::Literal(Literal::Int(0) | Literal::Nil | Literal::Bool(false)) => true,
                ValueKind::Literal(Literal::Text(text)) => text.is_empty(),
                _ => false,
            };
            let from = match self.value(result.id) {
                ValueKind::Part(of, 1) => *of,
                _ => result.id,
            };
            let last = n + 1 == args.len() && decodes(word);
            let laid = reads_into(word) && (by_address || last) && self.is_made_by_call(old.id);
            if !empty && !laid {
                continue;
            }
            // A yes or no of a row says nothing of whether there is a row.
            let id = match self.value(old.id) {
                ValueKind::Literal(Literal::Bool(_)) => {
                    self.pure(ValueKind::Field(from, name), span)
                }
                // What it was made with stays where nothing is read.
                _ if !empty => self.op(Op::Convert, vec![from, old.id], span),
                _ => self.op(Op::Convert, vec![from], span),
            };
            if let Some(query) = self.queries.get(&result.id).cloned() {
                self.queries.insert(id, query);
            }
            self.env.insert(name, std::rc::Rc::new(Val { id, ..old }));
        }
    }

    /// Whether a value is what a call gave: `NewSettings()`, whose defaults what is read is laid over.
    fn is_made_by_call(&self, value: ValueId) -> bool {
        match self.value(value) {
            ValueKind::Result(..) | ValueKind::Op(Op::Call, _) => true,
            ValueKind::Part(of, 0) => matches!(self.value(*of), ValueKind::Result(..)),
            _ => false,
        }
    }

    /// `err := db.Get(&row, query, id)`: the row goes where the call is told, and what it answers is the error.
    pub(super) fn answer_of(&mut self, args: &Args, val: Val, span: Span) -> Val {
        let into = matches!(args.name.as_str(), "Get" | "GetContext" | "Select" | "SelectContext");
        let read = matches!(self.value(val.id), ValueKind::Result(..));
        if !(self.cx.is_go() && into && read) {
            return val;
        }
        let id = self.pure(ValueKind::Part(val.id, 1), span);
        Val { id, ty: None, path: None }
    }

    /// `json.Unmarshal(text, &user)` in a closure: the variable of the function around holds what was read.
    fn fill_outer(&mut self, word: Name, name: Name, from: &Val, span: Span) {
        let outer = self.outer_target(name, false).filter(|_| reads_into(word));
        let Some(path @ Path { root: Root::Captured(_), .. }) = outer else { return };
        let value = self.op(Op::Convert, vec![from.id], span);
        self.write_cell(&path, None, Some(value), ActKind::Insert, Atomicity::Plain, span);
    }
}

/// Whether a call of Go reads into the last thing that it is given: `yaml.Unmarshal(text, settings)`.
fn decodes(word: Name) -> bool {
    word.as_str().starts_with("Unmarshal") || word == "Decode"
}

/// Whether a call of Go writes a number into the bytes that it is given first: `binary.BigEndian.PutUint64(buf, n)`.
fn writes_number(word: Name) -> bool {
    matches!(word.as_str(), "PutUint16" | "PutUint32" | "PutUint64" | "PutVarint" | "PutUvarint")
}

/// Whether a call of Go looks for a row and puts it into what it is given a pointer to.
fn finds_row(word: Name) -> bool {
    matches!(word.as_str(), "First" | "Take" | "Last")
}
