//! Integration tests of the auditor.

mod clientgo;
mod coin;
mod django;
mod explore;
mod go;
mod rules;
mod values;
