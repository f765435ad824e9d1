//! SQL statements as far as an auditor needs them: which table, which rows, which condition stands in the write.

use serde::{Deserialize, Serialize};

use super::{Name, Op, ValueId};

/// A text with holes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Text(pub Vec<Piece>);

/// A piece of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Piece {
    /// Constant.
    Fixed(Name),
    /// Put in at run time; with the value, and its source text where short.
    Hole(ValueId, Name),
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "SQL's own words")]
pub enum SqlVerb {
    Select,
    Insert,
    Update,
    Delete,
    Merge,
    /// `BEGIN`, `COMMIT`, `LOCK TABLE`, `PRAGMA`, DDL.
    Other,
}

/// What an `INSERT` does about a key that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Conflict {
    /// Fails.
    Error,
    /// `ON CONFLICT DO NOTHING`, `INSERT IGNORE`.
    Ignore,
    /// `ON CONFLICT DO UPDATE`, `ON DUPLICATE KEY UPDATE`, `REPLACE`, `INSERT OR REPLACE`, `MERGE`.
    Update,
    /// `DO UPDATE ... WHERE`: only if a condition holds.
    UpdateIf,
}

/// A statement's skeleton.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// What it does.
    pub verb: SqlVerb,
    /// The table, normalised as in [`Place::Table`](super::Place::Table).
    pub table: Name,
    /// Columns read (`SELECT`), inserted or set, normalised, with the value where it is known.
    pub columns: Vec<(Name, Option<ValueId>)>,
    /// The conjuncts of `WHERE`; an `OR` is one predicate with [`Op::Or`].
    pub filter: Vec<Predicate>,
    /// What happens on a conflict, for inserts.
    pub conflict: Option<Conflict>,
    /// Conjuncts of `ON CONFLICT DO UPDATE ... WHERE`.
    pub conflict_filter: Vec<Predicate>,
    /// `FOR UPDATE`, `FOR SHARE`.
    pub locks_rows: bool,
    /// `RETURNING`.
    pub returning: bool,
    /// `COUNT(…)`, `MAX(…)` or `EXISTS` in a `SELECT`.
    pub aggregate: bool,
    /// `LIMIT` or `OFFSET`.
    pub limited: bool,
    /// `SELECT` within an `INSERT`, `UPDATE` or `DELETE`.
    pub subselect: bool,
    /// `x = x + 1`: a set column whose expression reads a column.
    pub relative: bool,
    /// The whole text with holes.
    pub text: Text,
}

/// One condition on a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predicate {
    /// The column, normalised; empty for anything but `column op value`.
    pub column: Name,
    /// The comparison.
    pub op: Op,
    /// The value compared with, where it is known.
    pub value: Option<ValueId>,
    /// Its source text.
    pub text: Name,
}
