//! Values from outside, checked by the space their key belongs to.

use super::bench::BenchRecord;
use super::plan::PlanRecord;
use super::space;
use crate::key::{Key, Namespace};
use crate::time::Time;

/// Checks a value that comes from outside against the space its key belongs to; namespaces of the user's own accept
/// anything.
///
/// # Errors
/// What cannot be.
pub fn check(key: &Key, fmt: u32, body: &[u8], t: Time) -> Result<(), String> {
    if *key.namespace() == Namespace::PLAN {
        space::check_bytes::<PlanRecord>(fmt, body, t)
    } else if *key.namespace() == Namespace::BENCH {
        space::check_bytes::<BenchRecord>(fmt, body, t)
    } else {
        Ok(())
    }
}
