//! The items of the benches: a number of milliseconds of CPU or of waiting for each argument.
//!
//! CPU items burn the CPU time of their own thread, so that a crowded machine makes them slower, as it does with real
//! work; a loop until a time of day would hide that.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};

/// Does the work of each word: `c1.5` burns 1.5 ms of CPU, `w10` waits 10 ms, `t0` tells the time.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    for word in words {
        let (kind, ms) = word.split_at_checked(1).context("an empty item")?;
        let time = Duration::from_secs_f64(ms.parse::<f64>()?.max(0.0) / 1e3);
        match kind {
            "c" => burn(time),
            "w" => std::thread::sleep(time),
            // When it was started, for the bench that asks how long that took.
            "t" => println!("{:.9}", super::run_gates::monotonic()),
            _ => anyhow::bail!("{word:?} is neither c… nor w…"),
        }
    }
    Ok(())
}

fn burn(time: Duration) {
    let now = || {
        let used = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(used.tv_sec.unsigned_abs(), u32::try_from(used.tv_nsec).unwrap_or(0))
    };
    let end = now() + time;
    let mut sum = 0_u64;
    while now() < end {
        for step in 0..200_u64 {
            sum = std::hint::black_box(sum ^ (sum << 1) ^ step);
        }
    }
}
