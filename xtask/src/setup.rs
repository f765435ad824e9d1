//! What the tests and benches need beside Rust, and how to get it.
//!
//! Each need is one row: how to see that it is there, which packages of the distribution bring it, what is
//! skipped without it. As root on a Debian-like system it is installed; elsewhere it is named. Python packages
//! go into a venv of the workspace, made anew when `requirements.txt` changes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{fetch, shell};

/// Whether something may be left out when it is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Name what is missing and go on.
    Lenient,
    /// Nothing may be missing.
    Strict,
}

/// A program the tests or benches use.
struct Need {
    /// What it is called.
    name: &'static str,
    /// The packages of the distribution that bring it.
    packages: &'static [&'static str],
    /// What cannot be seen without it.
    without: &'static str,
    /// Whether it is there.
    is_there: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need {
        name: "PostgreSQL server",
        packages: &["postgresql"],
        without: "the PostgreSQL engine of the cache",
        is_there: || in_path("initdb") || !postgres_folders().is_empty(),
    },
    Need {
        name: "Redis server",
        packages: &["redis-server"],
        without: "the Redis engine of the cache",
        is_there: || in_path("redis-server") || in_path("valkey-server"),
    },
    Need {
        name: "memcached",
        packages: &["memcached"],
        without: "the prover against memcached",
        is_there: || in_path("memcached"),
    },
    Need {
        name: "Java",
        packages: &["default-jdk-headless"],
        without: "the prover against a Java program",
        is_there: || in_path("javac"),
    },
    Need {
        name: "Node.js",
        packages: &["nodejs"],
        without: "the prover and the flake tester against JavaScript",
        is_there: || in_path("node"),
    },
    Need {
        name: "Python venv",
        packages: &["python3", "python3-venv"],
        without: "everything seen against Python programs",
        is_there: || shell::answers("python3", "-V") && has_venv_module(),
    },
    Need {
        name: "Go",
        packages: &["golang"],
        without: "everything seen against Go programs",
        is_there: || shell::answers("go", "version"),
    },
    Need {
        name: "Slurm",
        packages: &["slurmctld", "slurmd", "slurm-client", "munge"],
        without: "runs on a cluster",
        is_there: || {
            let daemons = ["slurmctld", "slurmd", "munged"];
            in_path("sbatch")
                && daemons
                    .iter()
                    .all(|name| in_path(name) || is_file(&Path::new("/usr/sbin").join(name)))
        },
    },
    Need {
        name: "GNU parallel",
        packages: &["parallel"],
        without: "the comparison with GNU parallel",
        is_there: || in_path("parallel"),
    },
];

/// Installs what is missing when it may; gives the names of what stays missing.
pub(crate) fn ensure(mode: Mode) -> Result<Vec<String>> {
    let wanting: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_there)()).collect();
    if !wanting.is_empty() && may_install() {
        let packages: Vec<&str> = wanting.iter().flat_map(|need| need.packages).copied().collect();
        install(&packages)?;
    }
    let mut missing = Vec::new();
    for need in wanting.iter().filter(|need| !(need.is_there)()) {
        missing.push(format!(
            "{}: {} not seen; install {}",
            need.name,
            need.without,
            need.packages.join(" ")
        ));
    }
    if let Err(error) = ensure_venv() {
        missing.push(format!("Python packages: {error:#}"));
    }
    if let Err(error) = fetch::sarif_schema() {
        missing.push(format!("SARIF schema (npm): reports not seen against it: {error:#}"));
    }
    if let Err(error) = fetch::audited() {
        missing.push(format!(
            "Django and client-go (PyPI, Go proxy): the auditor's verdicts on them not seen: {error:#}"
        ));
    }
    for line in &missing {
        println!("MISSING {line}");
    }
    if mode == Mode::Strict && !missing.is_empty() {
        bail!("strict mode, and {} things are missing", missing.len());
    }
    Ok(missing)
}

/// The Python of the workspace's own venv.
pub(crate) fn python() -> PathBuf {
    shell::root().join(".venv/bin/python")
}

fn ensure_venv() -> Result<()> {
    let wanted = std::fs::read_to_string(shell::root().join("xtask/requirements.txt"))?;
    let stamp = shell::root().join(".venv/requirements.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    shell::run(shell::command("python3", &["-m", "venv", "--clear", ".venv"]))?;
    let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let arguments = [&quiet[..], &["-r", "xtask/requirements.txt"]].concat();
    shell::run(shell::command(python(), &arguments))?;
    std::fs::write(&stamp, wanted).context("could not write the stamp of the venv")
}

fn install(packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str]| {
        let mut command = shell::command("apt-get", arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        shell::run(command)
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
}

fn may_install() -> bool {
    let root = std::fs::metadata("/proc/self")
        .map(|of| std::os::unix::fs::MetadataExt::uid(&of) == 0)
        .unwrap_or(false);
    root && in_path("apt-get")
}

fn has_venv_module() -> bool {
    shell::read(shell::command("python3", &["-c", "import venv, ensurepip"])).is_ok()
}

fn postgres_folders() -> Vec<PathBuf> {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    folders.filter(|bin| is_file(&bin.join("initdb"))).collect()
}

fn in_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| is_file(&folder.join(program)))
}

fn is_file(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|of| of.is_file())
}
