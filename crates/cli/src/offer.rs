//! Words that completions offer although the parser takes others too.
//!
//! An unknown word is then answered by the command, which knows the nearest one, and the help stays short.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

/// A parser and the words it is mostly given.
#[derive(Clone)]
pub(crate) struct Offering<P> {
    parser: P,
    words: fn() -> Vec<String>,
}

/// Takes what `parser` takes; completions get the `words`.
pub(crate) const fn offering<P>(parser: P, words: fn() -> Vec<String>) -> Offering<P> {
    Offering { parser, words }
}

impl<P: TypedValueParser> TypedValueParser for Offering<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.words)().into_iter().map(PossibleValue::new)))
    }
}
