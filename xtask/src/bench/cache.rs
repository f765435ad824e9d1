//! `cargo xtask bench cache`: the promises of the cache, each beside what it is measured against, in one run.
//!
//! Figures of the same kind are taken in turns, and a ratio is the median over the turns, so that a busy machine slows
//! both sides. `--full` fills a store with a million entries where the default stops at a hundred thousand.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::envelope::ENVELOPE_BYTES;
use amorsize_cache::ops::maintain::Prune;
use amorsize_cache::ops::write::Put;
use amorsize_cache::store::Actor;
use amorsize_cache::store::sqlite::{Sqlite, SqliteOptions};
use amorsize_cache::{Key, Kind, Namespace, Reader as _, Store, Want};
use amorsize_os::clock::{Stopwatch, SystemClock};
use amorsize_testkit::servers::{Durability, Postgres, Redis};
use amorsize_testkit::soak::{Worker, open};
use anyhow::{Context as _, Result, bail};
use rusqlite::{Connection, params};

use super::cache_peers::{Peers, adds, python_figures};
use crate::{shell, soak};

pub(super) const BODY: [u8; 1_000] = [b'x'; 1_000];
const TURNS: usize = 9;
const HITS_A_TURN: u32 = 3_000;
const PUTS_A_TURN: u32 = 300;

/// The first word of the command line of a process that takes the write lock and stops.
pub(crate) const HOLDER: &str = "bench-hold-lock";

/// Prints the table.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let is_full = match words {
        [] => false,
        ["--full"] => true,
        _ => bail!("cargo xtask bench cache [--full]"),
    };
    if cfg!(debug_assertions) {
        let mut command =
            shell::cargo(&["run", "--release", "--quiet", "--package", "xtask", "--"]);
        command.args(["bench", "cache"]).args(words);
        return shell::run(command);
    }
    let folder = std::env::temp_dir().join(format!("amorsize-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut table = Table::default();
    let done = fill_table(&folder, is_full, &mut table);
    std::fs::remove_dir_all(&folder)?;
    done?;
    if table.missed > 0 {
        println!("\n{} of the gates were missed in this run", table.missed);
    }
    Ok(())
}

fn fill_table(folder: &Path, is_full: bool, table: &mut Table) -> Result<()> {
    println!("{:44} {:>34}  {:24} gate", "promise", "measured", "against");
    let peers = python_figures(folder);
    hits_and_puts(folder, &peers, table)?;
    opening(folder, table)?;
    growing(folder, is_full, table)?;
    pruning(folder, table)?;
    killed_writer(folder, table)?;
    stopped_writer(folder, table)?;
    let tombstone = format!("{ENVELOPE_BYTES} B");
    table.row("tombstone, without its name", &tombstone, "", "<= 96 B", Some(ENVELOPE_BYTES <= 96));
    servers(table);
    adds(folder, table)
}

/// The rows, printed as they come.
#[derive(Default)]
pub(super) struct Table {
    missed: usize,
}

impl Table {
    /// One row; `holds` is nothing where there is no gate.
    pub(super) fn row(
        &mut self,
        promise: &str,
        measured: &str,
        against: &str,
        gate: &str,
        holds: Option<bool>,
    ) {
        let mark = match holds {
            Some(true) => "ok",
            Some(false) => "MISSED",
            None => "",
        };
        self.missed += usize::from(holds == Some(false));
        println!("{promise:44} {measured:>34}  {against:24} {gate:22} {mark}");
    }

    /// A ratio that must not be above a bound.
    fn at_most(&mut self, promise: &str, pair: &Pair, against: &str, bound: f64) {
        let measured =
            format!("{:.2}x ({} / {})", pair.ratio, micros(pair.ours), micros(pair.theirs));
        self.row(promise, &measured, against, &format!("<= {bound}x"), Some(pair.ratio <= bound));
    }

    /// How many times faster than a peer.
    fn faster(
        &mut self,
        promise: &str,
        ours_us: f64,
        peer: Option<f64>,
        against: &str,
        bound: f64,
    ) {
        let Some(theirs) = peer else {
            return self.row(promise, "not seen: no venv (cargo xtask setup)", against, "", None);
        };
        let ratio = theirs / ours_us;
        let measured = format!("{ratio:.1}x ({} / {})", micros(ours_us), micros(theirs));
        self.row(promise, &measured, against, &format!(">= {bound}x"), Some(ratio >= bound));
    }
}

fn micros(figure: f64) -> String {
    if figure >= 1_000.0 { format!("{:.1} ms", figure / 1e3) } else { format!("{figure:.2} us") }
}

/// Two figures in microseconds a call, taken in turns.
struct Pair {
    ours: f64,
    theirs: f64,
    ratio: f64,
}

fn in_turns(calls: u32, mut ours: impl FnMut(u32), mut theirs: impl FnMut(u32)) -> Pair {
    let mut turns: Vec<(f64, f64)> =
        (0..TURNS).map(|_| (time_each(calls, &mut ours), time_each(calls, &mut theirs))).collect();
    let one = median(turns.iter().map(|turn| turn.0));
    let other = median(turns.iter().map(|turn| turn.1));
    turns.retain(|turn| turn.1 > 0.0);
    Pair { ours: one, theirs: other, ratio: median(turns.iter().map(|turn| turn.0 / turn.1)) }
}

/// Microseconds a call.
fn time_each(calls: u32, call: &mut impl FnMut(u32)) -> f64 {
    let watch = Stopwatch::start();
    for number in 0..calls {
        call(number);
    }
    watch.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(super) fn key(number: u32) -> Key {
    Key::new(&Namespace::new("bench-cache").expect("a plain name"), format!("entry {number}"))
}

fn want() -> Want {
    Want::fmt(1)
}

pub(super) fn how(ttl: Duration) -> Put {
    Put { ttl: Some(ttl), fmt: 1, ..Put::default() }
}

pub(super) const HOUR: Duration = Duration::from_hours(1);

fn sqlite(path: &Path) -> Result<Sqlite> {
    let options = SqliteOptions { busy: Duration::from_secs(1), durable: false };
    Ok(Sqlite::open(path, options, Arc::new(SystemClock), Actor::named("bench"))?)
}

pub(super) fn put(store: &dyn Store, number: u32, ttl: Duration) {
    let stored = store.put(&key(number), &BODY, &how(ttl)).expect("the store can be written");
    assert!(stored.stored().is_some(), "a put is never refused");
}

fn hit(store: &dyn Store, key: &Key) {
    assert!(store.get(key, &want()).hit().is_some(), "it was stored");
}

fn bare(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
        CREATE TABLE IF NOT EXISTS t(k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID;",
    )?;
    Ok(connection)
}

fn hits_and_puts(folder: &Path, peers: &Peers, table: &mut Table) -> Result<()> {
    let path = folder.join("hits.db");
    let store = sqlite(&path)?;
    put(&store, 0, HOUR);
    let connection = Connection::open(&path)?;
    let mut select = connection.prepare("SELECT env, body FROM e WHERE k = ?1")?;
    let known = key(0);
    let pair = in_turns(
        HITS_A_TURN,
        |_| hit(&store, &known),
        |_| {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let found: (Vec<u8>, Vec<u8>) =
                select.query_row([known.id().as_bytes()], row).expect("the same row");
            assert_eq!(found.1.len(), BODY.len());
        },
    );
    table.at_most("hit, SQLite engine", &pair, "a bare prepared SELECT", 1.5);
    table.faster("hit, SQLite engine", pair.ours, peers.get("diskcache_get_us"), "diskcache", 3.0);
    table.faster(
        "hit, SQLite engine",
        pair.ours,
        peers.get("json_read_us"),
        "a JSON file a key",
        20.0,
    );
    drop(select);

    let other = bare(&folder.join("bare.db"))?;
    let mut upsert = other
        .prepare("INSERT INTO t VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v")?;
    let puts = in_turns(
        PUTS_A_TURN,
        |number| put(&store, number, HOUR),
        |number| {
            let written = upsert.execute(params![key(number).id().as_bytes(), &BODY]);
            assert_eq!(written.expect("the table can be written"), 1);
        },
    );
    table.at_most("put, SQLite engine", &puts, "a bare prepared upsert", 2.0);
    table.faster("put, SQLite engine", puts.ours, peers.get("diskcache_set_us"), "diskcache", 3.0);

    let (memory, _) = open("memory:", 0, Duration::from_secs(1))?;
    put(&*memory, 0, HOUR);
    let mut call = |_| hit(&*memory, &known);
    let hot = median((0..TURNS).map(|_| time_each(HITS_A_TURN, &mut call)));
    table.row("hit, in memory", &micros(hot), "", "<= 0.5 us", Some(hot <= 0.5));
    Ok(())
}

fn opening(folder: &Path, table: &mut Table) -> Result<()> {
    let (path, plain) = (folder.join("open.db"), folder.join("open-bare.db"));
    put(&sqlite(&path)?, 0, HOUR);
    bare(&plain)?
        .execute("INSERT INTO t VALUES (?1, ?2)", params![key(0).id().as_bytes(), &BODY])?;
    let known = key(0);
    let pair = in_turns(
        40,
        |_| hit(&sqlite(&path).expect("it opens"), &known),
        |_| {
            let connection = Connection::open(&plain).expect("it opens");
            connection.pragma_update(None, "synchronous", "NORMAL").expect("a setting");
            let found: Vec<u8> = connection
                .query_row("SELECT v FROM t WHERE k = ?1", [known.id().as_bytes()], |row| {
                    row.get(0)
                })
                .expect("the same row");
            assert_eq!(found.len(), BODY.len());
        },
    );
    table.at_most("open to first hit", &pair, "a bare SQLite open", 1.5);
    let measured = micros(pair.ours);
    table.row("open to first hit", &measured, "", "<= 3 ms", Some(pair.ours <= 3_000.0));
    Ok(())
}

fn growing(folder: &Path, is_full: bool, table: &mut Table) -> Result<()> {
    let many: u32 = if is_full { 1_000_000 } else { 100_000 };
    let known = key(0);
    let stores: Vec<Sqlite> = [1, 1_000, many]
        .into_iter()
        .map(|entries| {
            let store = sqlite(&folder.join(format!("{entries}.db")))?;
            for number in 0..entries {
                put(&store, number, HOUR);
            }
            Ok(store)
        })
        .collect::<Result<_>>()?;
    for (name, store) in
        ["1,000", if is_full { "1,000,000" } else { "100,000" }].iter().zip(&stores[1..])
    {
        let pair = in_turns(HITS_A_TURN, |_| hit(store, &known), |_| hit(&stores[0], &known));
        table.at_most(&format!("hit among {name} entries"), &pair, "among 1", 1.5);
    }
    Ok(())
}

fn pruning(folder: &Path, table: &mut Table) -> Result<()> {
    let entries = 50_000;
    let store = sqlite(&folder.join("prune.db"))?;
    for number in 0..entries {
        put(&store, number, Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(5));
    let known = key(0);
    let look = |store: &Sqlite| {
        assert_eq!(store.get(&known, &want()).word(), "expired");
    };
    let unpruned = sqlite(&folder.join("unpruned.db"))?;
    put(&unpruned, 0, Duration::from_millis(1));
    std::thread::sleep(Duration::from_millis(5));
    let watch = Stopwatch::start();
    let how = Prune { margin: Duration::ZERO, force: true, ..Prune::default() };
    store.prune(&how)?;
    let rate = f64::from(entries) / watch.elapsed().as_secs_f64();
    let measured = format!("{rate:.0} entries/s");
    table.row("prune, SQLite engine", &measured, "", ">= 50,000/s", Some(rate >= 50_000.0));
    let pair = in_turns(HITS_A_TURN, |_| look(&store), |_| look(&unpruned));
    table.at_most("look-up of an expired entry, pruned", &pair, "not pruned", 1.1);
    Ok(())
}

fn killed_writer(folder: &Path, table: &mut Table) -> Result<()> {
    let path = folder.join("killed.db");
    let store = sqlite(&path)?;
    put(&store, 0, HOUR);
    let known = key(0);
    let mut waits = Vec::new();
    for actor in 0..15 {
        let worker = Worker {
            url: format!("sqlite:{}", path.display()),
            log: folder.join(format!("{actor}.log")),
            actor,
            seed: 1,
            first_key: 0,
            keys: 8,
            calls: 1_000_000,
            ahead_ns: 0,
            evict: 0,
            clear: 0,
        };
        let mut child = soak::command(&worker).stdin(Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_millis(30));
        child.kill()?;
        child.wait()?;
        let watch = Stopwatch::start();
        hit(&sqlite(&path)?, &known);
        waits.push(watch.elapsed().as_secs_f64() * 1e3);
    }
    let worst = waits.iter().copied().fold(0.0, f64::max);
    let measured =
        format!("{:.2} ms, worst {worst:.2} ms of {}", median(waits.iter().copied()), waits.len());
    table.row(
        "first get after SIGKILL of a writer",
        &measured,
        "",
        "<= 20 ms",
        Some(worst <= 20.0),
    );
    Ok(())
}

/// Takes the write lock of the store at a path and stops for good.
pub(crate) fn hold_lock(words: &[&str]) -> Result<()> {
    let [path] = words else { bail!("{HOLDER} PATH") };
    let connection = Connection::open(path)?;
    connection.execute_batch("BEGIN IMMEDIATE; UPDATE e SET used = used")?;
    println!("held");
    loop {
        std::thread::park();
    }
}

fn stopped_writer(folder: &Path, table: &mut Table) -> Result<()> {
    let path = folder.join("stopped.db");
    let store = sqlite(&path)?;
    put(&store, 0, HOUR);
    let known = key(0);
    let mut holder = Command::new(std::env::current_exe()?)
        .arg(HOLDER)
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = [0; 4];
    let mut output = holder.stdout.take().context("piped")?;
    std::io::Read::read_exact(&mut output, &mut said)?;
    shell::run(shell::command("kill", &["-STOP", &holder.id().to_string()]))?;
    let watch = Stopwatch::start();
    let refused = store.put(&key(1), &BODY, &how(HOUR));
    let waited = watch.elapsed().as_secs_f64() * 1e3;
    let is_busy = refused.is_err_and(|error| error.kind() == Kind::Busy);
    let mut call = |_| hit(&store, &known);
    let read = time_each(HITS_A_TURN, &mut call);
    holder.kill()?;
    holder.wait()?;
    let measured =
        format!("{waited:.0} ms, then {}", if is_busy { "busy" } else { "something else" });
    let holds = is_busy && (900.0..=1_200.0).contains(&waited);
    table.row(
        "write behind a stopped process, 1 s deadline",
        &measured,
        "",
        "1 s, then an error",
        Some(holds),
    );
    table.row(
        "hit beside a stopped writer",
        &micros(read),
        "",
        "never waits",
        Some(read < 1_000.0),
    );
    Ok(())
}

/// Hits and puts over loopback; a server that is missing is named.
fn servers(table: &mut Table) {
    let known = key(0);
    let mut figures = |name: &str, url: &str| -> Result<()> {
        let (store, _) = open(url, 0, Duration::from_secs(1))?;
        put(&*store, 0, HOUR);
        let mut read = |_| hit(&*store, &known);
        let hits = median((0..TURNS).map(|_| time_each(PUTS_A_TURN, &mut read)));
        let mut write = |number| put(&*store, number, HOUR);
        let puts = median((0..TURNS).map(|_| time_each(PUTS_A_TURN, &mut write)));
        let measured = format!("{} / {}", micros(hits), micros(puts));
        table.row(&format!("hit / put, {name} over loopback"), &measured, "", "", None);
        Ok(())
    };
    let postgres = Postgres::start().map_err(anyhow::Error::from);
    let redis = Redis::start(Durability::None).map_err(anyhow::Error::from);
    for (name, outcome) in [
        ("PostgreSQL", postgres.and_then(|server| figures("PostgreSQL", &server.url("postgres")))),
        ("Redis", redis.and_then(|server| figures("Redis", &server.url()))),
    ] {
        if let Err(error) = outcome {
            println!("{name}: not seen: {error}");
        }
    }
}
