//! The benches there are, by name.

use anyhow::{Result, bail};

use super::{cache, py};

/// A bench: its name, what it prints, and the function that does it with the words after the name.
type Bench = (&'static str, &'static str, fn(&[&str]) -> Result<()>);

const BENCHES: &[Bench] = &[
    (
        "cache",
        "every promise of the cache beside bare SQLite, diskcache, JSON files and Django",
        cache::run,
    ),
    ("run", "amorsize run beside its peers and an exhaustive grid (--quick)", super::run::run),
    (
        "sim",
        "chunk rules in the simulator, in the set-up of the literature (--quick)",
        super::sim::run,
    ),
    (
        "work",
        "real work (logs, hashes, images, a linter, a slow server) beside xargs -P and GNU parallel (--quick)",
        super::work::run,
    ),
    (
        "audit",
        "amorsize audit beside semgrep and ast-grep: time, memory, labelled sites (--quick)",
        super::audit::run,
    ),
    ("py", "amorsize.execute beside Pool.map, futures, joblib, mpire, pqdm and a grid", py::run),
    (
        "prove",
        "the cases the prover must decide: verdict and seconds, three times each",
        super::prove::run,
    ),
    (
        "flake",
        "how often amorsize flake is wrong, at known failure rates, 200 times each (--quick)",
        super::flake::run,
    ),
    ("programs", "four Python programs as people write them, before and after", py::programs),
];

/// Runs the named bench, or lists them.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let Some((name, rest)) = words.split_first() else {
        for (name, about, _) in BENCHES {
            println!("{name:10} {about}");
        }
        return Ok(());
    };
    match BENCHES.iter().find(|(known, ..)| known == name) {
        Some((.., bench)) => bench(rest),
        None => bail!("no bench is called {name:?}; `cargo xtask bench` lists them"),
    }
}
