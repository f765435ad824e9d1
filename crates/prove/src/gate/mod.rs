//! Gates: the places where a running party can be held.
//!
//! A gate is attached to a command before it starts and tells the party's tap about every boundary before it is
//! passed. The system-call gate needs nothing from the program; the wire gate is a proxy; the line gate loads a
//! hook into Python. Callables inside one process are held by the drivers of [`crate::stage`] instead.

mod gates;
pub(crate) mod payload;
pub(crate) mod python;
pub(crate) mod seccomp;
pub(crate) mod wire;

pub(crate) use gates::Gates;
