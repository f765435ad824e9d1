//! A private memcached: everything in memory, on a free loopback port.

use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use amorsize_os::process::is_root;

use super::error::Error;
use super::process::{Watched, free_port, need_program, probe, retry, share};

const WHAT: &str = "memcached";
const HOW: &str = "apt-get install memcached";
const ATTEMPTS: usize = 5;

/// A memcached server of our own.
#[derive(Debug)]
pub struct Memcached {
    server: Watched,
    port: u16,
}

impl Memcached {
    /// Starts an empty server.
    ///
    /// # Errors
    ///
    /// When the program is not there or it does not come up.
    pub fn start() -> Result<Self, Error> {
        let program = need_program(&["memcached"], &[], WHAT, HOW)?;
        let mut this = Self { server: Watched::folder("memcached")?, port: 0 };
        retry(ATTEMPTS, Duration::ZERO, || {
            this.port = free_port()?;
            let port = this.port;
            let mut command = Command::new(&program);
            command.args(["-l", "127.0.0.1", "-U", "0", "-m", "16", "-p", &port.to_string()]);
            if is_root() {
                // It refuses to run as root without being told whom to become.
                command.args(["-u", "nobody"]);
            }
            this.server.start(command, || answers(port))
        })?;
        Ok(this)
    }

    /// The one server that the tests of this process share; separate tests take separate prefixes.
    ///
    /// # Errors
    ///
    /// As [`Memcached::start`], tried anew at every call until it works.
    pub fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceLock<Memcached> = OnceLock::new();
        static STARTING: Mutex<()> = Mutex::new(());
        share(&SHARED, &STARTING, Self::start)
    }

    /// The loopback port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The pid of the server.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }
}

fn answers(port: u16) -> bool {
    let mut answer = [0; 7];
    matches!(probe(port, b"version\r\n", &mut answer), Ok(7) if &answer == b"VERSION")
}
