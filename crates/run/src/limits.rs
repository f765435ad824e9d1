//! From the machine as it was read to the limits of a run.

use amorsize_os::machine::Machine;
use amorsize_sizing::Limits;

/// However many would pay: no more at once than this unless the user asks for more.
pub const WORKERS_CAP: u64 = 256;
/// Handles a process needs here: its end, two pipes, and one to spare.
const HANDLES_EACH: u64 = 4;
const HANDLES_OWN: u64 = 64;

/// The limits of this machine, with at most `cap` workers.
#[must_use]
pub fn of(machine: &Machine, cap: u64, memory_per_job: Option<u64>) -> Limits {
    let by_handles =
        machine.open_files_max.map(|most| most.saturating_sub(HANDLES_OWN) / HANDLES_EACH);
    let by_processes = machine.processes_max.map(|most| most / 2);
    let memory_bytes = machine.memory_headroom_bytes();
    let by_memory = memory_bytes.zip(memory_per_job).map(|(all, each)| all / each.max(1));
    let bounds = [by_handles, by_processes, by_memory].into_iter().flatten();
    let workers_most = bounds.fold(cap, u64::min).max(1);
    Limits { cpus: machine.cpus_usable(), workers_most, memory_bytes }
}

/// A number of workers as GNU parallel writes it: `8`, `+2`, `-1`, `150%`, `0` for as many as there may be.
///
/// # Errors
/// When it is none of these.
pub fn jobs(text: &str, limits: &Limits) -> Result<u64, String> {
    let usage =
        || format!("{text:?} is not a number of jobs; write 8, +2, -1, 150% or 0 for the most");
    let cpus = limits.workers_at_first();
    let number = |digits: &str| digits.parse::<u64>().map_err(|_| usage());
    let jobs = if let Some(more) = text.strip_prefix('+') {
        cpus.saturating_add(number(more)?)
    } else if let Some(less) = text.strip_prefix('-') {
        cpus.saturating_sub(number(less)?)
    } else if let Some(percent) = text.strip_suffix('%') {
        (cpus.saturating_mul(number(percent)?)).div_ceil(100)
    } else {
        match number(text)? {
            0 => limits.workers_most,
            jobs => jobs,
        }
    };
    Ok(jobs.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_read_as_gnu_parallel_reads_them() {
        let limits = Limits { cpus: 4.0, workers_most: 100, memory_bytes: None };
        let read = |text: &str| jobs(text, &limits);
        assert_eq!((read("3"), read("+2"), read("-1"), read("-9")), (Ok(3), Ok(6), Ok(3), Ok(1)));
        assert_eq!((read("50%"), read("150%"), read("0")), (Ok(2), Ok(6), Ok(100)));
        assert!(read("many").is_err() && read("").is_err() && read("-x").is_err());
    }

    #[test]
    fn the_tightest_bound_wins() {
        let mut machine = Machine::read();
        machine.open_files_max = Some(264);
        machine.processes_max = None;
        assert_eq!(of(&machine, 256, None).workers_most, 50);
        machine.processes_max = Some(20);
        assert_eq!(of(&machine, 256, None).workers_most, 10);
        assert_eq!(of(&machine, 256, Some(u64::MAX)).workers_most, 1);
    }
}
