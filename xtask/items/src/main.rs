//! The items of the benches: a number of milliseconds of CPU or of waiting for each argument.
//!
//! CPU items burn the CPU time of their own thread, so that a crowded machine makes them slower, as it does with real
//! work; a loop until a time of day would hide that. A program of its own, as small as those that people run over
//! their files: the start of a large one would be most of what a short row measures.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program says its words there")]

use std::process::ExitCode;
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Does the work of each word: `c1.5` burns 1.5 ms of CPU, `w10` waits 10 ms, `t0` tells the system's monotonic time.
fn main() -> ExitCode {
    for word in std::env::args().skip(1) {
        let Some((kind, time)) = item(&word) else {
            eprintln!("{word:?} is none of cMILLISECONDS, wMILLISECONDS, t0");
            return ExitCode::FAILURE;
        };
        match kind {
            'c' => burn(time),
            'w' => std::thread::sleep(time),
            _ => println!("{:.9}", read(ClockId::Monotonic).as_secs_f64()),
        }
    }
    ExitCode::SUCCESS
}

fn item(word: &str) -> Option<(char, Duration)> {
    let kind = word.chars().next().filter(|kind| "cwt".contains(*kind))?;
    let ms: f64 = word.get(1..)?.parse().ok()?;
    Duration::try_from_secs_f64(ms / 1e3).ok().map(|time| (kind, time))
}

fn burn(time: Duration) {
    let end = read(ClockId::ThreadCPUTime) + time;
    let mut sum = 0_u64;
    while read(ClockId::ThreadCPUTime) < end {
        for step in 0..200_u64 {
            sum = std::hint::black_box(sum ^ (sum << 1) ^ step);
        }
    }
}

fn read(clock: ClockId) -> Duration {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    Duration::new(tv_sec.unsigned_abs(), u32::try_from(tv_nsec).unwrap_or(0))
}
