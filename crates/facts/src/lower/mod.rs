//! Trees to events: one pass over each function, with the vocabulary at hand.
//!
//! The pass is an abstract interpreter: the environment maps variables to numbered values, with their types and access paths as far
//! as a glance tells. It is bounded in depth, never looks at another file, and says less rather than something wrong: what it
//! cannot resolve stays a [`Call`](crate::event::Call).

mod access;
mod asking;
mod assign;
mod blocks;
mod body;
mod both_ways;
mod bound;
mod call;
mod callee;
mod common;
mod cond;
mod constant;
mod core;
mod counted;
mod declare;
mod decorated;
mod display;
mod documents;
mod each;
mod effect;
mod entry;
mod exit_stack;
mod expr;
mod file;
mod filled;
mod finish;
mod flock;
mod flow;
mod getter;
mod handed_out;
mod hung_row;
mod if_asked;
mod infer;
mod judge;
mod kept_in;
mod locking;
mod loops;
mod manner;
mod many;
mod nested;
mod once_more;
mod one_lock;
mod open;
mod operator;
mod orm;
mod own_mapper;
mod own_row;
mod own_statements;
mod piped;
mod plain;
mod query;
mod related;
mod row_place;
mod run_within;
mod running;
mod saved_at;
mod settled;
mod special;
mod sql;
mod stmt;
mod switch;
mod text;
mod thread_local;
mod types;
mod unique;

pub(crate) use file::{PackageTypes, declare, lower};
