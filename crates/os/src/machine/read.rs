//! Puts the figures of one machine together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::cgroup::{self, CpuQuota, MemoryLimit};
use super::parse::{self, Pressure};

/// The machine as this process may use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// CPUs that are online.
    pub cpus_online: u32,
    /// CPUs this process may be scheduled on.
    pub cpus_allowed: u32,
    /// Physical cores among the allowed CPUs.
    pub cores_physical: Option<u32>,
    /// The tightest CPU quota along the control-group path.
    pub cpu_quota: Option<CpuQuota>,
    /// Memory of the machine in bytes.
    pub memory_total_bytes: Option<u64>,
    /// Memory that can be had without swapping, in bytes.
    pub memory_available_bytes: Option<u64>,
    /// The tightest memory limit along the control-group path.
    pub memory_limit: Option<MemoryLimit>,
    /// Load averages over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Waiting for a CPU.
    pub pressure_cpu: Option<Pressure>,
    /// Waiting for memory.
    pub pressure_memory: Option<Pressure>,
    /// Waiting for input and output.
    pub pressure_io: Option<Pressure>,
    /// Files this process may have open.
    pub open_files_max: Option<u64>,
    /// Processes that may still be started, by the user's limit or the control group's.
    pub processes_max: Option<u64>,
}

impl Machine {
    /// Reads the machine this process runs on.
    #[must_use]
    pub fn read() -> Self {
        Self::read_below(Path::new("/"))
    }

    /// Reads a machine whose `/proc` and `/sys` are laid out below `root`.
    #[must_use]
    pub fn read_below(root: &Path) -> Self {
        let text = |path: &str| std::fs::read_to_string(root.join(path)).ok();
        let fallback = || std::thread::available_parallelism().map_or(1, usize::from);
        let online = text("sys/devices/system/cpu/online").map(|list| parse::cpu_list(&list));
        let allowed = text("proc/self/status").and_then(|status| parse::allowed_cpus(&status));
        let cpus_allowed =
            allowed.as_ref().map_or_else(|| count(fallback()), |set| count(set.len()));
        let cpus_online =
            online.filter(|set| !set.is_empty()).map_or(cpus_allowed, |set| count(set.len()));
        let meminfo = text("proc/meminfo").unwrap_or_default();
        let limits = text("proc/self/limits").unwrap_or_default();
        let allowance = cgroup::allowance(
            root,
            &text("proc/self/mountinfo").unwrap_or_default(),
            &text("proc/self/cgroup").unwrap_or_default(),
        );
        let pressure =
            |of: &str| text(&format!("proc/pressure/{of}")).and_then(|text| parse::pressure(&text));
        let processes = parse::soft_limit(&limits, "Max processes");
        Self {
            cpus_online,
            cpus_allowed,
            cores_physical: cores_physical(root, allowed.as_deref().unwrap_or(&[])),
            cpu_quota: allowance.cpu,
            memory_total_bytes: parse::meminfo(&meminfo, "MemTotal"),
            memory_available_bytes: parse::meminfo(&meminfo, "MemAvailable"),
            memory_limit: allowance.memory,
            load: text("proc/loadavg").and_then(|text| parse::load_average(&text)),
            pressure_cpu: pressure("cpu"),
            pressure_memory: pressure("memory"),
            pressure_io: pressure("io"),
            open_files_max: parse::soft_limit(&limits, "Max open files"),
            processes_max: processes.into_iter().chain(allowance.processes).min(),
        }
    }

    /// How many CPUs' worth of time this process can use: the quota where there is one, else the allowed CPUs.
    #[must_use]
    pub fn cpus_usable(&self) -> f64 {
        let allowed = f64::from(self.cpus_allowed.max(1));
        self.cpu_quota.as_ref().map_or(allowed, |quota| quota.cpus.min(allowed))
    }

    /// Memory that may still be used, in bytes: the least of what is free and what the limits leave.
    #[must_use]
    pub fn memory_headroom_bytes(&self) -> Option<u64> {
        let group = self.memory_limit.as_ref().map(|limit| limit.headroom_bytes);
        self.memory_available_bytes.into_iter().chain(group).min()
    }

    /// What limits the number of CPUs, in words.
    #[must_use]
    pub fn cpu_limited_by(&self) -> String {
        match &self.cpu_quota {
            Some(quota) if quota.cpus < f64::from(self.cpus_allowed) => {
                format!("quota of {:.2} CPUs in {}", quota.cpus, quota.source.display())
            }
            _ if self.cpus_allowed < self.cpus_online => {
                format!("affinity: {} of {} CPUs", self.cpus_allowed, self.cpus_online)
            }
            _ => format!("{} CPUs online", self.cpus_online),
        }
    }
}

impl Machine {
    /// Reads again only what changes while work runs: free memory and the groups' use of theirs.
    pub fn refresh_memory(&mut self) {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        self.memory_available_bytes = parse::meminfo(&text("/proc/meminfo"), "MemAvailable");
        if self.memory_limit.is_some() {
            let allowance = cgroup::allowance(
                Path::new("/"),
                &text("/proc/self/mountinfo"),
                &text("/proc/self/cgroup"),
            );
            self.memory_limit = allowance.memory;
        }
    }
}

/// Busy and total clock ticks of all CPUs since boot.
#[must_use]
pub fn cpu_ticks() -> Option<(u64, u64)> {
    parse::cpu_ticks(&std::fs::read_to_string("/proc/stat").ok()?)
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

fn cores_physical(root: &Path, allowed: &[u32]) -> Option<u32> {
    let mut cores = BTreeSet::new();
    for cpu in allowed {
        let topology: PathBuf = root.join(format!("sys/devices/system/cpu/cpu{cpu}/topology"));
        let siblings = std::fs::read_to_string(topology.join("core_cpus_list"))
            .or_else(|_| std::fs::read_to_string(topology.join("thread_siblings_list")))
            .ok()?;
        cores.insert(siblings.trim().to_owned());
    }
    (!cores.is_empty()).then(|| count(cores.len()))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the quotas here are exact fractions of two")]
mod tests {
    use super::*;

    fn lay(root: &Path, files: &[(&str, &str)]) {
        for (path, content) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }

    #[test]
    fn the_tightest_limit_along_the_path_wins_in_version_2() {
        let root = tempfile::tempdir().unwrap();
        lay(
            root.path(),
            &[
                ("proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-3\n"),
                ("proc/self/mountinfo", "1 2 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
                ("proc/self/cgroup", "0::/a/b\n"),
                ("proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n"),
                ("sys/devices/system/cpu/online", "0-7\n"),
                ("sys/fs/cgroup/a/cpu.max", "50000 100000\n"),
                ("sys/fs/cgroup/a/b/cpu.max", "200000 100000\n"),
                ("sys/fs/cgroup/a/memory.max", "1000000000\n"),
                ("sys/fs/cgroup/a/memory.current", "900000000\n"),
                ("sys/fs/cgroup/a/memory.stat", "inactive_file 100000000\n"),
                ("sys/fs/cgroup/a/b/memory.max", "max\n"),
                ("sys/fs/cgroup/a/b/pids.max", "100\n"),
                ("sys/fs/cgroup/a/b/pids.current", "40\n"),
            ],
        );
        let machine = Machine::read_below(root.path());
        assert_eq!((machine.cpus_online, machine.cpus_allowed), (8, 4));
        let quota = machine.cpu_quota.clone().unwrap();
        assert_eq!(quota.cpus, 0.5);
        assert!(quota.source.ends_with("a/cpu.max"));
        assert_eq!(machine.cpus_usable(), 0.5);
        assert_eq!(machine.memory_headroom_bytes(), Some(200_000_000));
        assert_eq!(machine.processes_max, Some(60));
        assert!(machine.cpu_limited_by().contains("quota of 0.50"));
    }

    #[test]
    fn version_1_hierarchies_and_a_hidden_path_are_read() {
        let root = tempfile::tempdir().unwrap();
        lay(
            root.path(),
            &[
                ("proc/self/status", "Cpus_allowed_list:\t0,2\n"),
                (
                    "proc/self/mountinfo",
                    "1 2 0:1 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                     1 2 0:2 /docker/x /cg/memory rw - cgroup cgroup rw,memory\n",
                ),
                ("proc/self/cgroup", "2:cpu,cpuacct:/gone/away\n3:memory:/docker/x\n0::/\n"),
                ("cg/cpu,cpuacct/cpu.cfs_quota_us", "150000\n"),
                ("cg/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
                ("cg/memory/memory.limit_in_bytes", "268435456\n"),
                ("cg/memory/memory.usage_in_bytes", "68435456\n"),
                ("sys/devices/system/cpu/online", "0-3"),
                ("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,2\n"),
                ("sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "0,2\n"),
            ],
        );
        let machine = Machine::read_below(root.path());
        assert_eq!(machine.cpus_usable(), 1.5);
        assert_eq!(machine.memory_headroom_bytes(), Some(200_000_000));
        assert_eq!(machine.cores_physical, Some(1));
        assert_eq!(machine.memory_total_bytes, None);
    }

    #[test]
    fn this_machine_has_at_least_one_cpu() {
        let machine = Machine::read();
        assert!(machine.cpus_allowed >= 1);
        assert!(machine.cpus_usable() > 0.0);
        let mut again = machine.clone();
        again.refresh_memory();
        assert_eq!(again.cpus_allowed, machine.cpus_allowed);
    }
}
