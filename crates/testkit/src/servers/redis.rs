//! A private Redis or Valkey.
//!
//! Serves a free loopback port from a private folder. With [`Durability::None`] a killed server comes back empty, as a
//! cache server does by default; with [`Durability::AppendOnly`] it comes back with every acknowledged write.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use super::error::Error;
use super::process::{Watched, free_port, need_program, probe, retry, share};

const WHAT: &str = "Redis or Valkey (redis-server, valkey-server)";
const HOW: &str = "apt-get install redis-server";
const ATTEMPTS: usize = 5;

/// What a restarted server remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing.
    None,
    /// Every acknowledged write.
    AppendOnly,
}

/// A Redis or Valkey server of our own.
#[derive(Debug)]
pub struct Redis {
    server: Watched,
    program: PathBuf,
    durability: Durability,
    extra: Vec<String>,
    port: u16,
}

impl Redis {
    /// Starts an empty server.
    ///
    /// # Errors
    ///
    /// When no program is there or it does not come up.
    pub fn start(durability: Durability) -> Result<Self, Error> {
        Self::start_with(durability, &[])
    }

    /// Starts an empty server with more options, e.g. `["--maxmemory", "4mb"]`.
    ///
    /// # Errors
    ///
    /// As [`Redis::start`].
    pub fn start_with(durability: Durability, options: &[&str]) -> Result<Self, Error> {
        let program = need_program(&["redis-server", "valkey-server"], &[], WHAT, HOW)?;
        let server = Watched::folder("redis")?;
        let extra = options.iter().map(|&option| option.to_owned()).collect();
        let mut this = Self { server, program, durability, extra, port: 0 };
        retry(ATTEMPTS, Duration::ZERO, || {
            this.port = free_port()?;
            this.serve()
        })?;
        Ok(this)
    }

    /// The one server that the tests of this process share (it forgets when killed); separate tests take separate
    /// prefixes.
    ///
    /// # Errors
    ///
    /// As [`Redis::start`], tried anew at every call until it works.
    pub fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        static STARTING: Mutex<()> = Mutex::new(());
        share(&SHARED, &STARTING, || Self::start(Durability::None))
    }

    /// The loopback port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The pid of the server; `None` while it is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }

    /// The URL of database 0.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Shuts the server down in order.
    pub fn stop(&mut self) {
        self.server.stop("TERM");
    }

    /// Ends the server with SIGKILL.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Freezes the server (SIGSTOP): it holds its connections and answers nothing.
    pub fn freeze(&self) {
        self.server.signal("STOP");
    }

    /// Lets a frozen server run again (SIGCONT).
    pub fn thaw(&self) {
        self.server.signal("CONT");
    }

    /// Starts the stopped or killed server again on the same port.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        self.serve()
    }

    fn serve(&mut self) -> Result<(), Error> {
        let mut command = Command::new(&self.program);
        let port = self.port.to_string();
        command.args(["--port", &port, "--bind", "127.0.0.1", "--daemonize", "no", "--save", ""]);
        command.arg("--dir").arg(self.server.path());
        match self.durability {
            Durability::None => command.args(["--appendonly", "no"]),
            // With `everysec` a write waits in the server's own memory while the disk is slow.
            Durability::AppendOnly => {
                command.args(["--appendonly", "yes", "--appendfsync", "always"])
            }
        };
        command.args(&self.extra);
        let port = self.port;
        self.server.start(command, || answers(port))
    }
}

fn answers(port: u16) -> bool {
    let mut answer = [0; 5];
    matches!(probe(port, b"PING\r\n", &mut answer), Ok(5) if &answer == b"+PONG")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::or_skip;

    fn ask(server: &Redis, question: &str) -> String {
        let mut answer = [0; 256];
        let read = probe(server.port(), question.as_bytes(), &mut answer).expect("an answer");
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    #[test]
    fn a_killed_server_remembers_only_when_told_to() {
        for (durability, kept) in
            [(Durability::None, "$-1\r\n"), (Durability::AppendOnly, "$1\r\n1\r\n")]
        {
            let Some(mut server) = or_skip(Redis::start(durability)) else { return };
            assert_eq!(ask(&server, "SET a 1\r\n"), "+OK\r\n");
            server.kill();
            assert!(!answers(server.port()), "it is gone");
            server.restart().expect("it comes back");
            assert_eq!(ask(&server, "GET a\r\n"), kept, "{durability:?}");
        }
    }
}
