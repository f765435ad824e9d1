//! The binary from outside: what a person and a script meet.

mod run;
