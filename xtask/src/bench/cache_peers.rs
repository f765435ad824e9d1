//! The peers of `cargo xtask bench cache`: Python's caches, and who wins an add on an expired key.
//!
//! The scripts lie in `benches/cache/` and run in the venv of the workspace; without it their rows say so.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::Store;
use amorsize_testkit::servers::{Durability, Postgres, Redis};
use amorsize_testkit::soak::open;
use anyhow::Result;

use super::cache::{BODY, HOUR, Table, how, key, put};
use crate::{setup, shell};

const ROUNDS_OF_ADDS: u32 = 300;

/// A Python process that times the caches of its world, a turn whenever it is asked to; nothing without the venv.
pub(super) struct Peers(Option<(Child, ChildStdin, BufReader<ChildStdout>)>);

impl Peers {
    /// Starts the process; its stores lie in `folder`.
    pub(super) fn start(folder: &Path) -> Self {
        let mut command = Command::new(setup::python());
        command.arg(script("timings.py")).arg(folder).arg(BODY.len().to_string());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        Self(child.ok().and_then(|mut child| {
            let (input, output) = (child.stdin.take()?, child.stdout.take()?);
            Some((child, input, BufReader::new(output)))
        }))
    }

    /// Microseconds a call in one turn of `count` calls.
    pub(super) fn turn(&mut self, name: &str, count: u32) -> Option<f64> {
        let (_, input, output) = self.0.as_mut()?;
        writeln!(input, "{name} {count}").ok()?;
        let mut line = String::new();
        output.read_line(&mut line).ok()?;
        line.trim().parse().ok()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        if let Some((mut child, input, _)) = self.0.take() {
            // It ends with its input.
            drop(input);
            drop(child.wait());
        }
    }
}

fn script(name: &str) -> PathBuf {
    shell::root().join("benches/cache").join(name)
}

/// Rounds in which more than one process wins an add on an expired key.
pub(super) fn adds(folder: &Path, table: &mut Table) -> Result<()> {
    let rounds = ROUNDS_OF_ADDS.to_string();
    let django = |arguments: &[&str]| -> String {
        let mut command = Command::new(setup::python());
        command.arg(script("django_add.py")).args(arguments).arg(&rounds);
        let text = shell::read(command).unwrap_or_default();
        let seen: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        seen.get("extra")
            .map_or_else(|| "not seen".to_owned(), |extra| format!("{extra} of {rounds} rounds"))
    };
    let files = folder.join("django").display().to_string();
    let gate = "0 rounds";
    let extra = our_adds(&format!("sqlite:{}", folder.join("adds.db").display()))?;
    let measured = format!("{extra} of {rounds} rounds");
    table.row("extra winners of an add, SQLite", &measured, "", gate, Some(extra == 0));
    if let Ok(server) = Postgres::start() {
        let extra = our_adds(&server.url("postgres"))?;
        let measured = format!("{extra} of {rounds} rounds");
        table.row("extra winners of an add, PostgreSQL", &measured, "", gate, Some(extra == 0));
        let port = server.port().to_string();
        let seen = django(&["database", "127.0.0.1", &port, "postgres"]);
        table.row("  the peer: Django DatabaseCache, PostgreSQL", &seen, "", "", None);
    }
    if let Ok(server) = Redis::start(Durability::None) {
        let extra = our_adds(&server.url())?;
        let measured = format!("{extra} of {rounds} rounds");
        table.row("extra winners of an add, Redis", &measured, "", gate, Some(extra == 0));
    }
    table.row("  the peer: Django FileBasedCache", &django(&["files", &files]), "", "", None);
    Ok(())
}

fn our_adds(url: &str) -> Result<usize> {
    let stores =
        (0..4).map(|_| Ok(open(url, 0, Duration::from_secs(5))?.0)).collect::<Result<Vec<_>>>()?;
    for number in 0..ROUNDS_OF_ADDS {
        put(&*stores[0], number, Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(5));
    let barrier = std::sync::Barrier::new(stores.len());
    let win = |store: &Arc<dyn Store>| -> Vec<bool> {
        let add = |number| {
            barrier.wait();
            let written = store.add(&key(number), &BODY, &how(HOUR));
            written.is_ok_and(|written| written.stored().is_some())
        };
        (0..ROUNDS_OF_ADDS).map(add).collect()
    };
    let wins: Vec<Vec<bool>> = std::thread::scope(|scope| {
        let handles: Vec<_> = stores.iter().map(|store| scope.spawn(|| win(store))).collect();
        handles.into_iter().map(|handle| handle.join().expect("a thread panicked")).collect()
    });
    let winners = |round: usize| wins.iter().filter(|of_one| of_one[round]).count();
    Ok((0..ROUNDS_OF_ADDS as usize).filter(|round| winners(*round) != 1).count())
}
