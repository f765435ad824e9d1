//! The programs of Slurm: what is asked of them and how their answers are read.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Kind, Result};

/// Why an agent is gone, or that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It waits for its place.
    Pending,
    /// It runs, or is about to.
    Running,
    /// It ended by itself.
    Completed,
    /// Somebody cancelled it.
    Cancelled,
    /// The cluster took its place away: another can be asked for.
    Taken,
    /// It could not do its work.
    Failed,
}

/// One agent, as the cluster sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) agent: String,
    pub(super) state: State,
    /// Why it waits.
    pub(super) reason: String,
}

/// The programs.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    path: OsString,
}

impl Cluster {
    /// Checks that the programs are there and that the partition takes jobs.
    pub(super) fn find(path: &OsStr, words: &[OsString]) -> Result<Self> {
        let cluster = Self { path: path.to_owned() };
        for name in ["sbatch", "squeue", "scancel", "sinfo", "scontrol"] {
            cluster.program(name)?;
        }
        cluster.check_partition(words)?;
        Ok(cluster)
    }

    fn program(&self, name: &str) -> Result<PathBuf> {
        amorsize_os::child::find_program(OsStr::new(name), &self.path).ok_or_else(|| {
            let text = format!("run on Slurm: no program {name:?} was found on PATH");
            Error::new(Kind::Environment, text)
                .hint("start it where jobs are submitted, or leave --on away to use this machine")
        })
    }

    fn ask(&self, name: &str, words: &[&OsStr]) -> Result<String> {
        let mut command = Command::new(self.program(name)?);
        command.args(words).stdin(Stdio::null());
        // Without a group of its own it would be ended by the Ctrl-C that is only meant for us.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let output =
            command.output().map_err(|error| Error::system(&format!("run {name}"), error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; ");
        Err(Error::new(Kind::Environment, format!("run on Slurm: {name} said: {said}")))
    }

    fn check_partition(&self, words: &[OsString]) -> Result<()> {
        let named = partition_of(words);
        let mut ask: Vec<&OsStr> = ["-h", "-o", "%P %a %D %t"].map(OsStr::new).to_vec();
        if let Some(name) = &named {
            ask.extend([OsStr::new("-p"), name]);
        }
        let told = self.ask("sinfo", &ask).map_err(|error| {
            error.hint("is the controller of the cluster up? `scontrol ping` says")
        })?;
        let shown = named.as_deref().unwrap_or_default().to_string_lossy().into_owned();
        judge_partitions(&told, &shown)
    }

    /// CPUs of the partition that jobs can get at all.
    pub(super) fn cpus(&self, words: &[OsString]) -> Option<u64> {
        let named = partition_of(words);
        let mut ask: Vec<&OsStr> = ["-h", "-o", "%P %C"].map(OsStr::new).to_vec();
        if let Some(name) = &named {
            ask.extend([OsStr::new("-p"), name]);
        }
        cpus_of(&self.ask("sinfo", &ask).ok()?, named.is_some())
    }

    /// The largest array that the cluster takes.
    pub(super) fn array_most(&self) -> u64 {
        const USUAL: u64 = 1001;
        let told = self.ask("scontrol", &["show", "config"].map(OsStr::new)).unwrap_or_default();
        let line = told.lines().find(|line| line.starts_with("MaxArraySize"));
        let most = line.and_then(|line| line.split('=').nth(1)?.trim().parse().ok());
        // The size bounds the largest index, so one less.
        most.unwrap_or(USUAL).saturating_sub(1).max(1)
    }

    /// Submits an array of `count` agents; gives the name of the job.
    pub(super) fn submit(
        &self,
        count: u64,
        script: &Path,
        logs: &Path,
        words: &[OsString],
    ) -> Result<String> {
        let mut log = OsString::from("--output=");
        log.push(logs.join("%A_%a"));
        let array = OsString::from(format!("--array=1-{count}"));
        let fixed = ["--parsable", "--job-name=amorsize", "--no-requeue", "--open-mode=append"];
        let mut ask: Vec<&OsStr> = fixed.map(OsStr::new).to_vec();
        ask.extend([array.as_os_str(), &log]);
        ask.extend(words.iter().map(OsString::as_os_str));
        ask.push(script.as_os_str());
        let told = self.ask("sbatch", &ask)?;
        let job = told.trim().split(';').next().unwrap_or_default();
        if job.is_empty() || !job.bytes().all(|byte| byte.is_ascii_digit()) {
            let text = format!("run on Slurm: sbatch gave no job number but {:?}", told.trim());
            return Err(Error::new(Kind::Environment, text));
        }
        Ok(job.to_owned())
    }

    /// Every agent of these jobs that the cluster still remembers.
    pub(super) fn agents(&self, jobs: &[String]) -> Result<Vec<Seen>> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let list = OsString::from(jobs.join(","));
        let ask = ["-h", "-r", "-t", "all", "-o", "%i|%T|%r", "-j"].map(OsStr::new);
        match self.ask("squeue", &[&ask[..], &[&list]].concat()) {
            Ok(told) => Ok(told.lines().filter_map(seen_of).collect()),
            // What ended long ago is forgotten.
            Err(error) if error.to_string().contains("Invalid job id") => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Sends Ctrl-C to the agents that run and takes back those that wait.
    pub(super) fn interrupt(&self, jobs: &[String]) {
        self.cancel(&["--state=PENDING"], jobs);
        self.cancel(&["--batch", "--signal=INT"], jobs);
    }

    /// Ends them all.
    pub(super) fn kill(&self, jobs: &[String]) {
        self.cancel(&["--state=PENDING"], jobs);
        self.cancel(&["--full", "--signal=KILL"], jobs);
    }

    /// Takes back those that still wait.
    pub(super) fn cancel_waiting(&self, jobs: &[String]) {
        self.cancel(&["--state=PENDING"], jobs);
    }

    fn cancel(&self, how: &[&str], jobs: &[String]) {
        if jobs.is_empty() {
            return;
        }
        let mut ask: Vec<&OsStr> = how.iter().map(OsStr::new).collect();
        ask.extend(jobs.iter().map(OsStr::new));
        // A job that has ended needs no signal.
        drop(self.ask("scancel", &ask));
    }
}

/// The partition that is named in words for `sbatch`.
fn partition_of(words: &[OsString]) -> Option<OsString> {
    let text: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let at = |word: &str, next: Option<&str>| {
        if word == "-p" || word == "--partition" {
            return next.map(OsString::from);
        }
        let rest = word.strip_prefix("--partition=").or_else(|| {
            word.strip_prefix("-p").filter(|rest| !rest.is_empty() && !word.starts_with("--"))
        });
        rest.map(OsString::from)
    };
    text.iter().enumerate().find_map(|(i, word)| at(word, text.get(i + 1).map(AsRef::as_ref)))
}

/// Whether jobs can run in one of the partitions of lines like `main* up 3 idle`.
fn judge_partitions(told: &str, named: &str) -> Result<()> {
    let refuse = |text: String| {
        Err(Error::new(Kind::Environment, format!("run on Slurm: {text}; nothing was submitted"))
            .hint("`sinfo` shows the partitions; name another by --sbatch '-p NAME'"))
    };
    let lines: Vec<Vec<&str>> =
        told.lines().map(|line| line.split_whitespace().collect()).collect();
    let wanted: Vec<&Vec<&str>> = lines
        .iter()
        .filter(|line| !named.is_empty() || line.first().is_some_and(|name| name.ends_with('*')))
        .collect();
    let Some(first) = wanted.first() else {
        return if named.is_empty() && !lines.is_empty() {
            // Without a default partition, `sbatch` itself says what it wants.
            Ok(())
        } else if named.is_empty() {
            refuse("the cluster has no partitions".to_owned())
        } else {
            refuse(format!("there is no partition {named:?}"))
        };
    };
    let name = first.first().map_or("", |name| name.trim_end_matches('*'));
    if let Some(state) = first.get(1).filter(|state| **state != "up") {
        return refuse(format!("the partition {name:?} is {state}"));
    }
    let is_dead = |line: &&Vec<&str>| {
        line.get(3).is_some_and(|state| state.starts_with("down") || state.starts_with("drain"))
    };
    if wanted.iter().all(is_dead) {
        let state = first.get(3).unwrap_or(&"down").trim_end_matches('*');
        return refuse(format!("every node of the partition {name:?} is {state}"));
    }
    Ok(())
}

/// CPUs that are allocated or idle, from lines like `main* 1/3/0/4`.
fn cpus_of(told: &str, named: bool) -> Option<u64> {
    let mut lines = told.lines().map(str::split_whitespace);
    lines.find_map(|mut words| {
        let name = words.next()?;
        if !named && !name.ends_with('*') {
            return None;
        }
        let counts: Vec<u64> = words.next()?.split('/').filter_map(|n| n.parse().ok()).collect();
        Some(counts.first()? + counts.get(1)?)
    })
}

fn seen_of(line: &str) -> Option<Seen> {
    let mut parts = line.trim().split('|');
    let (agent, state) = (parts.next()?.to_owned(), parts.next()?);
    let reason = parts.next().unwrap_or_default().to_owned();
    let state = match state {
        "PENDING" | "CONFIGURING" | "REQUEUED" | "SUSPENDED" => State::Pending,
        "RUNNING" | "COMPLETING" | "STAGE_OUT" | "SIGNALING" => State::Running,
        "COMPLETED" => State::Completed,
        "CANCELLED" | "REVOKED" => State::Cancelled,
        "TIMEOUT" | "NODE_FAIL" | "PREEMPTED" | "BOOT_FAIL" | "DEADLINE" => State::Taken,
        _ => State::Failed,
    };
    Some(Seen { agent, state, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn a_partition_is_found_in_every_spelling() {
        for text in ["-p gpu", "--partition gpu", "--partition=gpu", "-n1 -pgpu"] {
            assert_eq!(partition_of(&words(text)), Some("gpu".into()), "{text}");
        }
        assert_eq!(partition_of(&words("--parsable -c 4")), None);
    }

    #[test]
    fn a_partition_that_runs_nothing_is_named() {
        let judge = |told: &str, named: &str| {
            judge_partitions(told, named).map_err(|error| error.to_string())
        };
        assert_eq!(judge("main* up 1 idle\nold down 3 idle\n", ""), Ok(()));
        assert_eq!(judge("main* up 1 down*\nmain* up 2 mix\n", ""), Ok(()));
        assert!(judge("main* up 1 down*\n", "").unwrap_err().contains("every node"));
        assert!(judge("old down 3 idle\n", "old").unwrap_err().contains("\"old\" is down"));
        assert!(judge("", "none").unwrap_err().contains("no partition \"none\""));
        assert!(judge("", "").is_err());
        assert_eq!(judge("a up 1 idle\nb up 1 idle\n", ""), Ok(()));
    }

    #[test]
    fn answers_are_read() {
        assert_eq!(cpus_of("a 1/1/0/2\nmain* 3/5/2/10\n", false), Some(8));
        assert_eq!(cpus_of("a 1/1/0/2\n", true), Some(2));
        let seen = seen_of("12_3|TIMEOUT|TimeLimit").unwrap();
        assert_eq!((seen.agent.as_str(), seen.state), ("12_3", State::Taken));
    }
}
