//! Go: a lexer that inserts semicolons as the specification says, and a recursive-descent parser.
//!
//! After an error the parser goes on at the next declaration that begins a line, and reports what it skipped as a gap.

mod decl;
mod expr;
mod lex;
mod parser;
mod stmt;

pub(crate) use expr::unescape;
pub(crate) use parser::parse;
