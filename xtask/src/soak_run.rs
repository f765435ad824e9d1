//! `cargo xtask soak run --kills N`: kills a run at random instants, goes on, and checks what the journal promises.
//!
//! Each item notes that it began. After every kill and at the end: no item that was recorded finished began again, none
//! is lost, none is recorded twice, and the kept output of every finished item is whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use amorsize_sizing::rng::Rng;
use anyhow::{Context as _, Result, bail, ensure};

const ITEMS: u64 = 400;
const OUTPUT: usize = 2000;

/// Kills and checks as the words say.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let kills: u64 = match words {
        [] => 100,
        ["--kills", count] => count.parse().context("--kills takes a number")?,
        _ => bail!("cargo xtask soak run [--kills N]"),
    };
    let root = crate::shell::root();
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--package", "amorsize"])
        .current_dir(&root)
        .status()?;
    ensure!(built.success(), "amorsize does not build");
    let binary = root.join("target/debug/amorsize");
    let mut rng = Rng::new(kills);
    let (mut killed, mut rounds) = (0, 0);
    while killed < kills {
        let folder =
            std::env::temp_dir().join(format!("amorsize-soak-{}-{rounds}", std::process::id()));
        fs::create_dir_all(&folder)?;
        killed += round(&binary, &folder, &mut rng, kills - killed)?;
        fs::remove_dir_all(&folder)?;
        rounds += 1;
    }
    println!(
        "{killed} kills over {rounds} runs of {ITEMS} items: 0 lost, 0 finished twice, 0 torn outputs"
    );
    Ok(())
}

/// One list of items, killed until it is finished; gives the number of kills.
fn round(binary: &Path, folder: &Path, rng: &mut Rng, most: u64) -> Result<u64> {
    let mut killed = 0;
    loop {
        let finished = recorded(folder)?;
        let began = fs::read(folder.join("began")).unwrap_or_default().len();
        let mut child = start(binary, folder)?;
        let last = killed >= most;
        if !last {
            std::thread::sleep(Duration::from_micros(rng.below(120_000)));
            // One that has ended by itself needs no kill.
            if child.try_wait()?.is_none() {
                child.kill()?;
                killed += 1;
            }
        }
        let status = child.wait()?;
        let new = fs::read(folder.join("began")).unwrap_or_default();
        for line in String::from_utf8_lossy(new.get(began..).unwrap_or_default()).lines() {
            let item: u64 = line.parse().with_context(|| format!("a torn note {line:?}"))?;
            ensure!(!finished.contains_key(&item), "item {item} ran again after it was finished");
        }
        if status.success() {
            check(folder)?;
            return Ok(killed);
        }
        ensure!(status.code().is_none(), "the run failed by itself: {status}");
    }
}

fn start(binary: &Path, folder: &Path) -> Result<std::process::Child> {
    let script = format!("echo {{}} >> began; head -c {OUTPUT} /dev/zero | tr '\\0' x; echo {{}}");
    let options = ["run", "-j3", "--journal", "j", "--resume", "--results", "res", "--shell"];
    let items = (1..=ITEMS).map(|item| item.to_string());
    let child = Command::new(binary)
        .args(options)
        .arg(script)
        .arg(":::")
        .args(items)
        .current_dir(folder)
        .env("XDG_CACHE_HOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    Ok(child)
}

/// How often each item is recorded as finished.
fn recorded(folder: &Path) -> Result<BTreeMap<u64, u64>> {
    let mut counts = BTreeMap::new();
    let journal = fs::read(folder.join("j")).unwrap_or_default();
    for line in journal.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"))
    {
        let json = line.get(17..).context("a line without a checksum")?;
        let record: serde_json::Value = serde_json::from_slice(json)?;
        if let Some(item) = record["item"].as_u64() {
            *counts.entry(item).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

fn check(folder: &Path) -> Result<()> {
    let counts = recorded(folder)?;
    for item in 1..=ITEMS {
        let times = counts.get(&item).copied().unwrap_or(0);
        ensure!(times == 1, "item {item} is recorded {times} times");
        let kept = fs::read_to_string(folder.join("res").join(item.to_string()).join("stdout"))?;
        let whole = "x".repeat(OUTPUT) + &format!("{item}\n");
        ensure!(kept == whole, "the output of item {item} is not whole");
    }
    Ok(())
}
