//! Our own cache under our own prover: every pair of operations of every engine that processes share, held at every
//! boundary the prover sees.
//!
//! The operations are those of the program itself (`amorsize cache put | add | get | ...`), each a process of its own, from
//! a store whose only entry has expired (or is alive, with `--state live`). Whatever is not serial fails the chore.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use amorsize_os::clock::Stopwatch;
use amorsize_testkit::servers::{Postgres, Redis, or_skip};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::shell;

const USAGE: &str = "cargo xtask prove-cache [--engine sqlite|postgres|redis] [--pair OP,OP] [--state expired|live]";

const OPERATIONS: &[&str] = &["put", "add", "get", "prune", "touch", "remove", "import"];

/// What varies from run to run and is no part of an answer.
const IGNORE: &[&str] =
    &["version [0-9]+", "[0-9-]+T[0-9:.]+Z", "pid [0-9]+", r"[0-9.]+ (ns|µs|us|ms|s|min|h|d)\b"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
    Redis,
}

impl Engine {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }
}

struct Wish {
    engines: Vec<Engine>,
    pairs: Vec<(&'static str, &'static str)>,
    ttl: &'static str,
}

/// One pair and what came of it.
struct Row {
    pair: (&'static str, &'static str),
    verdict: String,
    held: u64,
    not_serial: u64,
    guards: u64,
    reason: String,
}

/// Runs the chore that the words after `prove-cache` describe.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let wish = parse(words)?;
    shell::run(shell::cargo(&["build", "--quiet", "-p", "amorsize"]))?;
    let program = shell::root().join("target/debug/amorsize");
    let mut wrong = 0;
    for engine in &wish.engines {
        let watch = Stopwatch::start();
        let Some(rows) = sweep(*engine, &wish, &program)? else { continue };
        print(*engine, &rows, watch.elapsed().as_secs_f64());
        wrong += rows.iter().filter(|row| !is_right(row)).count();
    }
    if wrong > 0 {
        bail!("{wrong} pairs are not shown to be serial");
    }
    Ok(())
}

fn is_right(row: &Row) -> bool {
    row.not_serial == 0 && matches!(row.verdict.as_str(), "GUARDED" | "CLOSED AT THIS GRANULARITY")
}

fn parse(words: &[&str]) -> Result<Wish> {
    let known = |name: &str| {
        let found = OPERATIONS.iter().copied().find(|operation| *operation == name);
        found.with_context(|| format!("{name}: one of {}\n{USAGE}", OPERATIONS.join(", ")))
    };
    let mut wish = Wish {
        engines: vec![Engine::Sqlite, Engine::Postgres, Engine::Redis],
        pairs: vec![],
        ttl: "1ms",
    };
    for option in words.chunks(2) {
        match *option {
            ["--engine", "sqlite"] => wish.engines = vec![Engine::Sqlite],
            ["--engine", "postgres"] => wish.engines = vec![Engine::Postgres],
            ["--engine", "redis"] => wish.engines = vec![Engine::Redis],
            ["--state", "expired"] => wish.ttl = "1ms",
            ["--state", "live"] => wish.ttl = "1h",
            ["--pair", pair] => {
                let (one, other) = pair.split_once(',').context(USAGE)?;
                wish.pairs.push((known(one)?, known(other)?));
            }
            _ => bail!("{USAGE}"),
        }
    }
    if wish.pairs.is_empty() {
        for (index, one) in OPERATIONS.iter().enumerate() {
            wish.pairs.extend(OPERATIONS[index..].iter().map(|other| (*one, *other)));
        }
    }
    Ok(wish)
}

/// All pairs on one engine, two at a time where each has a store of its own; nothing when its server is missing.
fn sweep(engine: Engine, wish: &Wish, program: &Path) -> Result<Option<Vec<Row>>> {
    let queue = Mutex::new(wish.pairs.iter().rev().copied().collect::<Vec<_>>());
    let next = || queue.lock().map(|mut queue| queue.pop()).ok().flatten();
    let work = || -> Result<Option<Vec<Row>>> {
        let Some(place) = Place::new(engine, program)? else { return Ok(None) };
        let mut rows = vec![];
        while let Some(pair) = next() {
            rows.push(place.prove(pair, wish.ttl)?);
        }
        Ok(Some(rows))
    };
    let (one, other) = std::thread::scope(|scope| {
        let helper = scope.spawn(work);
        (work(), helper.join().unwrap_or_else(|_| bail!("a worker panicked")))
    });
    let (Some(mut rows), Some(others)) = (one?, other?) else { return Ok(None) };
    rows.extend(others);
    rows.sort_by_key(|row| wish.pairs.iter().position(|pair| *pair == row.pair));
    Ok(Some(rows))
}

/// A store of our own and how it is made anew.
struct Place {
    folder: tempfile::TempDir,
    store: String,
    reset: String,
    on: String,
    program: PathBuf,
    _servers: (Option<Postgres>, Option<Redis>),
}

impl Place {
    fn new(engine: Engine, program: &Path) -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let (mut postgres, mut redis) = (None, None);
        let (store, reset, on) = match engine {
            Engine::Sqlite => ("sqlite:db".to_owned(), "rm -f db*".to_owned(), "db*".to_owned()),
            Engine::Postgres => {
                let Some(server) = or_skip(Postgres::start()) else { return Ok(None) };
                let url = server.fresh_database()?;
                let sql = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
                let reset = format!("psql -q -c '{sql}' '{url}' 2>/dev/null");
                let on = format!("tcp:{}", server.port());
                postgres = Some(server);
                (url, reset, on)
            }
            Engine::Redis => {
                let durability = amorsize_testkit::servers::Durability::None;
                let Some(server) = or_skip(Redis::start(durability)) else { return Ok(None) };
                let port = server.port();
                let url = server.url();
                redis = Some(server);
                (url, format!("redis-cli -p {port} flushall"), format!("tcp:{port}"))
            }
        };
        let _servers = (postgres, redis);
        let program = program.to_path_buf();
        let place = Self { folder, store, reset, on, program, _servers };
        // What an import brings, from a store beside the one that is looked at.
        place.shell(&format!(
            "{} --store sqlite:other put k imported --ttl 1h && {0} --store sqlite:other export import.jsonl",
            place.cache()
        ))?;
        Ok(Some(place))
    }

    fn cache(&self) -> String {
        format!("'{}' cache", self.program.display())
    }

    fn shell(&self, command: &str) -> Result<()> {
        let output = self.command("/bin/sh").args(["-c", command]).output()?;
        if !output.status.success() {
            bail!("{command}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env("HOME", self.folder.path());
        command.env("XDG_CACHE_HOME", self.folder.path().join("cache"));
        command
    }

    /// The command line of an operation. A miss or a refusal is an answer here, not a failure.
    fn operation(&self, name: &str) -> String {
        let words = match name {
            "put" => "put k put --ttl 1h",
            "add" => "add k added --ttl 1h",
            "touch" => "touch k --ttl 2h",
            "import" => "import import.jsonl --merge overwrite",
            "prune" => "prune",
            "remove" => "remove k",
            _ => "get k",
        };
        format!("{} --store '{}' {words} 2>&1; echo \"exit $?\"", self.cache(), self.store)
    }

    fn prove(&self, pair: (&'static str, &'static str), ttl: &str) -> Result<Row> {
        let put = format!("{} --store '{}' put k old --ttl {ttl}", self.cache(), self.store);
        let mut command = self.command(&self.program);
        command.args(["prove", "--format", "json", "--timeout", "10m", "--max-boundaries", "500"]);
        command.args(["--setup", &format!("{} && {put}", self.reset)]);
        command.args(["--a", &self.operation(pair.0), "--b", &self.operation(pair.1)]);
        command.args(["--probe", &self.operation("get"), "--on", &self.on]);
        for pattern in IGNORE {
            command.args(["--ignore", pattern]);
        }
        let output = command.output().context("could not start amorsize")?;
        let proof: Value = serde_json::from_slice(&output.stdout).with_context(|| {
            format!("{}, {}: {}", pair.0, pair.1, String::from_utf8_lossy(&output.stderr))
        })?;
        let tried = proof["boundaries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let not_serial =
            tried.iter().filter(|tried| tried["result"]["kind"] == "not_serial").count();
        let guards = proof["guards"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(Row {
            pair,
            verdict: proof["verdict"].as_str().unwrap_or_default().to_owned(),
            held: proof["coverage"]["boundaries_tried"].as_u64().unwrap_or(0),
            not_serial: u64::try_from(not_serial)?,
            guards: guards.iter().filter_map(|guard| guard["times"].as_u64()).sum(),
            reason: proof["reason"].as_str().unwrap_or_default().to_owned(),
        })
    }
}

fn print(engine: Engine, rows: &[Row], seconds: f64) {
    println!(
        "\n{:9} {:16} {:>10} {:>10} {:>12}  verdict",
        engine.name(),
        "pair",
        "held",
        "not serial",
        "guard seen"
    );
    for row in rows {
        let pair = format!("{}, {}", row.pair.0, row.pair.1);
        let mut line = String::new();
        write!(
            line,
            "{:9} {pair:16} {:>10} {:>10} {:>12}  {}",
            "", row.held, row.not_serial, row.guards, row.verdict
        )
        .ok();
        if !is_right(row) {
            write!(line, ": {}", row.reason).ok();
        }
        println!("{line}");
    }
    let held: u64 = rows.iter().map(|row| row.held).sum();
    let bad: u64 = rows.iter().map(|row| row.not_serial).sum();
    println!(
        "{:9} {} pairs, held at {held} boundaries, {bad} not serial, {seconds:.0} s",
        engine.name(),
        rows.len()
    );
}
