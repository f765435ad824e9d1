//! Integration tests of the auditor.

mod around;
mod breadth;
mod clientgo;
mod coin;
mod django;
mod documented;
mod explore;
mod faults;
mod field;
mod folders;
mod go;
mod patch_kinds;
mod patches;
mod programs;
mod rules;
mod systems;
mod values;
mod witness;
