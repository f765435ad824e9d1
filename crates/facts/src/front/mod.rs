//! Parsers: one folder a language, each from text to a [`Tree`](crate::syntax::Tree).
//!
//! They are written by hand for three reasons, in this order: a file that is broken, hostile or half-typed must yield every
//! declaration that can be understood and an honest gap for the rest, with bounded stack; nothing is allocated for what nobody
//! asks (types, formatting); and a tree of half a million lines must parse in tenths of a second.

pub(crate) mod go;
pub(crate) mod python;
mod steps;
