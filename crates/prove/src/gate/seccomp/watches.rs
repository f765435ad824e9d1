//! The system-call gate: holds any unmodified program before its i-th matching system call.
//!
//! The child installs a filter that hands the calls of [`calls`] to us before they run (seccomp user
//! notification); children and threads inherit it. We read the arguments, decide whether they concern a watched
//! path or socket, let the [`Tap`] number and perhaps hold the call, and answer "continue". Nothing is ever
//! emulated or denied, except `io_uring`, which is answered "not supported" so that no call goes past us.
//!
//! Not seen: shared writable mappings, the plain text inside TLS, programs of another word size. The first two
//! are reported as blind spots. A program cannot gain privileges under the filter (setuid programs fail).

use super::{files, filter, service, sys};
use crate::error::{Error, Result};
use crate::experiment::Watch;
use crate::history::Tap;
use globset::{GlobBuilder, GlobMatcher};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// What the gate looks at.
#[derive(Debug, Clone)]
pub(crate) struct Watches {
    patterns: Vec<Pattern>,
    pub(super) ports: Vec<u16>,
    pub(super) unix: Vec<String>,
    pub(super) directory: PathBuf,
}

#[derive(Debug, Clone)]
struct Pattern {
    whole: GlobMatcher,
    folder: Option<GlobMatcher>,
}

impl Watches {
    /// Collects what concerns this gate; nothing if no watch does.
    pub(crate) fn of(watches: &[Watch], directory: &Path) -> Result<Option<Self>> {
        let mut all =
            Self { patterns: vec![], ports: vec![], unix: vec![], directory: directory.to_owned() };
        for watch in watches {
            match watch {
                Watch::Files(pattern) => all.patterns.extend(patterns(pattern, directory)?),
                Watch::Tcp(port) => all.ports.push(*port),
                Watch::Unix(path) => all.unix.push(path.clone()),
                Watch::Wire { .. } | Watch::Python { .. } | Watch::Go { .. } => {}
            }
        }
        let any = !(all.patterns.is_empty() && all.ports.is_empty() && all.unix.is_empty());
        Ok(any.then_some(all))
    }

    pub(super) fn sockets(&self) -> bool {
        !(self.ports.is_empty() && self.unix.is_empty())
    }

    pub(super) fn matches(&self, path: &Path) -> bool {
        self.patterns.iter().any(|pattern| pattern.whole.is_match(path))
    }

    /// Whether the path is a folder in which watched names live.
    pub(super) fn lists(&self, path: &Path) -> bool {
        let in_folder =
            |pattern: &Pattern| pattern.folder.as_ref().is_some_and(|f| f.is_match(path));
        self.patterns.iter().any(in_folder)
    }
}

/// A pattern as it is written, and once more with the fixed part of its folder resolved.
fn patterns(text: &str, directory: &Path) -> Result<Vec<Pattern>> {
    let absolute = directory.join(text);
    let mut found = vec![pattern(&absolute)?];
    let mut fixed = PathBuf::new();
    let mut rest = PathBuf::new();
    for part in absolute.components() {
        let special = part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
        if special || !rest.as_os_str().is_empty() {
            rest.push(part);
        } else {
            fixed.push(part);
        }
    }
    if rest.as_os_str().is_empty()
        && let Some(name) = absolute.file_name()
    {
        rest = PathBuf::from(name);
        fixed.pop();
    }
    if let Ok(real) = std::fs::canonicalize(&fixed)
        && real != fixed
    {
        found.push(pattern(&real.join(rest))?);
    }
    Ok(found)
}

fn pattern(path: &Path) -> Result<Pattern> {
    let compile = |path: &Path| {
        let text = files::lexical(path);
        let glob = GlobBuilder::new(&text.to_string_lossy()).literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher()).map_err(|error| Error::usage(error.to_string()))
    };
    Ok(Pattern { whole: compile(path)?, folder: path.parent().map(compile).transpose()? })
}

/// Puts the command under the gate. Boundaries are told to `tap` from a thread that ends with the last process.
pub(crate) fn attach(watches: &Watches, command: &mut Command, tap: Arc<Tap>) -> Result<()> {
    let program = filter::program(watches.patterns.is_empty(), watches.sockets());
    let (hello_read, hello_write) = pipe()?;
    let (go_read, go_write) = pipe()?;
    sys::install_before_exec(command, program, hello_write, go_read);
    let watches = watches.clone();
    let serve = move || {
        if let Some(listener) = sys::take_listener(hello_read, &go_write) {
            service::serve(listener.as_fd(), &watches, &tap);
        } else {
            tap.recorder().blind_spot("the system-call gate could not be set up");
        }
    };
    std::thread::Builder::new()
        .name("prove-gate".to_owned())
        .spawn(serve)
        .map_err(|error| Error::io("could not start the gate", error))?;
    Ok(())
}

fn pipe() -> Result<(OwnedFd, OwnedFd)> {
    let (read, write) =
        std::io::pipe().map_err(|error| Error::io("could not make a pipe", error))?;
    Ok((read.into(), write.into()))
}
