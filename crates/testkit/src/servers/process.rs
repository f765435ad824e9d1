//! A server process that cannot outlive us.
//!
//! The server runs in its own process group. Beside it runs a watchdog, a few lines of `sh`, whose standard input is a
//! pipe from us: each line names the pid now in charge (empty: none). When the pipe closes, because the value was
//! dropped or because we were killed, the watchdog kills that pid and removes the folder. The pipe is close-on-exec, so
//! no other child can hold it open.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use amorsize_os::clock::Stopwatch;

use super::error::{Error, Missing};

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);
const LOG_TAIL_BYTES: usize = 2_000;

const WATCHDOG: &str = r#"trap '' INT TERM HUP QUIT
pid=
while read -r line; do pid=$line; done
[ -n "$pid" ] && kill -KILL "$pid" 2>/dev/null
n=0
while [ -d "$1" ] && [ $n -lt 100 ]; do rm -rf "$1" 2>/dev/null; n=$((n+1)); [ -d "$1" ] && sleep 0.05; done
exit 0
"#;

/// The first of `names` found on the search path or in one of `extra` folders.
pub(crate) fn find_program(names: &[&str], extra: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(extra.iter().cloned()).collect();
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |at| at.join(name)));
    candidates.into_iter().find(|file| file.is_file())
}

/// As [`find_program`], with the absence as an error.
pub(crate) fn need_program(
    names: &[&str],
    extra: &[PathBuf],
    what: &'static str,
    how: &'static str,
) -> Result<PathBuf, Error> {
    find_program(names, extra).ok_or(Error::Missing(Missing { what, how }))
}

/// A loopback port that was free a moment ago; the caller retries when somebody took it meanwhile.
pub(crate) fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|source| Error::io("find a free port", source))?;
    let address = listener.local_addr().map_err(|source| Error::io("read a port", source))?;
    Ok(address.port())
}

/// Tries up to `attempts` times (at least once), with a pause between, and hands back the last failure.
pub(crate) fn retry(
    attempts: usize,
    pause: Duration,
    mut attempt: impl FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    for _ in 1..attempts {
        if attempt().is_ok() {
            return Ok(());
        }
        std::thread::sleep(pause);
    }
    attempt()
}

/// The server of this process in `slot`, started by the first caller; a failure is tried anew by the next.
pub(crate) fn share<T>(
    slot: &'static OnceLock<T>,
    starting: &'static Mutex<()>,
    start: impl FnOnce() -> Result<T, Error>,
) -> Result<&'static T, Error> {
    let _one = starting.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = slot.get() {
        return Ok(server);
    }
    let server = start()?;
    Ok(slot.get_or_init(|| server))
}

/// Connects to a loopback port with bounded waits, for readiness probes.
pub(crate) fn probe(port: u16, question: &[u8], answer: &mut [u8]) -> std::io::Result<usize> {
    let wait = Duration::from_secs(2);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, wait)?;
    stream.set_read_timeout(Some(wait))?;
    stream.write_all(question)?;
    stream.read(answer)
}

/// A private folder, the server that works in it, and the watchdog over both.
#[derive(Debug)]
pub(crate) struct Watched {
    folder: PathBuf,
    server: Option<Child>,
    pipe: Option<ChildStdin>,
    watchdog: Child,
    end_with: &'static str,
}

impl Watched {
    /// Makes the private folder and its watchdog; no server runs yet.
    pub(crate) fn folder(tag: &str) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("amorsize-{tag}-"))
            .tempdir()
            .map_err(|source| Error::io("make a private folder", source))?
            .keep();
        let mut watchdog = Command::new("/bin/sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|source| Error::io("start the watchdog", source))?;
        let pipe = watchdog.stdin.take();
        Ok(Self { folder, server: None, pipe, watchdog, end_with: "KILL" })
    }

    /// The private folder.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// The pid of the running server.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// Starts `command` with its output in `log`, and waits until `ready` says so.
    pub(crate) fn start(
        &mut self,
        mut command: Command,
        mut ready: impl FnMut() -> bool,
    ) -> Result<(), Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        let log_path = self.folder.join("server.log");
        let log = File::options()
            .create(true)
            .append(true)
            .open(&log_path)
            .map_err(|source| Error::io("open the server's log", source))?;
        let log_too =
            log.try_clone().map_err(|source| Error::io("open the server's log", source))?;
        command.stdin(Stdio::null()).stdout(log).stderr(log_too).process_group(0);
        let child =
            command.spawn().map_err(|source| Error::io(format!("start {program}"), source))?;
        self.tell(&child.id().to_string());
        self.server = Some(child);
        let watch = Stopwatch::start();
        loop {
            if ready() {
                return Ok(());
            }
            let ended = self.server.as_mut().and_then(|child| child.try_wait().ok().flatten());
            if ended.is_some() || watch.elapsed() > START_LIMIT {
                self.kill();
                let detail = tail(&log_path, ended);
                return Err(Error::Failed { program, detail });
            }
            std::thread::sleep(POLL);
        }
    }

    /// Names the signal that the server is ended with at last, instead of KILL.
    pub(crate) fn end_with(mut self, signal: &'static str) -> Self {
        self.end_with = signal;
        self
    }

    /// Ends the server with SIGKILL; nothing is flushed.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.server.take() {
            drop(child.kill());
            drop(child.wait());
        }
        self.tell("");
    }

    /// The pids of the server's children, as a list of words.
    pub(crate) fn children(&self) -> String {
        let path = self.pid().map(|pid| format!("/proc/{pid}/task/{pid}/children"));
        path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
    }

    /// Ends orphans of a killed server, which would go on for a moment.
    #[expect(clippy::unused_self, reason = "only the owner of the server may kill its children")]
    pub(crate) fn kill_others(&self, pids: &str) {
        let script = format!("kill -KILL {pids}");
        drop(Command::new("/bin/sh").args(["-c", &script]).stderr(Stdio::null()).status());
    }

    /// Sends `signal` by name and waits for the end; falls back to SIGKILL after a bounded wait.
    pub(crate) fn stop(&mut self, signal: &str) {
        self.signal(signal);
        let watch = Stopwatch::start();
        while let Some(child) = self.server.as_mut() {
            if child.try_wait().ok().flatten().is_some() || watch.elapsed() > STOP_LIMIT {
                break;
            }
            std::thread::sleep(POLL);
        }
        self.kill();
    }

    /// Sends a signal by name (`STOP`, `CONT`, `TERM`) to the server.
    pub(crate) fn signal(&self, signal: &str) {
        if let Some(pid) = self.pid() {
            let sent = Command::new("/bin/sh")
                .args(["-c", &format!("kill -{signal} {pid}")])
                .stderr(Stdio::null())
                .status();
            drop(sent);
        }
    }

    fn tell(&mut self, line: &str) {
        if let Some(pipe) = self.pipe.as_mut() {
            drop(writeln!(pipe, "{line}").and_then(|()| pipe.flush()));
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop(self.end_with);
        self.pipe = None;
        drop(self.watchdog.wait());
    }
}

fn tail(log: &Path, ended: Option<ExitStatus>) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let from = text.len().saturating_sub(LOG_TAIL_BYTES);
    let said = String::from_utf8_lossy(&text[from..]).trim().to_owned();
    let how = ended.map_or_else(|| "not ready in time".to_owned(), |status| status.to_string());
    format!("{how}: {said}")
}
