//! Integration tests of the auditor.

mod coin;
mod django;
mod explore;
mod go;
mod rules;
mod values;
