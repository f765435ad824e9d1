//! What `bench run` promises, each promise with pass or miss.

use std::process::{Command, Stdio};

use amorsize_sizing::stats::median;
use anyhow::{Context as _, Result};

use super::run::{Setting, now, worst};
use super::run_shapes::Kind;

/// The figures of one shape.
pub(crate) struct Row {
    pub(crate) shape: String,
    pub(crate) kind: Kind,
    pub(crate) best: String,
    pub(crate) best_secs: f64,
    pub(crate) rounds: usize,
    /// Who, and its time over the best grid point.
    pub(crate) regrets: Vec<(String, f64)>,
}

impl Row {
    fn of(&self, name: &str) -> Option<f64> {
        self.regrets.iter().find(|(known, _)| known == name).map(|(_, regret)| *regret)
    }
}

const FIRST: &str = "amorsize run, first";
const AGAIN: &str = "amorsize run, remembered";
/// The share of the best grid point's gain that the first run must reach.
const OF_BEST: f64 = 0.97;

/// All figures, judged at the end.
#[derive(Default)]
pub(crate) struct Gates {
    rows: Vec<Row>,
    first_item_secs: Option<f64>,
}

impl Gates {
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    fn kind(&self, kind: Kind) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    fn all(&self, kind: Kind, name: &str) -> Vec<f64> {
        self.kind(kind).filter_map(|row| row.of(name)).collect()
    }

    /// From the start of the program to the start of its first item, with a remembered plan.
    pub(crate) fn first_item(&mut self, setting: &Setting) -> Result<()> {
        let mut extra = Vec::new();
        for _ in 0..9 {
            let mut ours = Command::new(&setting.amorsize);
            ours.arg("run").arg(&setting.items).args([":::", "t0"]);
            ours.env("XDG_CACHE_HOME", &setting.folder);
            let mut plain = Command::new(&setting.items);
            plain.arg("t0");
            extra.push(stamp(ours)? - stamp(plain)?);
        }
        self.first_item_secs = median(&extra);
        Ok(())
    }

    pub(crate) fn print(&self) {
        println!(
            "\n{:32} {:>7} {:>8} {:>8}",
            "computing items, batches", "shapes", "median", "worst"
        );
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.rows.iter().flat_map(|row| &row.regrets) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        for name in &names {
            let all = self.all(Kind::Batches, name);
            if let Some(middle) = median(&all) {
                println!("{name:32} {:7} {middle:8.2} {:8.2}", all.len(), worst(&all));
            }
        }
        println!("\ngates");
        for name in [FIRST, AGAIN] {
            let all = self.all(Kind::Batches, name);
            gate(&format!("{name}: median regret"), median(&all).unwrap_or(f64::NAN), 1.03);
            gate(&format!("{name}: worst regret"), worst(&all), 1.10);
        }
        self.print_peers(&names);
        for (name, bound) in [(FIRST, 1.8), (AGAIN, 1.3)] {
            gate(&format!("{name}: waiting items"), worst(&self.all(Kind::Waiting, name)), bound);
        }
        let trivial: Vec<f64> = self
            .kind(Kind::Trivial)
            .filter_map(|row| Some(row.of(FIRST)? / row.of("xargs -P2")?))
            .collect();
        gate("`true`: over xargs -P2", worst(&trivial), 1.05);
        for row in self.kind(Kind::Tiny) {
            let plain = row.of("xargs").unwrap_or(f64::NAN);
            let extra = (row.of(FIRST).unwrap_or(f64::NAN) - plain) * row.best_secs * 1e3;
            gate("1 ms in all: ms over a plain xargs", extra, 15.0);
        }
        gate(
            "ms from start to the first item",
            self.first_item_secs.unwrap_or(f64::NAN) * 1e3,
            10.0,
        );
    }

    fn print_peers(&self, names: &[&str]) {
        let mut slowest = (f64::NAN, String::new());
        for row in &self.rows {
            let Some(ours) = row.of(FIRST).filter(|_| row.kind != Kind::Tiny) else { continue };
            for name in names.iter().filter(|name| !name.starts_with("amorsize")) {
                if let Some(theirs) = row.of(name)
                    && (slowest.0.is_nan() || ours / theirs > slowest.0)
                {
                    slowest = (ours / theirs, format!("{name}, {}", row.shape));
                }
            }
        }
        gate(&format!("slowest against a peer ({})", slowest.1), slowest.0, 1.05);
        let gains: Vec<f64> = self
            .kind(Kind::Batches)
            .filter_map(|row| Some(row.of("xargs -P2")? / row.of(FIRST)?))
            .collect();
        let Some(gain) = median(&gains) else { return };
        // On two CPUs nobody gains twice: what the best grid point gains is all there is to be had.
        let best = median(&self.all(Kind::Batches, "xargs -P2")).unwrap_or(f64::NAN);
        let least = (OF_BEST * best).min(1.9);
        println!(
            "{} {:62} {gain:8.2} (at least {least:.2}: the best grid point gains {best:.2})",
            word(gain >= least),
            "median gain over xargs -P2"
        );
    }
}

/// What a stamping item says, in seconds since this call.
fn stamp(mut command: Command) -> Result<f64> {
    let before = monotonic();
    let start = now();
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said: f64 = text.trim().parse().with_context(|| format!("a stamp of {text:?}"))?;
    // The clock of the item and ours are the same; the watch only guards against nonsense.
    Ok((said - before).min(start.elapsed().as_secs_f64()))
}

/// The system's monotonic clock, in seconds.
fn monotonic() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    std::time::Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
        .as_secs_f64()
}

const fn word(pass: bool) -> &'static str {
    if pass { "pass" } else { "MISS" }
}

pub(super) fn gate(what: &str, value: f64, most: f64) {
    if value.is_nan() {
        println!("     {what:62} not measured");
        return;
    }
    println!("{} {what:62} {value:8.2} (at most {most:.2})", word(value <= most));
}
