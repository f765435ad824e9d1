//! What is asked: two operations, a prepared state, a probe, and where to hold.
//!
//! [`Experiment`] is the whole question as a value; [`Watch`] names the boundaries a party can be held before.
//! Every wait has its bound in [`Limits`]; a breach of one is a verdict or a note in the report, never a hang.

use crate::error::{Error, Result};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// One of the commands of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// Prepares the state both orders start from.
    Setup,
    /// The first operation.
    A,
    /// The second operation.
    B,
    /// An eviction, allowed anywhere in the second set of outcomes.
    Evict,
    /// Reads the state afterwards.
    Probe,
}

impl Op {
    /// The other operation of the pair; itself for what is not one of the pair.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            op => op,
        }
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Setup => "setup",
            Self::A => "A",
            Self::B => "B",
            Self::Evict => "eviction",
            Self::Probe => "probe",
        })
    }
}

/// A wire protocol the wire gate understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// PostgreSQL, simple and extended.
    Postgres,
    /// Redis and Valkey (RESP).
    Redis,
    /// The memcached text protocol.
    Memcached,
}

/// Where a party can be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watch {
    /// Before system calls on files whose path matches the pattern.
    Files(String),
    /// Before requests on sockets connected to the TCP port.
    Tcp(u16),
    /// Before requests on sockets connected to the Unix socket.
    Unix(String),
    /// Before requests that pass through a proxy to `upstream`.
    Wire {
        /// The protocol spoken there.
        protocol: Protocol,
        /// Host and port of the real server.
        upstream: String,
    },
    /// Before each line of a Python function.
    Python {
        /// The end of the source file's path.
        file: String,
        /// The function, or `Class.method`, or `*`.
        function: String,
    },
    /// Before each statement of a Go function.
    Go {
        /// The import path of the package.
        package: String,
        /// The function, or `Type.Method`.
        function: String,
    },
}

impl std::str::FromStr for Watch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(port) = text.strip_prefix("tcp:") {
            let port = port.parse().map_err(|_| {
                Error::usage(format!(
                    "`{text}`: a port is a number from 1 to 65535, as in tcp:6379"
                ))
            })?;
            return Ok(Self::Tcp(port));
        }
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(path.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("wire:") {
            return parse_wire(text, rest);
        }
        if let Some(rest) = text.strip_prefix("py:") {
            let (file, function) = rest
                .rsplit_once(':')
                .filter(|(file, function)| !file.is_empty() && !function.is_empty())
                .ok_or_else(|| Error::usage(format!("`{text}`: write py:FILE:FUNCTION")))?;
            return Ok(Self::Python { file: file.to_owned(), function: function.to_owned() });
        }
        if let Some(rest) = text.strip_prefix("go:") {
            return parse_go(text, rest);
        }
        if text.is_empty() {
            return Err(Error::usage("an empty pattern matches nothing"));
        }
        Ok(Self::Files(text.strip_prefix("file:").unwrap_or(text).to_owned()))
    }
}

/// The words of a watch, as they are typed.
impl std::fmt::Display for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Files(pattern) => f.write_str(pattern),
            Self::Tcp(port) => write!(f, "tcp:{port}"),
            Self::Unix(path) => write!(f, "unix:{path}"),
            Self::Wire { protocol, upstream } => {
                let protocol = match protocol {
                    Protocol::Postgres => "postgres",
                    Protocol::Redis => "redis",
                    Protocol::Memcached => "memcached",
                };
                write!(f, "wire:{protocol}={upstream}")
            }
            Self::Python { file, function } => write!(f, "py:{file}:{function}"),
            Self::Go { package, function } => write!(f, "go:{package}.{function}"),
        }
    }
}

fn parse_wire(text: &str, rest: &str) -> Result<Watch> {
    let wrong = || {
        Error::usage(format!(
            "`{text}`: write wire:PROTOCOL=HOST:PORT with postgres, redis or memcached as the protocol"
        ))
    };
    let (protocol, upstream) = rest.split_once('=').ok_or_else(wrong)?;
    let protocol = match protocol {
        "postgres" | "postgresql" => Protocol::Postgres,
        "redis" | "valkey" => Protocol::Redis,
        "memcached" => Protocol::Memcached,
        _ => return Err(wrong()),
    };
    if upstream.rsplit_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
        return Err(wrong());
    }
    Ok(Watch::Wire { protocol, upstream: upstream.to_owned() })
}

fn parse_go(text: &str, rest: &str) -> Result<Watch> {
    let wrong = || {
        Error::usage(format!(
            "`{text}`: write go:IMPORT/PATH.Function or go:IMPORT/PATH.Type.Method"
        ))
    };
    let from = rest.rfind('/').map_or(0, |at| at + 1);
    let dot = rest[from..].find('.').ok_or_else(wrong)? + from;
    let (package, function) = (&rest[..dot], &rest[dot + 1..]);
    if package.is_empty() || function.is_empty() {
        return Err(wrong());
    }
    Ok(Watch::Go { package: package.to_owned(), function: function.to_owned() })
}

/// The bounds of an experiment; breaking one is reported, never waited out.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long one command may take.
    pub command: Duration,
    /// How long a party is held at most while the other one runs.
    pub hold: Duration,
    /// How long the whole experiment may take.
    pub total: Duration,
    /// How many boundaries of one party are tried at most.
    pub boundaries_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            command: Duration::from_secs(30),
            hold: Duration::from_secs(3),
            total: Duration::from_secs(300),
            boundaries_max: 200,
        }
    }
}

/// Which of the two is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Roles {
    /// First A is held while B runs, then B while A runs.
    #[default]
    Both,
    /// Only A is held.
    HoldA,
    /// Only B is held.
    HoldB,
}

/// The whole question.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// Prepares the state; run before every order.
    pub setup: Option<String>,
    /// The first operation.
    pub a: String,
    /// The second operation.
    pub b: String,
    /// Prints the state afterwards.
    pub probe: Option<String>,
    /// An operation that evicts what the two work on.
    pub evict: Option<String>,
    /// Where a party can be held.
    pub on: Vec<Watch>,
    /// Which of the two is held.
    pub roles: Roles,
    /// The one boundary to hold, counted from 1; all of them without it.
    pub at: Option<usize>,
    /// Hold only at boundaries whose label matches.
    pub only: Option<Regex>,
    /// Boundaries to try before all others: once one of them proves it, the rest is left out.
    pub first: Option<Regex>,
    /// What varies from run to run and does not count.
    pub ignore: Vec<Regex>,
    /// Whether standard error is part of an answer.
    pub compare_stderr: bool,
    /// Whether two that leave each other alone were not tried: what they are called with was guessed.
    pub must_meet: bool,
    /// Who changes the state by what the finding says; one that leaves it as it was did something else.
    pub must_change: Vec<Op>,
    /// The directory everything runs in.
    pub directory: PathBuf,
    /// The Python interpreter for callables and the line gate.
    pub python: PathBuf,
    /// The `PYTHONPATH` the commands would have, which the line gate puts itself in front of.
    pub python_path: Option<String>,
    /// The bounds.
    pub limits: Limits,
}

impl Experiment {
    /// The command behind an operation, where there is one.
    #[must_use]
    pub fn command(&self, op: Op) -> Option<&str> {
        match op {
            Op::Setup => self.setup.as_deref(),
            Op::A => Some(&self.a),
            Op::B => Some(&self.b),
            Op::Evict => self.evict.as_deref(),
            Op::Probe => self.probe.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_read_from_what_a_person_types() {
        let read = |text: &str| text.parse::<Watch>().map_err(|error| error.to_string());
        assert_eq!(read("cache/*.json"), Ok(Watch::Files("cache/*.json".into())));
        assert_eq!(read("tcp:6379"), Ok(Watch::Tcp(6379)));
        assert_eq!(
            read("py:a/b.py:Cache.add"),
            Ok(Watch::Python { file: "a/b.py".into(), function: "Cache.add".into() })
        );
        assert_eq!(
            read("go:k8s.io/client-go/tools/cache.DeltaFIFO.Resync"),
            Ok(Watch::Go {
                package: "k8s.io/client-go/tools/cache".into(),
                function: "DeltaFIFO.Resync".into()
            })
        );
        assert_eq!(
            read("wire:redis=127.0.0.1:6379"),
            Ok(Watch::Wire { protocol: Protocol::Redis, upstream: "127.0.0.1:6379".into() })
        );
        for typed in ["cache/*.json", "tcp:6379", "py:a.py:Cache.add", "wire:redis=127.0.0.1:6379"]
        {
            assert_eq!(read(typed).unwrap().to_string(), typed);
        }
        for wrong in ["tcp:http", "py:x", "go:x", "wire:redis", "wire:smtp=a:1", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
