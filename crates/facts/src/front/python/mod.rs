//! Python 3: a lexer that turns indentation into tokens, and a recursive-descent parser.
//!
//! After an error the parser skips the rest of the statement's line and what is indented below it, reports that as a gap, and goes
//! on with the next statement of the block. Python 2 files come out as mostly whole with gaps at their `print` statements.

mod atom;
mod compound;
mod expr;
mod lex;
mod parser;
mod pattern;
mod stmt;

pub(crate) use parser::parse;
