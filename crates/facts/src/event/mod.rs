//! The event graph: one [`FileFacts`] a file, one [`Function`] a function, closure or module body.
//!
//! **A function's body is structured, not a flow graph** ([`Block`] of [`Node`]: event, branch, loop, try, with). Must-hold lock
//! analysis is then one recursive walk (a [`With`] *is* the region; joins are where branches end), and the explorer runs it as a
//! small interpreter with one stack. There is no `goto`: a jump out is [`EventKind::Return`], `Raise`, `Break` or `Continue`.
//! Rules of lowering that a reader may rely on:
//!
//! - Events of one block stand in evaluation order; a branch's condition refers to results of events that stand before it.
//!   What is evaluated only if an earlier operand of `and`/`or` allows it stands in [`Clause::before`].
//! - `with lock:`, `defer mu.Unlock()`, `synchronized`, a lock decorator, a transaction scope become a [`With`] whose `exit`
//!   runs on every way out. `defer` makes the rest of its block the body. Other code in `finally` stays in [`Try::finally`].
//! - `switch`, `match`, `select`, conditional expressions become nested branches. Loops that enumerate begin with an
//!   [`EventKind::Enumerate`] before the loop, and their variable is a [`ValueKind::Element`].
//! - Values are numbered per function ([`ValueId`]): the same id is the same run-time value. Assigned variables get a new id;
//!   where branches join, [`ValueKind::Phi`]. **Each call's result has its own id**, but two calls with the same text and the same
//!   inputs have the same [`Value::shape`]: keys are compared by shape (`make_key(k)` twice is one key), facts by id.
//! - A closure is a function of its own with [`Function::parent`]; it appears in the parent as [`ValueKind::Closure`], and runs
//!   where that value is called, spawned, deferred, or passed.
//!
//! `if key not in self.items: self.items[key] = make(key)` is, in short form:
//!
//! ```text
//! Check { access: Contains, store: self.items (Map, Thread), key: v1, means: Present } -> v2
//! Branch { cond: Not(Value(v2)),
//!   then: [ Call { callee: make, args: [v1] } -> v3
//!           Act { kind: Insert, store: self.items, key: v1, value: v3, atomicity: Plain, used: {} } ] }
//! ```
//!
//! and `v, ok := m.Load(k); if !ok { m.Store(k, f()) }` reads `Read{store: m, key: k} -> v2`, where the branch's condition is a
//! `Check{of: Some(read)}` on [`ValueKind::Part`] 1 of `v2`.

mod body;
mod file;
mod kind;
mod name;
mod outline;
mod span;
mod sql;
mod store;
mod value;

pub use body::{
    Block, Branch, Clause, Cond, Disposition, Handler, Loop, LoopKind, Node, Try, With, breaks,
    contains, leaves,
};
pub(crate) use body::{each_event_of, each_event_of_mut};
pub use file::{
    Class, Comment, Coverage, Field, FileFacts, Function, FunctionId, FunctionKind, Gap, Global,
    Import, Lang, Param, Receiver, TypeRef,
};
pub use kind::{
    Access, Acquire, Act, ActKind, Assign, Atomicity, Await, Call, Chance, Check, CheckKind,
    Enumerate, Event, EventId, EventKind, Isolation, LOGGED, LockKind, LockMode, Meaning, Outcome,
    Prune, Raise, Read, Release, Return, Seen, Spawn, TxBegin, TxEnd, Uses, Via, Wait,
};
pub use name::{Name, is_shouted, runs_what_it_is_given, says_any};
pub use span::Span;
pub use sql::{Conflict, Piece, Predicate, SqlVerb, Statement, Text};
pub use store::{Confidence, Key, Path, Place, Root, Scope, Step, Store, StoreId, StoreKind};
pub use value::{Literal, Op, Value, ValueId, ValueKind, chosen_after};
