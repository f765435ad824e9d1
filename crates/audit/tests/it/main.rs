//! Integration tests of the auditor.

mod explore;
mod rules;
