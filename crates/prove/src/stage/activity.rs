//! Whether a party does anything at all, and what it waits for.
//!
//! Read from `/proc` only: the context switches of all its threads, and the system call each of them is in. A
//! party that polls with sleeps is busy, not waiting; the bound of the hold covers it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

const PROCESSES_MAX: usize = 256;

/// How long a party in a lock call must stand still to be taken to wait.
const LOCK_QUIET: Duration = Duration::from_millis(120);

/// The variable by which everything that a party starts is known.
pub(super) const MARK: &str = "AMORSIZE_PROVE_PARTY";

/// What a party's threads were seen doing at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// Changes whenever any thread ran.
    mark: u64,
    running: bool,
    wait: Option<Wait>,
}

/// What a thread waits in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wait {
    /// Certain lock calls rank highest.
    rank: u8,
    pub(super) on: String,
}

impl Moment {
    /// Looks at the process and everything it started.
    pub(super) fn of(root: u32) -> Self {
        let mut moment = Self { mark: 0, running: false, wait: None };
        for process in family(root) {
            let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { continue };
            for task in tasks.flatten() {
                let name = task.file_name();
                moment.add(process, &name.to_string_lossy());
            }
        }
        moment
    }

    fn add(&mut self, process: u32, task: &str) {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/task/{task}/status"))
        else {
            return;
        };
        self.mark = self.mark.wrapping_add(1_000_003);
        for line in status.lines() {
            if let Some(state) = line.strip_prefix("State:") {
                self.running |= state.trim_start().starts_with(['R', 'D']);
            }
            let (Some(count), true) =
                (line.split_whitespace().nth(1), line.contains("ctxt_switches"))
            else {
                continue;
            };
            self.mark = self.mark.wrapping_add(count.parse().unwrap_or(0));
        }
        let wait = wait_of(process, task);
        if wait > self.wait {
            self.wait = wait;
        }
    }

    /// Whether nothing happened between the two moments.
    pub(super) fn still(&self, later: &Self) -> bool {
        self.mark == later.mark && !self.running && !later.running
    }

    /// How long it must stand still to be taken to wait.
    pub(super) fn patience(&self, usual: Duration) -> Duration {
        match &self.wait {
            Some(wait) if wait.rank == 3 => LOCK_QUIET.min(usual),
            _ => usual,
        }
    }

    pub(super) fn waits_on(&self) -> String {
        self.wait.as_ref().map_or_else(|| "something unseen".to_owned(), |wait| wait.on.clone())
    }
}

/// How many times longer everything may take because others want the processors, too; one on an idle machine.
pub(super) fn crowding() -> f64 {
    const MOST: f64 = 10.0;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0.0);
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpus = u32::try_from(cpus).map_or(1.0, f64::from);
    (load / cpus).clamp(1.0, MOST)
}

fn family(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Ok(process) = name.to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { continue };
        // The name in parentheses may contain anything; what follows the last one is plain.
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut found = vec![root];
    let mut seen = HashSet::from([root]);
    let mut next = 0;
    while next < found.len() && found.len() < PROCESSES_MAX {
        for child in children.get(&found[next]).into_iter().flatten() {
            if seen.insert(*child) {
                found.push(*child);
            }
        }
        next += 1;
    }
    found
}

/// Ends whatever carries the mark in its environment: what a party left behind in a session of its own.
pub(super) fn end_marked(mark: &str) {
    use rustix::process::{Pid, Signal, kill_process};
    const ROUNDS_MAX: usize = 5;
    let wanted = format!("{MARK}={mark}");
    for _ in 0..ROUNDS_MAX {
        let mut found = false;
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(process) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
            if !environment.split(|byte| *byte == 0).any(|one| one == wanted.as_bytes()) {
                continue;
            }
            if let Some(process) = Pid::from_raw(process) {
                found |= kill_process(process, Signal::KILL).is_ok();
            }
        }
        // What was born while we looked is met in the next round.
        if !found {
            return;
        }
    }
}

fn wait_of(process: u32, task: &str) -> Option<Wait> {
    let line = std::fs::read_to_string(format!("/proc/{process}/task/{task}/syscall")).ok()?;
    let mut words = line.split_whitespace();
    let number: i64 = words.next()?.parse().ok()?;
    let mut argument = || {
        words.next().and_then(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok())
    };
    let (first, second) = (argument()?, argument()?);
    let descriptor = || {
        let link = std::fs::read_link(format!("/proc/{process}/fd/{first}")).ok();
        link.map_or_else(|| "a closed file".to_owned(), |link| link.display().to_string())
    };
    let wait = |rank, on: String| Some(Wait { rank, on });
    match number {
        libc::SYS_flock => wait(3, format!("flock on {}", descriptor())),
        libc::SYS_fcntl if matches!(second, 7 | 38) => {
            wait(3, format!("the file lock on {}", descriptor()))
        }
        libc::SYS_read | libc::SYS_recvfrom | libc::SYS_recvmsg => {
            let name = descriptor();
            let name = if name.starts_with("socket:") {
                "an answer on its socket".to_owned()
            } else {
                name
            };
            wait(2, name)
        }
        libc::SYS_ppoll | libc::SYS_pselect6 | libc::SYS_epoll_pwait => {
            wait(1, "an event on its sockets or pipes".to_owned())
        }
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll | libc::SYS_select | libc::SYS_epoll_wait => {
            wait(1, "an event on its sockets or pipes".to_owned())
        }
        libc::SYS_futex => wait(0, "a lock between threads (futex)".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen_running() {
        let moment = Moment::of(std::process::id());
        assert!(moment.running, "the thread that looks is running");
        assert!(!moment.still(&moment.clone()));
    }
}
