//! The limits of the control groups this process is in, along the whole path.
//!
//! A limit on any ancestor binds, so every directory from the process's own group up to the mount point is
//! read and the tightest wins. Where the path of the group is not visible (a container that sees the
//! hierarchy from inside), the mount point itself is the group.

use std::path::{Path, PathBuf};

use super::parse;

/// The longest path that is followed; deeper nesting is cut there.
const DEPTH_MAX: usize = 64;

/// A CPU quota and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct CpuQuota {
    /// How many CPUs' worth of time the group may use.
    pub cpus: f64,
    /// The file or directory that says so.
    pub source: PathBuf,
}

/// A memory limit and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryLimit {
    /// The limit in bytes.
    pub bytes: u64,
    /// What may still be used below it: the limit less what is in use and cannot be given back.
    pub headroom_bytes: u64,
    /// The directory of the group that says so.
    pub source: PathBuf,
}

/// What the control groups allow.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Allowance {
    pub(super) cpu: Option<CpuQuota>,
    /// The group with the least headroom, and the smallest limit of all.
    pub(super) memory: Option<MemoryLimit>,
    pub(super) processes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Reads all limits; `root` stands before every path, `/` on a real machine.
pub(super) fn allowance(root: &Path, mountinfo: &str, membership: &str) -> Allowance {
    let mounts = parse::cgroup_mounts(mountinfo);
    let groups = parse::cgroup_membership(membership);
    let mut all = Allowance::default();
    for mount in &mounts {
        let of_mount = |(controllers, _): &&(Vec<String>, String)| {
            if mount.unified {
                return controllers.is_empty();
            }
            !controllers.is_empty()
                && controllers.iter().all(|name| mount.controllers.contains(name))
        };
        let Some((_, path)) = groups.iter().find(of_mount) else { continue };
        let has = |name: &str| mount.unified || mount.controllers.iter().any(|c| c == name);
        let version = if mount.unified { Version::Two } else { Version::One };
        for directory in lineage(root, mount, path) {
            if has("cpu") {
                tighten_cpu(&mut all.cpu, &directory, version);
            }
            if has("memory") {
                tighten_memory(&mut all.memory, &directory, version);
            }
            if has("pids") {
                let free = processes_free(&directory);
                all.processes = all.processes.into_iter().chain(free).min();
            }
        }
    }
    all
}

/// The directories from the group itself up to the mount point.
fn lineage(root: &Path, mount: &parse::CgroupMount, path: &str) -> Vec<PathBuf> {
    let top = below(root, &mount.mounted_at);
    // The membership is told from the root of the hierarchy; a bind mount may show only a part of it.
    let shown = path.strip_prefix(mount.root.trim_end_matches('/')).unwrap_or(path);
    let clean = shown.split('/').filter(|part| !part.is_empty() && *part != "..");
    let mut directory = top.clone();
    let mut directories = vec![top];
    for part in clean.take(DEPTH_MAX) {
        directory.push(part);
        directories.push(directory.clone());
    }
    directories.reverse();
    directories
}

fn below(root: &Path, absolute: &str) -> PathBuf {
    root.join(absolute.trim_start_matches('/'))
}

fn text(directory: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(directory.join(name)).ok()
}

fn tighten_cpu(best: &mut Option<CpuQuota>, directory: &Path, version: Version) {
    let (cpus, file) = match version {
        Version::Two => (text(directory, "cpu.max").and_then(|t| parse::cpu_max(&t)), "cpu.max"),
        Version::One => {
            let quota = text(directory, "cpu.cfs_quota_us");
            let period = text(directory, "cpu.cfs_period_us");
            let cpus = quota.zip(period).and_then(|(q, p)| parse::cfs_quota(&q, &p));
            (cpus, "cpu.cfs_quota_us")
        }
    };
    let Some(cpus) = cpus else { return };
    if best.as_ref().is_none_or(|known| cpus < known.cpus) {
        *best = Some(CpuQuota { cpus, source: directory.join(file) });
    }
}

fn tighten_memory(best: &mut Option<MemoryLimit>, directory: &Path, version: Version) {
    let (limit, used, spare) = match version {
        Version::Two => ("memory.max", "memory.current", "inactive_file"),
        Version::One => ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    };
    let Some(bytes) = text(directory, limit).and_then(|t| parse::limit(&t)) else { return };
    let in_use = text(directory, used).and_then(|t| parse::number(&t)).unwrap_or(0);
    let can_go = text(directory, "memory.stat").and_then(|t| parse::stat_field(&t, spare));
    let headroom_bytes = bytes.saturating_sub(in_use.saturating_sub(can_go.unwrap_or(0)));
    match best {
        Some(known) if known.headroom_bytes <= headroom_bytes => {
            known.bytes = known.bytes.min(bytes);
        }
        Some(known) => {
            let bytes = known.bytes.min(bytes);
            *known = MemoryLimit { bytes, headroom_bytes, source: directory.to_path_buf() };
        }
        None => {
            *best = Some(MemoryLimit { bytes, headroom_bytes, source: directory.to_path_buf() });
        }
    }
}

fn processes_free(directory: &Path) -> Option<u64> {
    let limit = parse::limit(&text(directory, "pids.max")?)?;
    let used = text(directory, "pids.current").and_then(|t| parse::number(&t)).unwrap_or(0);
    Some(limit.saturating_sub(used))
}
