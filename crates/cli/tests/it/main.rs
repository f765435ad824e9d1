//! The binary from outside: what a person and a script meet.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says where")]

mod audit;
mod audit_mutated;
mod audit_settings;
mod audit_watch;
mod cache;
mod cache_bad_input;
mod cache_from_python;
mod cache_pruned;
mod habits;
mod program;
mod prove_finding;
mod prove_harness;
mod prove_loop;
mod prove_own_cache;
mod run;
mod run_scarce;
mod slurm;
