//! One command run to its end, or to its bound.

use crate::error::{Error, Result};
use crate::outcome::Exit;
use rustix::process::{Pid, Signal, kill_process_group};
use std::fmt::Write as _;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// The most that is kept of one output.
pub(crate) const OUTPUT_BYTES_MAX: u64 = 1 << 20;

/// What a command came to.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs a command in its own process group and ends the group when the bound is over.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Ended> {
    let (mut output, mut errors) = (scratch()?, scratch()?);
    command.stdin(Stdio::null()).stdout(copy(&output)?).stderr(copy(&errors)?).process_group(0);
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.spawn().map_err(|error| Error::io(format!("could not start {name}"), error))?;
    let group = Pid::from_child(&child);
    let (done, ended) = channel();
    let wait = move || done.send(child.wait()).ok();
    std::thread::Builder::new()
        .name("prove-wait".to_owned())
        .spawn(wait)
        .map_err(|error| Error::io("could not start a thread", error))?;
    let exit = match ended.recv_timeout(limit) {
        Ok(status) => exit_of(&status),
        Err(_) => Exit::TimedOut,
    };
    // What it left running in its group would meet the next run.
    kill_process_group(group, Signal::KILL).ok();
    Ok(Ended { exit, output: read_back(&mut output)?, errors: read_back(&mut errors)? })
}

/// A file without a name, for the output of a command.
pub(crate) fn scratch() -> Result<File> {
    let failed = "could not make a file in the temporary folder (TMPDIR names another)";
    tempfile::tempfile().map_err(|error| Error::io(failed, error))
}

/// One more descriptor of the same file.
pub(crate) fn copy(file: &File) -> Result<File> {
    file.try_clone().map_err(|error| Error::io("could not copy a descriptor", error))
}

/// What was written into the file, up to the bound; what stands behind it counts by its length and its fingerprint.
pub(crate) fn read_back(file: &mut File) -> Result<String> {
    let failed = |error| Error::io("could not read back an output", error);
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut file = &*file;
    file.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    let (mut more, mut piece, mut hasher) = (0_u64, vec![0; 1 << 16], DefaultHasher::new());
    loop {
        let count = file.read(&mut piece).map_err(failed)?;
        if count == 0 {
            break;
        }
        hasher.write(&piece[..count]);
        more += count as u64;
    }
    if more > 0 {
        write!(text, "\n[and {more} bytes more, fingerprint {:016x}]", hasher.finish()).ok();
    }
    Ok(text)
}

/// How a process ended, in our words.
pub(crate) fn exit_of(status: &std::io::Result<ExitStatus>) -> Exit {
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Code(code),
            (None, Some(signal)) => Exit::Signal(signal),
            (None, None) => Exit::TimedOut,
        },
        Err(_) => Exit::TimedOut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_ended_at_its_bound_with_everything_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; sleep 60 & wait"]);
        let ended = run(&mut command, Duration::from_millis(300)).unwrap();
        assert_eq!((ended.exit, ended.output.as_str()), (Exit::TimedOut, "begun\n"));
        let mut command = Command::new("sh");
        command.args(["-c", "echo no >&2; exit 4"]);
        let ended = run(&mut command, Duration::from_secs(10)).unwrap();
        assert_eq!((ended.exit, ended.errors.as_str()), (Exit::Code(4), "no\n"));
    }
}
