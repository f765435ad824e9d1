//! The line gate: holds a Python program before each line of a function.
//!
//! A folder with our `sitecustomize` is put in front of the program's path. It traces the watched functions only and
//! asks, over a private Unix socket, before each of their lines. A program that is started with `-I` or `-S` never
//! loads it, and then has no boundaries, which the dry run says.

use crate::error::{Error, Result};
use crate::experiment::Watch;
use crate::history::{Boundary, Tap};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::json;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::sync::{Arc, Weak};
use tempfile::TempDir;

/// The part that traces; the driver of callables uses it too.
pub(crate) const HOOK: &str = include_str!("amorsize_hook.py");
const SITE: &str = include_str!("sitecustomize.py");

/// The folder with the hook, kept for the life of the experiment.
#[derive(Debug)]
pub(crate) struct LineGate {
    folder: TempDir,
    watches: String,
    /// The PYTHONPATH the parties would have had.
    path: Option<String>,
}

/// The watches as the hook reads them; nothing if there are none for Python.
pub(crate) fn watches(watches: &[Watch]) -> Option<serde_json::Value> {
    let found: Vec<_> = watches
        .iter()
        .filter_map(|watch| match watch {
            Watch::Python { file, function } => Some(json!({"file": file, "function": function})),
            _ => None,
        })
        .collect();
    (!found.is_empty()).then(|| json!(found))
}

impl LineGate {
    pub(crate) fn of(on: &[Watch], path: Option<&String>) -> Result<Option<Self>> {
        let Some(watches) = watches(on) else { return Ok(None) };
        let failed = |error| Error::io("could not lay out the line gate", error);
        let folder = tempfile::Builder::new().prefix("amorsize-").tempdir().map_err(failed)?;
        std::fs::write(folder.path().join("amorsize_hook.py"), HOOK).map_err(failed)?;
        std::fs::write(folder.path().join("sitecustomize.py"), SITE).map_err(failed)?;
        Ok(Some(Self { folder, watches: watches.to_string(), path: path.cloned() }))
    }

    /// Puts one party under the gate.
    pub(crate) fn attach(&self, command: &mut Command, tap: &Arc<Tap>) -> Result<()> {
        let failed = |error| Error::io("could not open the line gate", error);
        let socket = tempfile::Builder::new()
            .prefix("gate-")
            .tempdir_in(self.folder.path())
            .map_err(failed)?;
        let address = socket.path().join("s");
        let listener = UnixListener::bind(&address).map_err(failed)?;
        let path = match &self.path {
            Some(own) => format!("{}:{own}", self.folder.path().display()),
            None => self.folder.path().display().to_string(),
        };
        command
            .env("PYTHONPATH", path)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("AMORSIZE_PROVE_GATE", address)
            .env("AMORSIZE_PROVE_WATCHES", &self.watches);
        let tap = Arc::downgrade(tap);
        spawn(move || accept(&listener, &tap, socket))?;
        Ok(())
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<()> {
    std::thread::Builder::new()
        .name("prove-lines".to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| Error::io("could not start a thread", error))
}

/// Serves every thread of the party; ends when the party has gone.
fn accept(listener: &UnixListener, tap: &Weak<Tap>, socket: TempDir) {
    const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
    while tap.strong_count() > 0 {
        let mut fds = [PollFd::new(listener, PollFlags::IN)];
        if !matches!(poll(&mut fds, Some(&LOOK_EVERY)), Ok(1..)) {
            continue;
        }
        let (Ok((stream, _)), Some(tap)) = (listener.accept(), tap.upgrade()) else { break };
        spawn(move || serve(stream, &tap)).ok();
    }
    drop(socket);
}

fn serve(mut stream: UnixStream, tap: &Tap) {
    let Ok(reading) = stream.try_clone() else { return };
    for line in BufReader::new(reading).lines() {
        let Ok(line) = line else { return };
        let label = serde_json::from_str::<String>(&line).unwrap_or(line);
        tap.pass(Boundary { label, handshake: false });
        if stream.write_all(b"!").is_err() {
            return;
        }
    }
}
