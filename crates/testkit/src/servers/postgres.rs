//! A private PostgreSQL.
//!
//! `initdb` makes a cluster in a private folder (trust authentication, loopback and a socket in that folder only), and
//! `postgres` serves it without syncing to the disk: tests want speed, and a SIGKILL of the server loses nothing that the
//! kernel already holds. PostgreSQL refuses to run as root, so a root process starts it as the user `postgres`
//! (or `nobody`).

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use amorsize_os::process::is_root;

use super::error::Error;
use super::process::{Watched, find_program, free_port, need_program, probe, retry, share};

const WHAT: &str = "PostgreSQL (postgres, initdb)";
const HOW: &str = "apt-get install postgresql";
const ATTEMPTS: usize = 5;

/// A PostgreSQL server of our own.
#[derive(Debug)]
pub struct Postgres {
    server: Watched,
    programs: Programs,
    settings: &'static [&'static str],
    port: u16,
    databases: AtomicU64,
}

#[derive(Debug, Clone)]
struct Programs {
    postgres: PathBuf,
    initdb: PathBuf,
    createdb: PathBuf,
    user: Option<(u32, u32)>,
}

impl Postgres {
    /// Starts a server with an empty cluster.
    ///
    /// # Errors
    ///
    /// When the programs are missing or the server does not come up.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Starts one that answers a commit before its log has reached the kernel: nothing is lost as long as the server
    /// itself is not killed, whatever happens to its clients.
    ///
    /// # Errors
    ///
    /// As [`Postgres::start`].
    pub fn start_for_load() -> Result<Self, Error> {
        Self::start_with(&[
            "synchronous_commit=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "jit=off",
            "track_activities=off",
            "update_process_title=off",
            "autovacuum_naptime=30s",
        ])
    }

    fn start_with(settings: &'static [&'static str]) -> Result<Self, Error> {
        let programs = Programs::find()?;
        let server = Watched::folder("postgres")?.end_with("QUIT");
        programs.initdb(server.path())?;
        let mut this = Self { server, programs, settings, port: 0, databases: AtomicU64::new(0) };
        retry(ATTEMPTS, Duration::ZERO, || {
            this.port = free_port()?;
            this.serve()
        })?;
        Ok(this)
    }

    /// The one server that the tests of this process share; separate tests take separate databases.
    ///
    /// # Errors
    ///
    /// As [`Postgres::start`], tried anew at every call until it works.
    pub fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        static STARTING: Mutex<()> = Mutex::new(());
        share(&SHARED, &STARTING, Self::start)
    }

    /// The loopback port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The pid of the postmaster; `None` while it is stopped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.server.pid()
    }

    /// The folder of the Unix socket (a connection through it names this folder as its host).
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        self.server.path()
    }

    /// The URL of a database over TCP; `postgres` is there from the start.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a new empty database and returns its URL.
    ///
    /// # Errors
    ///
    /// When `createdb` fails.
    pub fn fresh_database(&self) -> Result<String, Error> {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut command = Command::new(&self.programs.createdb);
        let port = self.port.to_string();
        command.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", &name]);
        run(command)?;
        Ok(self.url(&name))
    }

    /// Shuts the server down in order.
    pub fn stop(&mut self) {
        self.server.stop("INT");
    }

    /// Ends the postmaster and every session with SIGKILL.
    pub fn kill(&mut self) {
        let children = self.server.children();
        self.server.kill();
        self.server.kill_others(&children);
    }

    /// Starts the stopped or killed server again, on the same port with the same data.
    ///
    /// # Errors
    ///
    /// When it does not come up.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.server.stop("INT");
        // Children of a killed postmaster may hold its memory for a moment.
        retry(20, Duration::from_millis(100), || self.serve())
    }

    fn serve(&mut self) -> Result<(), Error> {
        let mut command = self.programs.command(&self.programs.postgres);
        let port = self.port.to_string();
        command.arg("-D").arg(self.server.path().join("data")).args(["-p", &port]);
        command.arg("-k").arg(self.server.path());
        let options = [
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "full_page_writes=off",
            "max_connections=64",
            "shared_buffers=64MB",
            "log_min_messages=fatal",
            "log_min_error_statement=panic",
            "autovacuum_naptime=5s",
        ];
        for option in options.iter().chain(self.settings) {
            command.args(["-c", option]);
        }
        let port = self.port;
        self.server.start(command, || accepts(port))
    }
}

impl Programs {
    fn find() -> Result<Self, Error> {
        let folders = debian_folders();
        let need = |name| need_program(&[name], &folders, WHAT, HOW);
        let initdb = need("initdb")?;
        // A wrapper on the path may hide the folder of the rest: initdb's own folder knows the matching programs.
        let real = std::fs::canonicalize(&initdb).unwrap_or_else(|_| initdb.clone());
        let beside: Vec<PathBuf> = real.parent().map(Path::to_path_buf).into_iter().collect();
        let near = |name| {
            let matching = beside.iter().map(|at| at.join(name)).find(|file| file.is_file());
            matching.or_else(|| find_program(&[name], &folders))
        };
        let postgres = near("postgres").map_or_else(|| need("postgres"), Ok)?;
        let createdb = near("createdb").map_or_else(|| need("createdb"), Ok)?;
        let user = if is_root() { Some(ordinary_user()?) } else { None };
        Ok(Self { postgres, initdb: real, createdb, user })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").env("LC_ALL", "C");
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn initdb(&self, folder: &Path) -> Result<(), Error> {
        if let Some((uid, gid)) = self.user {
            chown(folder, Some(uid), Some(gid))
                .map_err(|source| Error::io("hand the folder to postgres", source))?;
        }
        let mut command = self.command(&self.initdb);
        command.arg("-D").arg(folder.join("data"));
        command.args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"]);
        run(command)
    }
}

fn debian_folders() -> Vec<PathBuf> {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        versions.filter_map(Result::ok).map(|entry| entry.path().join("bin")).collect();
    found.sort();
    found.reverse();
    found
}

/// The user `postgres`, or `nobody`, from the password file.
fn ordinary_user() -> Result<(u32, u32), Error> {
    let text = std::fs::read_to_string("/etc/passwd")
        .map_err(|source| Error::io("read /etc/passwd", source))?;
    let find = |wanted: &str| {
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (name == wanted).then_some((uid, gid))
        })
    };
    find("postgres").or_else(|| find("nobody")).ok_or_else(|| Error::Failed {
        program: "postgres".to_owned(),
        detail: "it refuses to run as root and there is no user postgres or nobody".to_owned(),
    })
}

fn run(mut command: Command) -> Result<(), Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        command.output().map_err(|source| Error::io(format!("start {program}"), source))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Failed { program, detail: format!("{}: {said}", output.status) })
}

/// Sends a start-up packet and sees whether the server answers it with anything but an error.
fn accepts(port: u16) -> bool {
    let mut body = Vec::from(196_608_u32.to_be_bytes());
    body.extend_from_slice(b"user\0postgres\0database\0postgres\0\0");
    let length = u32::try_from(body.len() + 4).unwrap_or(0);
    let mut packet = Vec::from(length.to_be_bytes());
    packet.extend_from_slice(&body);
    let mut answer = [0; 1];
    matches!(probe(port, &packet, &mut answer), Ok(1) if answer[0] == b'R')
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::servers::or_skip;

    #[test]
    fn a_killed_server_comes_back_with_its_databases() {
        let Some(mut server) = or_skip(Postgres::start()) else { return };
        let folder = server.socket_folder().to_path_buf();
        if is_root() {
            let owner = std::fs::metadata(&folder).expect("the folder").uid();
            assert_ne!(owner, 0, "PostgreSQL refuses to run as root");
        }
        let url = server.fresh_database().expect("a database");
        assert!(url.contains("127.0.0.1"), "{url}");
        let first = server.pid();
        server.kill();
        assert!(!accepts(server.port()), "it is gone");
        server.restart().expect("it comes back");
        assert_ne!(server.pid(), first);
        let again = server.fresh_database().expect("a second database");
        assert_ne!(url, again);
        drop(server);
        assert!(std::fs::metadata(&folder).is_err(), "the folder is removed");
    }
}
