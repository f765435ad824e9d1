//! Values: what variables and expressions stand for, numbered per function.

use serde::{Deserialize, Serialize};

use super::{EventId, FunctionId, Name, Path, Span};

/// Index into [`Function::values`](super::Function::values). Equal ids are the same run-time value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ValueId(pub u32);

/// A numbered value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Hash of the expression it stands for, over the versions of the variables in it: calls count as pure here, so that two
    /// computations of one key have one shape. Comparable within one function only; across functions compare
    /// [`kind`](Self::kind)s after putting arguments in the place of [`ValueKind::Param`].
    pub shape: u64,
    /// Where it was first computed.
    pub span: Span,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ValueKind {
    /// Nothing is known.
    Unknown,
    /// The receiver (`self`, `cls`, Go's named receiver).
    Receiver,
    /// The n-th of [`Function::params`](super::Function::params).
    Param(u16),
    /// A literal.
    Literal(Literal),
    /// The content of a place that is not tracked as a store access of its own: a global, a field, a captured variable. Two
    /// reads with no write in between *in this function* have one id; another thread may still have written.
    Load(Path),
    /// The result of an event (check, read, act, call, acquire, chance), and the values the event was given.
    Result(EventId, Vec<ValueId>),
    /// The n-th part of a value with several: `v, ok :=`, `found, created =`. In Go the error is the last part.
    Part(ValueId, u8),
    /// A field of a value.
    Field(ValueId, Name),
    /// An item of a value.
    Item(ValueId, ValueId),
    /// An element (or key) of the enumerated value; see [`Enumerate`](super::Enumerate). A new id for each loop.
    Element(ValueId),
    /// An operation.
    Op(Op, Vec<ValueId>),
    /// One of several, by the way taken to get here.
    Phi(Vec<ValueId>),
    /// A list, tuple, struct or dictionary literal, or a constructor of a known value type: the parts.
    Tuple(Vec<ValueId>),
    /// A new object of the named type: `Lock()`, `make(map…)`, `{}`, `&T{}`.
    New(Name, Vec<ValueId>),
    /// A closure.
    Closure(FunctionId),
    /// A reference to a function, method, class or module.
    Named(Name),
    /// The present time.
    Now,
    /// The exception or panic at hand in a handler.
    Caught(Vec<Name>),
}

/// Operators on values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of operators are what they say")]
pub enum Op {
    Not,
    Neg,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Identity (`is`).
    Is,
    IsNot,
    /// Membership in a value that is not a store.
    In,
    NotIn,
    And,
    Or,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    /// Bit operations, powers, shifts.
    Other,
    /// Text built from parts: f-strings, `%`, `format`, `Sprintf`, `+` on text.
    Format,
    /// A path joined from parts: `/` of `pathlib`, `os.path.join`, `filepath.Join`.
    Join,
    /// `len(x)`.
    Len,
    /// A slice of a sequence.
    Slice,
    /// Conversion or copy: `int(x)`, `string(b)`, `list(x)`, `x.copy()`, type assertion.
    Convert,
    /// A call of something not tracked, counted as pure for [`Value::shape`]; the first argument is the callee.
    Call,
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// `None`, `nil`, `null`.
    Nil,
    /// A truth value.
    Bool(bool),
    /// A number that fits.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A text or byte string (cut at 4,096 bytes).
    Text(Name),
    /// `...`, an empty struct, and what else has no content.
    Other,
}

/// Whether a value is one that was looked at before, unless that was found taken and another one was chosen:
/// `if exists(path): path = another(path)`, be it a whole path or a part of one.
#[must_use]
pub fn chosen_after<'v>(
    kind: &dyn Fn(ValueId) -> &'v ValueKind,
    (value, looked_at): (ValueId, ValueId),
    depth: u8,
) -> bool {
    match (kind(value), kind(looked_at)) {
        (ValueKind::Phi(ways), ValueKind::Phi(before)) if ways.len() > before.len() => {
            before.iter().all(|way| ways.contains(way))
        }
        (ValueKind::Phi(ways), _) => ways.contains(&looked_at),
        (ValueKind::Op(op, parts), ValueKind::Op(same, before))
            if op == same && parts.len() == before.len() && depth > 0 =>
        {
            let mut others = parts.iter().zip(before).filter(|(part, before)| part != before);
            let (first, rest) = (others.next(), others.next());
            first.is_some_and(|(part, before)| {
                rest.is_none() && chosen_after(kind, (*part, *before), depth - 1)
            })
        }
        _ => false,
    }
}
