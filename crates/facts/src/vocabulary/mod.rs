//! The vocabulary: which call on which receiver is which effect. **Data, not code**: rows in `api/LANGUAGE/*.toml`, and more
//! from the user's `amorsize.toml`.
//!
//! A *type* row gives a class of receivers a short name (`redis`) and says what sort of store they are; a *call* row says what
//! a method of that class, or a function by its full name, does. See `docs/vocabulary.md`.

mod row;
mod words;

pub(crate) use row::{Arg, Does, Row, Tx};
pub(crate) use words::{ClassId, Words};
pub use words::{Error, Vocabulary};
