//! Structured bodies.

use serde::{Deserialize, Serialize};

use super::{Event, EventId, EventKind, Literal, Name, Span, ValueId};

/// A sequence of nodes.
pub type Block = Vec<Node>;

/// One node of a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// Something happens.
    Event(Event),
    /// Two ways.
    Branch(Box<Branch>),
    /// Any number of times.
    Loop(Box<Loop>),
    /// Handlers.
    Try(Box<Try>),
    /// A region with something that is undone on every way out.
    With(Box<With>),
}

/// Two ways on a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// The condition.
    pub cond: Cond,
    /// Taken if it holds.
    pub then: Block,
    /// Taken if not.
    pub other: Block,
    /// The condition's place.
    pub span: Span,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Cond {
    /// Not understood, or `select`: either way.
    Unknown,
    /// The truth of a value. Where it tests a store, the value is the result of a [`Check`](super::Check).
    Value(ValueId),
    /// Not.
    Not(Box<Self>),
    /// All, evaluated from the left, stopping at the first that fails.
    All(Vec<Clause>),
    /// Any, evaluated from the left, stopping at the first that holds.
    Any(Vec<Clause>),
}

/// One operand of a short-circuit condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clause {
    /// What happens before the operand is known.
    pub before: Block,
    /// The operand.
    pub cond: Cond,
}

/// A loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loop {
    /// How it runs.
    pub kind: LoopKind,
    /// What happens before each test of the condition.
    pub head: Block,
    /// The condition to go on; `None` for `for x in …` and for ever.
    pub cond: Option<Cond>,
    /// The body.
    pub body: Block,
    /// Python's `else`: runs if the loop was not left by `break`.
    pub otherwise: Block,
    /// The header's place.
    pub span: Span,
}

/// How a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LoopKind {
    /// Over the elements of something.
    Each,
    /// While a condition holds (also Go's three-clause `for`, a comprehension's body).
    While,
    /// For ever, until a jump.
    Forever,
}

/// Code with handlers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// What is tried.
    pub body: Block,
    /// Handlers, in order.
    pub handlers: Vec<Handler>,
    /// Runs if the body raised nothing.
    pub otherwise: Block,
    /// Runs on every way out.
    pub finally: Block,
    /// Its place.
    pub span: Span,
}

/// A handler. `contextlib.suppress(E)` is a handler with an empty body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handler {
    /// What it catches, resolved through imports; empty for everything.
    pub types: Vec<Name>,
    /// The caught value.
    pub caught: Option<ValueId>,
    /// What it does.
    pub body: Block,
    /// In one word.
    pub disposition: Disposition,
    /// Its place.
    pub span: Span,
}

/// What a handler makes of an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Disposition {
    /// Raises it, or another.
    Raises,
    /// Goes round the loop again.
    Retries,
    /// Leaves the loop, or goes on after the `try` with nothing done (`pass`, or only logging).
    Swallows,
    /// Goes on after the `try` having acted (another value, a fall-back).
    Recovers,
    /// Reads the same store again.
    Rereads,
    /// Returns a constant: `return False`, `return None`, `return default`.
    Returns(Option<Literal>),
    /// Returns something computed.
    ReturnsValue(ValueId),
}

/// A region: `enter` takes something, `exit` gives it back on every way out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct With {
    /// Events at the start: `Acquire`, `TxBegin`, an opening `Act` or `Call`.
    pub enter: Block,
    /// The region.
    pub body: Block,
    /// Events at every end, in order. Deferred calls are here too.
    pub exit: Block,
    /// Its place.
    pub span: Span,
}

impl Node {
    /// The event, if the node is one.
    #[must_use]
    pub const fn event(&self) -> Option<&Event> {
        if let Self::Event(event) = self { Some(event) } else { None }
    }

    /// The blocks directly within, in evaluation order (those of conditions too).
    #[must_use]
    pub fn blocks(&self) -> Vec<&Block> {
        let mut blocks = Vec::new();
        self.each_block(&mut |block| blocks.push(block));
        blocks
    }

    /// Calls `visit` on the blocks directly within, in evaluation order.
    fn each_block<'n>(&'n self, visit: &mut dyn FnMut(&'n Block)) {
        match self {
            Self::Event(_) => {}
            Self::Branch(branch) => {
                branch.cond.each_block(visit);
                visit(&branch.then);
                visit(&branch.other);
            }
            Self::Loop(each) => {
                visit(&each.head);
                if let Some(cond) = &each.cond {
                    cond.each_block(visit);
                }
                visit(&each.body);
                visit(&each.otherwise);
            }
            Self::Try(tried) => {
                visit(&tried.body);
                tried.handlers.iter().for_each(|handler| visit(&handler.body));
                visit(&tried.otherwise);
                visit(&tried.finally);
            }
            Self::With(with) => {
                visit(&with.enter);
                visit(&with.body);
                visit(&with.exit);
            }
        }
    }

    /// Calls `visit` on the blocks directly within, in evaluation order, to change them.
    fn each_block_mut<'n>(&'n mut self, visit: &mut dyn FnMut(&'n mut Block)) {
        match self {
            Self::Event(_) => {}
            Self::Branch(branch) => {
                branch.cond.each_block_mut(visit);
                visit(&mut branch.then);
                visit(&mut branch.other);
            }
            Self::Loop(each) => {
                visit(&mut each.head);
                if let Some(cond) = &mut each.cond {
                    cond.each_block_mut(visit);
                }
                visit(&mut each.body);
                visit(&mut each.otherwise);
            }
            Self::Try(tried) => {
                visit(&mut tried.body);
                tried.handlers.iter_mut().for_each(|handler| visit(&mut handler.body));
                visit(&mut tried.otherwise);
                visit(&mut tried.finally);
            }
            Self::With(with) => {
                visit(&mut with.enter);
                visit(&mut with.body);
                visit(&mut with.exit);
            }
        }
    }
}

impl Cond {
    fn each_block<'c>(&'c self, visit: &mut dyn FnMut(&'c Block)) {
        match self {
            Self::Unknown | Self::Value(_) => {}
            Self::Not(inner) => inner.each_block(visit),
            Self::All(clauses) | Self::Any(clauses) => {
                for clause in clauses {
                    visit(&clause.before);
                    clause.cond.each_block(visit);
                }
            }
        }
    }

    fn each_block_mut<'c>(&'c mut self, visit: &mut dyn FnMut(&'c mut Block)) {
        match self {
            Self::Unknown | Self::Value(_) => {}
            Self::Not(inner) => inner.each_block_mut(visit),
            Self::All(clauses) | Self::Any(clauses) => {
                for clause in clauses {
                    visit(&mut clause.before);
                    clause.cond.each_block_mut(visit);
                }
            }
        }
    }

    /// Every value tested, from the left.
    #[must_use]
    pub fn values(&self) -> Vec<ValueId> {
        match self {
            Self::Unknown => Vec::new(),
            Self::Value(value) => vec![*value],
            Self::Not(inner) => inner.values(),
            Self::All(clauses) | Self::Any(clauses) => {
                clauses.iter().flat_map(|clause| clause.cond.values()).collect()
            }
        }
    }
}

/// Calls `visit` on every event of `block`, however deep, in evaluation order.
pub(crate) fn each_event_of<'b>(block: &'b Block, visit: &mut dyn FnMut(&'b Event)) {
    for node in block {
        match node {
            Node::Event(event) => visit(event),
            other => other.each_block(&mut |inner| each_event_of(inner, visit)),
        }
    }
}

/// Calls `visit` on every event of `block`, however deep, in evaluation order, to change it.
pub(crate) fn each_event_of_mut<'b>(block: &'b mut Block, visit: &mut dyn FnMut(&'b mut Event)) {
    for node in block {
        match node {
            Node::Event(event) => visit(event),
            other => other.each_block_mut(&mut |inner| each_event_of_mut(inner, visit)),
        }
    }
}

/// Whether an event stands in `block`, however deep.
#[must_use]
pub fn contains(block: &Block, event: EventId) -> bool {
    block.iter().any(|node| match node {
        Node::Event(found) => found.id == event,
        other => other.blocks().into_iter().any(|inner| contains(inner, event)),
    })
}

/// Whether no way through `block` reaches its end: each returns, raises, breaks or continues.
#[must_use]
pub fn leaves(block: &Block) -> bool {
    block.iter().any(|node| match node {
        Node::Event(event) => matches!(
            event.kind,
            EventKind::Return(_) | EventKind::Raise(_) | EventKind::Break | EventKind::Continue
        ),
        Node::Branch(branch) => leaves(&branch.then) && leaves(&branch.other),
        Node::Loop(each) => matches!(each.kind, LoopKind::Forever) && !breaks(&each.body),
        Node::Try(tried) => {
            leaves(&tried.finally)
                || ((leaves(&tried.body) || leaves(&tried.otherwise))
                    && tried.handlers.iter().all(|handler| leaves(&handler.body)))
        }
        Node::With(with) => leaves(&with.body),
    })
}

/// Whether a loop with this body may end before its time.
#[must_use]
pub fn breaks(block: &Block) -> bool {
    block.iter().any(|node| match node {
        Node::Event(event) => matches!(event.kind, EventKind::Break),
        Node::Loop(_) => false,
        other => other.blocks().into_iter().any(breaks),
    })
}
