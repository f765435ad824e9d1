//! Child processes, started as cheaply as the system allows and watched through handles.
//!
//! A child gets a process group of its own, so that a signal reaches all it has started. Its end is told by a
//! process handle, never by a number that may already belong to somebody else; what it used comes with the end.
//! Signals go only to children that have not been reaped.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::{Pid, PidfdFlags, Signal};

/// What a child is started from.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The program file; not searched for.
    pub program: &'a Path,
    /// The name the program is told.
    pub name: &'a OsStr,
    /// Its arguments.
    pub arguments: &'a [std::ffi::OsString],
    /// Where its standard input comes from.
    pub stdin: BorrowedFd<'a>,
    /// Whether its output is collected; otherwise it goes where ours goes.
    pub collect: bool,
}

/// A child that has not been reaped.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    handle: OwnedFd,
    /// Our end of its standard output, non-blocking.
    pub stdout: Option<OwnedFd>,
    /// Our end of its standard error, non-blocking.
    pub stderr: Option<OwnedFd>,
}

/// How a child ended and what it used, its own waited-for children included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status, if it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// CPU time in user mode, in nanoseconds.
    pub user_ns: u64,
    /// CPU time in the kernel, in nanoseconds.
    pub system_ns: u64,
    /// The most memory it had at once, in bytes.
    pub memory_bytes: u64,
}

/// Signals that are sent to children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Send {
    /// What Ctrl-C sends.
    Interrupt,
    /// A request to end.
    Terminate,
    /// The end.
    Kill,
    /// Stand still.
    Stop,
    /// Go on.
    Continue,
}

/// What a running child is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doing {
    /// Whether it sleeps and could be woken, so it waits for something outside the machine or for time.
    pub asleep: bool,
    /// Memory it has now.
    pub memory_bytes: u64,
}

impl Child {
    /// Starts a child.
    ///
    /// # Errors
    /// When the program cannot be executed, or the system has no room for another process.
    pub fn start(start: &Start<'_>) -> io::Result<Self> {
        let mut command = Command::new(start.program);
        command.arg0(start.name).args(start.arguments).process_group(0);
        command.stdin(Stdio::from(start.stdin.try_clone_to_owned()?));
        if start.collect {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        let mut child = command.spawn()?;
        // Its copy of the input goes before the next handle is asked for: where they are scarce, a child that was started
        // would otherwise have to be ended for want of one.
        drop(command);
        let pid = Pid::from_child(&child);
        // The child is ours and not reaped, so its number is still its own.
        let handle = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(error) => {
                drop(child.kill());
                drop(child.wait());
                return Err(error.into());
            }
        };
        let stdout = child.stdout.take().map(OwnedFd::from);
        let stderr = child.stderr.take().map(OwnedFd::from);
        for pipe in stdout.iter().chain(&stderr) {
            rustix::fs::fcntl_setfl(pipe, rustix::fs::OFlags::NONBLOCK)?;
        }
        Ok(Self { pid, handle, stdout, stderr })
    }

    /// Its process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// The handle that becomes readable when it ends.
    #[must_use]
    pub fn handle(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }

    /// Sends a signal to the child and to all it has started that stayed in its group.
    pub fn signal(&self, send: Send) {
        let signal = match send {
            Send::Interrupt => Signal::INT,
            Send::Terminate => Signal::TERM,
            Send::Kill => Signal::KILL,
            Send::Stop => Signal::STOP,
            Send::Continue => Signal::CONT,
        };
        // A group that has just ended needs no signal.
        rustix::process::kill_process_group(self.pid, signal).unwrap_or(());
    }

    /// The time it was ready to run and had no CPU, in nanoseconds; also once it has ended, before it is reaped.
    #[must_use]
    pub fn run_queue_delay_ns(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/schedstat", self.id())).ok()?;
        crate::machine::parse::run_queue_delay_ns(&text)
    }

    /// What it is doing now.
    #[must_use]
    pub fn doing(&self) -> Option<Doing> {
        let text = std::fs::read(format!("/proc/{}/stat", self.id())).ok()?;
        parse_doing(&String::from_utf8_lossy(&text))
    }

    /// Reaps the child if it has ended.
    ///
    /// # Errors
    /// When somebody else reaped it, which nobody in this program does.
    pub fn reap(&self) -> io::Result<Option<Ended>> {
        wait4(self.pid, libc::WNOHANG)
    }

    /// Waits for the end of the child and reaps it.
    ///
    /// # Errors
    /// As [`Self::reap`].
    pub fn wait(&self) -> io::Result<Ended> {
        loop {
            match wait4(self.pid, 0) {
                Ok(Some(ended)) => return Ok(ended),
                Ok(None) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The time the calling thread was ready to run and had no CPU, in nanoseconds.
#[must_use]
pub fn own_run_queue_delay_ns() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    crate::machine::parse::run_queue_delay_ns(&text)
}

/// State and resident memory from the text of `/proc/PID/stat`.
fn parse_doing(text: &str) -> Option<Doing> {
    let fields = text.get(text.rfind(')')? + 1..)?;
    let mut fields = fields.split_ascii_whitespace();
    let asleep = fields.next()? == "S";
    let pages: u64 = fields.nth(20)?.parse().ok()?;
    Some(Doing { asleep, memory_bytes: pages.saturating_mul(rustix::param::page_size() as u64) })
}

#[expect(unsafe_code, reason = "no typed library returns the resource usage of one child")]
fn wait4(pid: Pid, options: libc::c_int) -> io::Result<Option<Ended>> {
    let mut status: libc::c_int = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers lead to live variables of the types the call writes, for the time of the call.
    let got = unsafe {
        libc::wait4(pid.as_raw_nonzero().get(), &raw mut status, options, usage.as_mut_ptr())
    };
    if got < 0 {
        return Err(io::Error::last_os_error());
    }
    if got == 0 {
        return Ok(None);
    }
    // SAFETY: `rusage` is a struct of integers, for which the zeroes it was made of are valid already.
    let usage = unsafe { usage.assume_init() };
    let status = ExitStatus::from_raw(status);
    Ok(Some(Ended {
        code: status.code(),
        signal: status.signal(),
        user_ns: nanoseconds(usage.ru_utime),
        system_ns: nanoseconds(usage.ru_stime),
        memory_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0).saturating_mul(1024),
    }))
}

fn nanoseconds(time: libc::timeval) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let micros = u64::try_from(time.tv_usec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(micros.saturating_mul(1000))
}

/// An input that is always at its end.
///
/// # Errors
/// When the null device cannot be opened.
pub fn no_input() -> io::Result<File> {
    File::open("/dev/null")
}

/// The file a command name leads to: itself when it holds a slash, else the first executable on `path`.
#[must_use]
pub fn find_program(name: &OsStr, path: &OsStr) -> Option<std::path::PathBuf> {
    let direct = Path::new(name);
    if name.as_encoded_bytes().contains(&b'/') {
        return executable(direct).then(|| direct.to_path_buf());
    }
    if name.is_empty() {
        return None;
    }
    std::env::split_paths(path).map(|directory| directory.join(name)).find(|file| executable(file))
}

/// The program that the first line of a script asks for, where that cannot be executed.
#[must_use]
pub fn missing_interpreter(program: &Path) -> Option<std::path::PathBuf> {
    const FIRST_LINE_MOST: u64 = 256;
    let mut first = Vec::new();
    File::open(program).ok()?.take(FIRST_LINE_MOST).read_to_end(&mut first).ok()?;
    let rest = first.strip_prefix(b"#!")?.trim_ascii_start();
    let end = rest.iter().position(u8::is_ascii_whitespace)?;
    let interpreter = Path::new(OsStr::from_bytes(&rest[..end]));
    (!executable(interpreter)).then(|| interpreter.to_path_buf())
}

/// The name of a signal that ends processes.
#[must_use]
pub const fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGSYS => "SIGSYS",
        _ => return None,
    })
}

fn executable(path: &Path) -> bool {
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// The names of all programs on `path`, for a suggestion; bounded.
#[must_use]
pub fn programs(path: &OsStr) -> Vec<String> {
    const MOST: usize = 20_000;
    let entries = std::env::split_paths(path).filter_map(|dir| std::fs::read_dir(dir).ok());
    let names = entries.flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn start(script: &str) -> Child {
        let arguments = ["-c".into(), OsString::from(script)];
        let stdin = no_input().unwrap();
        Child::start(&Start {
            program: Path::new("/bin/sh"),
            name: OsStr::new("sh"),
            arguments: &arguments,
            stdin: stdin.as_fd(),
            collect: true,
        })
        .unwrap()
    }

    #[test]
    fn the_end_comes_with_its_code_and_what_was_used() {
        let mut child = start(
            "echo out; echo err >&2; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 7",
        );
        let ended = child.wait().unwrap();
        assert_eq!((ended.code, ended.signal), (Some(7), None));
        assert!(ended.user_ns + ended.system_ns > 0 && ended.memory_bytes > 0);
        let mut out = String::new();
        File::from(child.stdout.take().unwrap()).read_to_string(&mut out).unwrap();
        assert_eq!(out, "out\n");
        assert!(child.reap().is_err(), "it is reaped once");
    }

    #[test]
    fn a_signal_reaches_what_the_child_has_started() {
        let mut child = start("sleep 100 & echo ready; wait");
        let pipe = child.stdout.take().unwrap();
        rustix::fs::fcntl_setfl(&pipe, rustix::fs::OFlags::empty()).unwrap();
        let mut pipe = File::from(pipe);
        let mut ready = [0; 6];
        pipe.read_exact(&mut ready).unwrap();
        assert_eq!(child.reap().unwrap(), None);
        child.signal(Send::Kill);
        assert_eq!(child.wait().unwrap().signal, Some(9));
        // The grandchild held the pipe open; it is gone too, so the pipe ends.
        assert_eq!(pipe.read(&mut ready).unwrap(), 0);
    }

    #[test]
    fn a_program_is_found_on_the_path_or_not_at_all() {
        let path = OsStr::new("/nowhere:/bin:/usr/bin");
        assert!(find_program(OsStr::new("sh"), path).is_some());
        assert_eq!(find_program(OsStr::new("no-such-program-here"), path), None);
        assert_eq!(find_program(OsStr::new(""), path), None);
        assert_eq!(find_program(OsStr::new("/etc"), path), None);
        assert!(programs(path).iter().any(|name| name == "sh"));
    }

    #[test]
    fn a_script_is_asked_for_the_program_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        for (text, missing) in [
            ("#!/bin/sh -e\n", None),
            ("#! /no/such/shell\n", Some("/no/such/shell")),
            ("no first line of that kind\n", None),
            ("", None),
        ] {
            std::fs::write(&script, text).unwrap();
            assert_eq!(missing_interpreter(&script).as_deref(), missing.map(Path::new), "{text}");
        }
        assert_eq!(missing_interpreter(&folder.path().join("none")), None);
        assert_eq!((signal_name(9), signal_name(0)), (Some("SIGKILL"), None));
    }

    #[test]
    fn state_and_memory_are_read_past_a_strange_name() {
        let text = "7 (a) S b) S 1 1 1 0 -1 4 1 0 0 0 0 0 0 0 20 0 1 0 98765 5000 25 1";
        let doing = parse_doing(text).unwrap();
        assert!(doing.asleep);
        assert_eq!(doing.memory_bytes, 25 * rustix::param::page_size() as u64);
        let child = start("exec sleep 100");
        assert!(child.doing().is_some());
        child.signal(Send::Kill);
        child.wait().unwrap();
    }
}
