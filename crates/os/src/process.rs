//! Who a process is, so that its death is seen at once.
//!
//! A process number alone names whoever has it now; with its start time and its boot it names one process for
//! ever. Where the system cannot tell (another host, no `/proc`), the answer is "unknown" and callers fall back
//! to their deadline: an owner is never declared dead on a guess.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// One process of one boot of one host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The process number.
    pub pid: u32,
    /// When it started, in the kernel's clock ticks since boot; 0 where the system does not say.
    pub started: u64,
    /// The boot it belongs to, which also tells hosts apart.
    pub boot: String,
}

/// What is known about a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Alive,
    /// It has ended, for certain.
    Dead,
    /// It lives on another host, or this system does not say.
    Unknown,
}

impl Identity {
    /// The identity of the calling process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let pid = std::process::id();
        Self { pid, started: own_start(pid), boot: boot_id().to_owned() }
    }

    /// Whether this process still runs.
    #[must_use]
    pub fn life(&self) -> Life {
        if self.boot.is_empty() || self.boot != boot_id() || self.started == 0 {
            return Life::Unknown;
        }
        match read_stat(self.pid) {
            // Its number is free: nobody with this identity can come back.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Life::Dead,
            Err(_) => Life::Unknown,
            Ok(stat) => match parse_stat(&stat) {
                // A zombie has run its last instruction.
                Some((state, started)) if started == self.started && state != 'Z' => Life::Alive,
                Some(_) => Life::Dead,
                None => Life::Unknown,
            },
        }
    }
}

/// The id of the current boot; empty where the system has none.
#[must_use]
pub fn boot_id() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| {
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map(|id| id.trim().to_owned())
            .unwrap_or_default()
    })
}

/// The name of this host, for people; "unknown-host" where the system has none.
#[must_use]
pub fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "unknown-host".to_owned() } else { name }
}

/// Ends this process, as far as its output is written, without tidying its memory first: the system takes it
/// back at once, and piece by piece it takes as long as a small audit.
#[expect(unsafe_code, reason = "no typed library ends a process without its exit handlers")]
pub fn leave(code: u8) -> ! {
    use std::io::Write as _;
    // Who reads the output and has gone was told so when it was written.
    drop(std::io::stdout().flush());
    drop(std::io::stderr().flush());
    // SAFETY: takes a number, returns to nobody; what must be on disk was written before.
    unsafe { libc::_exit(i32::from(code)) }
}

/// Whether this process may act as the system's administrator.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// When the calling process started; asked of the system once, and again by a forked child.
fn own_start(pid: u32) -> u64 {
    static OF: AtomicU32 = AtomicU32::new(0);
    static STARTED: AtomicU64 = AtomicU64::new(0);
    if OF.load(Ordering::Acquire) == pid {
        return STARTED.load(Ordering::Relaxed);
    }
    let started = start_of(pid).unwrap_or(0);
    STARTED.store(started, Ordering::Relaxed);
    OF.store(pid, Ordering::Release);
    started
}

fn start_of(pid: u32) -> Option<u64> {
    parse_stat(&read_stat(pid).ok()?).map(|(_, started)| started)
}

fn read_stat(pid: u32) -> std::io::Result<String> {
    let bytes = std::fs::read(Path::new("/proc").join(pid.to_string()).join("stat"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The state letter and the start time from the text of `/proc/PID/stat`.
fn parse_stat(text: &str) -> Option<(char, u64)> {
    // The command name stands in brackets and may itself hold brackets and spaces.
    let after_name = text.get(text.rfind(')')? + 1..)?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some((state, started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_alive_until_it_has_ended_even_before_it_is_waited_for() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let id = Identity {
            pid: child.id(),
            started: start_of(child.id()).unwrap(),
            boot: boot_id().to_owned(),
        };
        assert_eq!(id.life(), Life::Alive);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(id.life(), Life::Dead);
    }

    #[test]
    fn the_same_number_with_another_start_is_another_process() {
        let me = Identity::of_this_process();
        assert_eq!(me.life(), Life::Alive);
        let earlier = Identity { started: me.started - 1, ..me.clone() };
        assert_eq!(earlier.life(), Life::Dead);
        let elsewhere = Identity { boot: "another".to_owned(), ..me };
        assert_eq!(elsewhere.life(), Life::Unknown);
    }

    #[test]
    fn a_command_name_with_brackets_does_not_shift_the_fields() {
        let text = "12 (a) b) (c) S 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 1";
        assert_eq!(parse_stat(text), Some(('S', 98765)));
    }
}
