//! Records what many threads and processes did to a cache, and checks it against the specification.
//!
//! Every actor keeps a log ([`Log`]): the call before it is made, the answer after. A killed actor leaves a call without
//! an answer, which may have taken effect once or not at all. [`check`] takes all events of a run and asks, key by key:
//! is there one order of the operations, respecting real time, in which every answer is what the specification says?
//!
//! The specification of a key is `Never | Rec(gen, created, ttl, fmt, fp, body) × {live, evicted, deleted}`. Pruning is
//! not part of it, so pruning must be invisible. Writers report the generation they made and readers the generation they
//! saw; generations grow with every change of the key, which fixes the order of all changes. What is left of the search is
//! which unanswered calls took effect, and whether real time agrees: one sort and one sweep, so a million operations take
//! about a second.
//!
//! Three properties are judged: every reason is true at the time the answer names and no reason is missing (T1); the
//! answers have one order (a fresh write is never lost, an add has one winner); *absent* is honest (T3).

mod check;
mod event;
mod log;
mod recorder;
mod timeline;
mod verdict;
mod workload;

pub use check::{Rules, check};
pub use event::{Answer, Call, Done, EVERY_KEY, Event, Kind, Reasons, Record, Sight, Want};
pub use log::{Log, load};
pub use recorder::{Recorder, monotonic_ns};
pub use verdict::{Fault, Verdict, Violation};
pub use workload::{Mix, Subject, Workload, act, run_in_threads};
