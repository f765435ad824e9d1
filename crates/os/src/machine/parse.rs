//! Pure readers over the texts that Linux keeps in `/proc` and `/sys`.
//!
//! Each takes the content of one file and returns what it says, or `None` where the text does not say it.
//! Unknown lines and fields are skipped: newer kernels add some.

/// How much of the last seconds some or all tasks waited for a resource, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pressure {
    /// At least one task waited, over the last ten seconds.
    pub some_avg10: f64,
    /// At least one task waited, over the last minute.
    pub some_avg60: f64,
    /// All tasks waited at once, over the last ten seconds.
    pub full_avg10: f64,
}

/// One mounted control-group hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CgroupMount {
    /// Whether it is the unified hierarchy of version 2.
    pub unified: bool,
    /// The controllers of a version 1 hierarchy.
    pub controllers: Vec<String>,
    /// The directory inside the hierarchy that is mounted.
    pub root: String,
    /// Where it is mounted.
    pub mounted_at: String,
}

/// The numbers in a list such as `0-3,8,10-11`; bounded to 8,192 of them.
#[must_use]
pub fn cpu_list(text: &str) -> Vec<u32> {
    const MOST: usize = 8192;
    let mut cpus = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.trim().parse::<u32>(), last.trim().parse::<u32>())
        else {
            continue;
        };
        cpus.extend((first..=last).take(MOST.saturating_sub(cpus.len())));
    }
    cpus
}

/// The CPUs this process may run on, from `/proc/self/status`.
#[must_use]
pub fn allowed_cpus(status: &str) -> Option<Vec<u32>> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let cpus = cpu_list(list);
    (!cpus.is_empty()).then_some(cpus)
}

/// A field of `/proc/meminfo`, in bytes.
#[must_use]
pub fn meminfo(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// The three load averages of `/proc/loadavg`.
#[must_use]
pub fn load_average(text: &str) -> Option<[f64; 3]> {
    let mut fields = text.split_ascii_whitespace().map(str::parse::<f64>);
    let mut next = || fields.next()?.ok().filter(|load| load.is_finite());
    Some([next()?, next()?, next()?])
}

/// A file of `/proc/pressure`.
#[must_use]
pub fn pressure(text: &str) -> Option<Pressure> {
    let field = |kind: &str, name: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(kind))?;
        let value = line.split_ascii_whitespace().find_map(|word| word.strip_prefix(name))?;
        value.strip_prefix('=')?.parse().ok()
    };
    Some(Pressure {
        some_avg10: field("some ", "avg10")?,
        some_avg60: field("some ", "avg60").unwrap_or(0.0),
        full_avg10: field("full ", "avg10").unwrap_or(0.0),
    })
}

/// A soft limit of `/proc/self/limits`; `None` when it is unlimited or not there.
#[must_use]
pub fn soft_limit(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// The quota of a version 2 `cpu.max`, in CPUs; `None` when there is none.
#[must_use]
pub fn cpu_max(text: &str) -> Option<f64> {
    let mut fields = text.split_ascii_whitespace();
    let quota: f64 = fields.next()?.parse().ok()?;
    let period: f64 = fields.next().unwrap_or("100000").parse().ok()?;
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// The quota of version 1 `cpu.cfs_quota_us` and `cpu.cfs_period_us`, in CPUs; `None` when there is none.
#[must_use]
pub fn cfs_quota(quota_us: &str, period_us: &str) -> Option<f64> {
    let quota: f64 = quota_us.trim().parse().ok()?;
    let period: f64 = period_us.trim().parse().ok()?;
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

/// A limit file that holds a number or `max`; version 1 says "none" with a number near 2^63.
#[must_use]
pub fn limit(text: &str) -> Option<u64> {
    const NO_LIMIT_FROM: u64 = 1 << 60;
    text.trim().parse().ok().filter(|&bytes| bytes < NO_LIMIT_FROM)
}

/// A plain number.
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// A line `NAME VALUE` of a `*.stat` file.
#[must_use]
pub fn stat_field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?.trim().parse().ok()
}

/// The control groups of a process: (controllers, path) a line; version 2 has no controllers.
#[must_use]
pub fn cgroup_membership(text: &str) -> Vec<(Vec<String>, String)> {
    let line = |line: &str| {
        let mut parts = line.splitn(3, ':');
        let _hierarchy = parts.next()?;
        let controllers = parts.next()?;
        let path = parts.next()?;
        let controllers = controllers.split(',').filter(|name| !name.is_empty());
        Some((controllers.map(str::to_owned).collect(), path.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

/// The control-group mounts of `/proc/self/mountinfo`.
#[must_use]
pub fn cgroup_mounts(text: &str) -> Vec<CgroupMount> {
    text.lines().filter_map(cgroup_mount).collect()
}

fn cgroup_mount(line: &str) -> Option<CgroupMount> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let root = unescape(fields.next()?);
    let mounted_at = unescape(fields.next()?);
    let mut after = after.split(' ');
    let kind = after.next()?;
    let options = after.nth(1).unwrap_or_default();
    let unified = match kind {
        "cgroup2" => true,
        "cgroup" => false,
        _ => return None,
    };
    let controllers =
        if unified { Vec::new() } else { options.split(',').map(str::to_owned).collect() };
    Some(CgroupMount { unified, controllers, root, mounted_at })
}

/// Mount tables write blanks, tabs, newlines and backslashes as three octal digits.
fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let octal = (byte == b'\\').then(|| text.get(at + 1..at + 4)).flatten();
        if let Some(code) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            out.push(code);
            at += 4;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The nanoseconds a task waited for a CPU, from `/proc/PID/schedstat`.
#[must_use]
pub fn run_queue_delay_ns(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Busy and total clock ticks of all CPUs, from the first line of `/proc/stat`.
#[must_use]
pub fn cpu_ticks(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    // The eighth field is stolen time; guest time after it is already counted in user time.
    let ticks: Vec<u64> =
        line.split_ascii_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let total: u64 = ticks.iter().sum();
    let idle = ticks.get(3)?.saturating_add(ticks.get(4).copied().unwrap_or(0));
    Some((total.saturating_sub(idle), total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_list_holds_single_numbers_and_ranges() {
        assert_eq!(cpu_list("0-2,5,7-8\n"), [0, 1, 2, 5, 7, 8]);
        assert_eq!(cpu_list(""), [] as [u32; 0]);
        assert_eq!(cpu_list("x,3"), [3]);
        assert_eq!(cpu_list("0-4000000000").len(), 8192);
    }

    #[test]
    fn a_quota_is_a_share_of_a_period_and_max_is_none() {
        assert_eq!(cpu_max("150000 100000\n"), Some(1.5));
        assert_eq!(cpu_max("max 100000\n"), None);
        assert_eq!(cpu_max("50000"), Some(0.5));
        assert_eq!(cfs_quota("-1\n", "100000\n"), None);
        assert_eq!(cfs_quota("200000\n", "50000\n"), Some(4.0));
        assert_eq!(limit("9223372036854771712\n"), None);
        assert_eq!(limit("268435456\n"), Some(268_435_456));
        assert_eq!(limit("max\n"), None);
    }

    #[test]
    fn mounts_and_membership_are_read_for_both_versions() {
        let mounts = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
            41 31 0:38 /a\\040b /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        let mounts = cgroup_mounts(mounts);
        assert_eq!(mounts.len(), 2);
        assert_eq!(mounts[0].controllers, ["rw", "cpu", "cpuacct"]);
        assert!(mounts[1].unified);
        assert_eq!(mounts[1].root, "/a b");
        let of = cgroup_membership("4:cpu,cpuacct:/one\n1:name=systemd:/\n0::/two:three\n");
        assert_eq!(of[0], (vec!["cpu".to_owned(), "cpuacct".to_owned()], "/one".to_owned()));
        assert_eq!(of[2], (Vec::new(), "/two:three".to_owned()));
    }

    #[test]
    fn pressure_load_memory_and_limits_are_read() {
        let text =
            "some avg10=3.01 avg60=1.56 avg300=0.70 total=5745518\nfull avg10=0.25 avg60=0.00";
        let read = pressure(text).unwrap();
        assert_eq!((read.some_avg10, read.some_avg60, read.full_avg10), (3.01, 1.56, 0.25));
        assert_eq!(pressure("garbage"), None);
        assert_eq!(load_average("0.50 1.25 2.00 1/234 567\n"), Some([0.5, 1.25, 2.0]));
        assert_eq!(load_average("0.50"), None);
        let memory = "MemTotal:       16384 kB\nMemAvailable:    4096 kB\n";
        assert_eq!(meminfo(memory, "MemAvailable"), Some(4 << 20));
        assert_eq!(meminfo(memory, "Mem"), None);
        let limits = "Limit   Soft Limit   Hard Limit   Units\n\
            Max processes             96365                96365                processes\n\
            Max open files            unlimited            20000                files\n";
        assert_eq!(soft_limit(limits, "Max processes"), Some(96365));
        assert_eq!(soft_limit(limits, "Max open files"), None);
    }

    #[test]
    fn scheduler_figures_are_read() {
        assert_eq!(run_queue_delay_ns("123 456 7\n"), Some(456));
        assert_eq!(run_queue_delay_ns(""), None);
        assert_eq!(cpu_ticks("cpu  10 1 5 80 4 0 0 0 0 0\ncpu0 1 1 1 1\n"), Some((16, 100)));
        assert_eq!(stat_field("inactive_file 42\nfile 1\n", "file"), Some(1));
    }
}
