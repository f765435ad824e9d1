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

use super::cache_peers::{Peers, adds};
use crate::{shell, soak};

pub(super) const BODY: [u8; 1_000] = [b'x'; 1_000];
const TURNS: usize = 201;
const HITS_A_TURN: u32 = 100;
const PUTS_A_TURN: u32 = 20;

/// The first word of the command line of a process that takes the write lock and stops.
pub(crate) const HOLDER: &str = "bench-hold-lock";

/// The parts of the table, by the word that asks for one alone.
const PARTS: [(&str, Part); 8] = [
    ("hits", hits),
    ("puts", puts),
    ("opening", |bench| opening(bench.folder, bench.table)),
    ("growing", |bench| growing(bench.folder, bench.is_full, bench.table)),
    ("pruning", |bench| pruning(bench.folder, bench.table)),
    ("stopped", |bench| {
        killed_writer(bench.folder, bench.table)?;
        stopped_writer(bench.folder, bench.table)
    }),
    ("servers", |bench| {
        let tombstone = format!("{ENVELOPE_BYTES} B");
        let holds = Some(ENVELOPE_BYTES <= 96);
        bench.table.row("tombstone, without its name", &tombstone, "", "<= 96 B", holds);
        servers(bench.table);
        Ok(())
    }),
    ("adds", |bench| adds(bench.folder, bench.table)),
];

type Part = fn(&mut Bench<'_>) -> Result<()>;

/// What the parts share.
struct Bench<'a> {
    folder: &'a Path,
    is_full: bool,
    peers: Peers,
    table: &'a mut Table,
}

/// Prints the table, or the parts of it that are named.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let known = |word: &&str| *word == "--full" || PARTS.iter().any(|(name, _)| name == word);
    if !words.iter().all(known) {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        bail!("cargo xtask bench cache [--full] [{}]", names.join("|"));
    }
    if cfg!(debug_assertions) {
        let mut command =
            shell::cargo(&["run", "--release", "--quiet", "--package", "xtask", "--"]);
        command.args(["bench", "cache"]).args(words);
        return shell::run(command);
    }
    let folder = std::env::temp_dir().join(format!("amorsize-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut table = Table::default();
    let done = fill_table(&folder, words, &mut table);
    std::fs::remove_dir_all(&folder)?;
    done?;
    if table.missed > 0 {
        println!("\n{} of the gates were missed in this run", table.missed);
    }
    Ok(())
}

fn fill_table(folder: &Path, words: &[&str], table: &mut Table) -> Result<()> {
    println!("{:44} {:>34}  {:24} gate", "promise", "measured", "against");
    let is_full = words.contains(&"--full");
    let is_named = words.iter().any(|word| *word != "--full");
    let mut bench = Bench { folder, is_full, peers: Peers::start(folder), table };
    for (name, part) in PARTS {
        if !is_named || words.contains(&name) {
            part(&mut bench)?;
        }
    }
    Ok(())
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

    /// How many times faster than a Python peer, in turns with it.
    fn faster(
        &mut self,
        promise: &str,
        peer: (&mut Peers, &str, u32),
        against: &str,
        bound: Option<f64>,
        ours: &mut dyn FnMut(u32),
    ) {
        let (peers, name, calls) = peer;
        let gate = bound.map_or_else(String::new, |bound| format!(">= {bound}x"));
        let turns: Option<Vec<(f64, f64)>> = (0..TURNS)
            .map(|_| Some((time_each(calls, &mut *ours), peers.turn(name, calls)?)))
            .collect();
        let Some(turns) = turns else {
            return self.row(
                promise,
                "not seen: no venv (cargo xtask setup)",
                against,
                &gate,
                None,
            );
        };
        let ratio = median(turns.iter().map(|turn| turn.1 / turn.0));
        let us = |figures: &mut dyn Iterator<Item = f64>| micros(median(figures));
        let (ours, theirs) =
            (us(&mut turns.iter().map(|turn| turn.0)), us(&mut turns.iter().map(|turn| turn.1)));
        let measured = format!("{ratio:.1}x ({ours} / {theirs})");
        self.row(promise, &measured, against, &gate, bound.map(|bound| ratio >= bound));
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
fn time_each(calls: u32, mut call: impl FnMut(u32)) -> f64 {
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
        CREATE TABLE IF NOT EXISTS t(k BLOB PRIMARY KEY, v BLOB);",
    )?;
    Ok(connection)
}

/// A hit while nobody writes, and one that has to ask the file; each beside a bare prepared statement.
fn hits(bench: &mut Bench<'_>) -> Result<()> {
    let path = bench.folder.join("hits.db");
    let store = sqlite(&path)?;
    let asking = sqlite(&path)?.without_hot_tier();
    put(&store, 0, HOUR);
    // Beside the store, not in it: a second library on the same file in one process would share its locks.
    let other = bare(&bench.folder.join("hits-bare.db"))?;
    let known = key(0);
    let row = [&[0; ENVELOPE_BYTES][..], &BODY].concat();
    other.execute("INSERT INTO t VALUES (?1, ?2)", params![known.id().as_bytes(), row])?;
    let mut select = other.prepare("SELECT v FROM t WHERE k = ?1")?;
    let mut plain = |_| {
        let read = |row: &rusqlite::Row<'_>| row.get(0);
        let found: Vec<u8> = select.query_row([known.id().as_bytes()], read).expect("the same row");
        assert_eq!(found.len(), row.len());
    };
    let table = &mut *bench.table;
    let against = "a bare prepared SELECT";
    let pair = in_turns(HITS_A_TURN, |_| hit(&store, &known), &mut plain);
    table.at_most("hit, SQLite engine, while nobody writes", &pair, against, 1.5);
    let pair = in_turns(HITS_A_TURN, |_| hit(&asking, &known), &mut plain);
    let measured = format!("{:.2}x ({} / {})", pair.ratio, micros(pair.ours), micros(pair.theirs));
    table.row("hit, SQLite engine, first after a write", &measured, against, "", None);
    let peers = &mut bench.peers;
    for (name, against, bound) in [
        ("diskcache_get", "diskcache", Some(3.0)),
        ("json_get", "a JSON file a key", Some(20.0)),
        ("django_file_get", "Django's file cache", None),
        ("django_db_get", "Django's database cache", None),
    ] {
        let mut ours = |_| hit(&store, &known);
        table.faster(
            "hit, while nobody writes",
            (peers, name, HITS_A_TURN),
            against,
            bound,
            &mut ours,
        );
        let mut ours = |_| hit(&asking, &known);
        table.faster(
            "hit, first after a write",
            (peers, name, HITS_A_TURN),
            against,
            None,
            &mut ours,
        );
    }
    let (memory, _) = open("memory:", 0, Duration::from_secs(1))?;
    put(&*memory, 0, HOUR);
    let hot = median((0..TURNS).map(|_| time_each(HITS_A_TURN, |_| hit(&*memory, &known))));
    table.row("hit, in memory", &micros(hot), "", "<= 0.5 us", Some(hot <= 0.5));
    Ok(())
}

/// Puts over old keys and of new ones, beside a bare upsert of the same bytes with the same durability.
fn puts(bench: &mut Bench<'_>) -> Result<()> {
    let store = sqlite(&bench.folder.join("puts.db"))?;
    let other = bare(&bench.folder.join("puts-bare.db"))?;
    let mut upsert = other
        .prepare("INSERT INTO t VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v")?;
    let new_keys = u32::try_from(TURNS).unwrap_or(0) * PUTS_A_TURN;
    let keys: Vec<Key> = (0..new_keys).map(key).collect();
    let mut row = [&[0; ENVELOPE_BYTES][..], keys[0].to_name().as_bytes(), &BODY].concat();
    let table = &mut *bench.table;
    for (what, wraps) in [("put of a new key", false), ("put over an old key", true)] {
        let among = if wraps { PUTS_A_TURN as usize } else { keys.len() };
        let mut ours = keys.iter().take(among).cycle();
        let mut changes = 0_u32;
        let mut theirs = keys.iter().take(among).cycle();
        let pair = in_turns(
            PUTS_A_TURN,
            |_| {
                let key = ours.next().expect("they go round");
                let stored = store.put(key, &BODY, &how(HOUR)).expect("it can be written");
                assert!(stored.stored().is_some(), "a put is never refused");
            },
            |_| {
                let key = theirs.next().expect("they go round");
                // SQLite does not write a page whose bytes stay the same, and an envelope never does.
                changes += 1;
                row[..4].copy_from_slice(&u32::to_le_bytes(changes));
                let written = upsert.execute(params![key.id().as_bytes(), &row]);
                assert_eq!(written.expect("the table can be written"), 1);
            },
        );
        table.at_most(&format!("{what}, SQLite engine"), &pair, "a bare prepared upsert", 2.0);
    }
    for (name, against, bound) in [
        ("diskcache_set", "diskcache", Some(3.0)),
        ("json_set", "a JSON file a key", None),
        ("django_file_set", "Django's file cache", None),
        ("django_db_set", "Django's database cache", None),
    ] {
        let mut ours = |number: u32| {
            let stored = store.put(&keys[number as usize], &BODY, &how(HOUR));
            assert!(stored.is_ok_and(|stored| stored.stored().is_some()));
        };
        let peer = (&mut bench.peers, name, PUTS_A_TURN);
        table.faster("put, SQLite engine", peer, against, bound, &mut ours);
    }
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
            let store = sqlite(&folder.join(format!("{entries}.db")))?.without_hot_tier();
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
    let store = sqlite(&folder.join("prune.db"))?.without_hot_tier();
    for number in 0..entries {
        put(&store, number, Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(5));
    let known = key(0);
    let look = |store: &Sqlite| {
        assert_eq!(store.get(&known, &want()).word(), "expired");
    };
    let unpruned = sqlite(&folder.join("unpruned.db"))?.without_hot_tier();
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
    let read = time_each(HITS_A_TURN, |_| hit(&store, &known));
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
        let read = || time_each(PUTS_A_TURN, |_| hit(&*store, &known));
        let hits = median((0..TURNS).map(|_| read()));
        let write = || time_each(PUTS_A_TURN, |number| put(&*store, number, HOUR));
        let puts = median((0..TURNS).map(|_| write()));
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
