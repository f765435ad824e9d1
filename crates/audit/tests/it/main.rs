//! Integration tests of the auditor.

mod coin;
mod django;
mod explore;
mod rules;
mod values;
