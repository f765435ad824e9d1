//! Integration tests of the auditor.

mod coin;
mod explore;
mod rules;
