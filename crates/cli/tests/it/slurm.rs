//! `amorsize run --on slurm` against a real Slurm on loopback: controller, node daemon and munge, started here.
//!
//! It needs the programs of Debian's slurmctld, slurmd, slurm-client and munge, and root, as the node daemon does.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A private cluster of one node with two CPUs; it goes when it is dropped.
struct Slurm {
    folder: tempfile::TempDir,
    daemons: Vec<Child>,
}

/// Daemons in the foreground, each in a group of its own with all it starts.
fn daemon(program: &str, words: &[&str], config: &Path) -> Child {
    let mut command = Command::new(program);
    command.args(words).env("SLURM_CONF", config).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Says why nothing is seen; where nothing may be skipped, that is a failure.
fn skipped(why: &str) -> Option<Slurm> {
    let may_not = std::env::var_os("CI").is_some();
    assert!(!may_not, "{why}");
    drop(std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: {why}\n").as_bytes()));
    None
}

fn within(limit: Duration, mut happened: impl FnMut() -> bool) -> bool {
    #[expect(clippy::disallowed_methods, reason = "a bound on waiting for daemons of others")]
    let start = Instant::now();
    while start.elapsed() < limit {
        if happened() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

impl Slurm {
    /// `None` where it cannot be started, after saying so.
    fn start() -> Option<Self> {
        let programs = ["munged", "slurmctld", "slurmd", "sbatch"];
        let there = |name: &&str| {
            ["/usr/sbin", "/usr/bin"].iter().any(|at| Path::new(at).join(name).is_file())
        };
        let root = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0;
        if let Some(missing) = programs.iter().find(|name| !there(name)) {
            return skipped(&format!(
                "{missing} is missing (slurmctld, slurmd, slurm-client, munge)"
            ));
        }
        if !root {
            return skipped("slurmd wants root");
        }
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for name in ["state", "spool", "munge", "work"] {
            fs::create_dir(at.join(name)).unwrap();
        }
        fs::set_permissions(at, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(at.join("munge"), fs::Permissions::from_mode(0o700)).unwrap();
        let mut key = Vec::new();
        let random = fs::File::open("/dev/urandom").unwrap();
        std::io::Read::read_to_end(&mut std::io::Read::take(random, 1024), &mut key).unwrap();
        fs::write(at.join("munge/key"), key).unwrap();
        fs::set_permissions(at.join("munge/key"), fs::Permissions::from_mode(0o400)).unwrap();
        fs::write(at.join("slurm.conf"), configuration(at)).unwrap();
        // None of the plugins that would need control groups is used, so the choice only has to load.
        fs::write(at.join("cgroup.conf"), "CgroupPlugin=cgroup/v1\n").unwrap();
        let mut slurm = Self { folder, daemons: Vec::new() };
        slurm.boot();
        let up = within(Duration::from_secs(30), || {
            slurm.ask("sinfo", &["-h", "-o", "%t"]).trim() == "idle"
        });
        assert!(up, "the cluster does not come up: {}", slurm.logs());
        Some(slurm)
    }

    fn boot(&mut self) {
        let at = self.folder.path().to_path_buf();
        let text = |name: &str| at.join(name).to_string_lossy().into_owned();
        let config = at.join("slurm.conf");
        let munge = [
            "--foreground".to_owned(),
            "--force".to_owned(),
            format!("--key-file={}", text("munge/key")),
            format!("--socket={}", text("munge/socket")),
            format!("--pid-file={}", text("munge/pid")),
            format!("--log-file={}", text("munge/log")),
            format!("--seed-file={}", text("munge/seed")),
        ];
        let munge: Vec<&str> = munge.iter().map(String::as_str).collect();
        self.daemons.push(daemon("/usr/sbin/munged", &munge, &config));
        assert!(within(Duration::from_secs(10), || at.join("munge/socket").metadata().is_ok()));
        self.daemons.push(daemon("/usr/sbin/slurmctld", &["-D", "-i"], &config));
        self.daemons.push(daemon("/usr/sbin/slurmd", &["-D", "-N", "fake"], &config));
    }

    fn ask(&self, program: &str, words: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(words).env("SLURM_CONF", self.folder.path().join("slurm.conf"));
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }

    fn logs(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        ["slurmctld.log", "slurmd.log", "munge/log"].map(read).join("\n--\n")
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The processes of the node daemon that look after jobs of this cluster, and of no other.
    fn keepers(&self) -> Vec<String> {
        let of_this = self.folder.path().to_string_lossy().into_owned();
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let ours = |pid: &String| {
            let read = |name| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            read("comm").starts_with(b"slurmstepd")
                && String::from_utf8_lossy(&read("environ")).contains(&of_this)
        };
        pids.filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit())).filter(ours).collect()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amorsize"));
        command.args(["run", "--on", "slurm"]).args(words).current_dir(self.work());
        command.env("SLURM_CONF", self.folder.path().join("slurm.conf"));
        command.env("XDG_CACHE_HOME", self.folder.path().join("cache")).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        self.ask("scancel", &["--full", "--signal=KILL", "--name=amorsize"]);
        // The keepers of jobs end once they have told the controller; left alone they would ask for it for ever.
        within(Duration::from_secs(10), || {
            self.ask("squeue", &["-h"]).trim().is_empty() && self.keepers().is_empty()
        });
        for keeper in self.keepers() {
            drop(Command::new("kill").args(["-KILL", &keeper]).status());
        }
        for daemon in self.daemons.iter_mut().rev() {
            // Daemons and what they started are one group each; a dead one needs no signal.
            let group = format!("-{}", daemon.id());
            drop(Command::new("kill").args(["-KILL", "--", &group]).status());
            drop(daemon.wait());
        }
    }
}

fn configuration(at: &Path) -> String {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = host.trim().split('.').next().unwrap();
    let at = at.display();
    let (control, node) = (port(), port());
    format!(
        "ClusterName=amorsize\nSlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={control}\nSlurmdPort={node}\n\
         AuthType=auth/munge\nAuthInfo=socket={at}/munge/socket\nCredType=cred/munge\nSlurmUser=root\nSlurmdUser=root\n\
         StateSaveLocation={at}/state\nSlurmdSpoolDir={at}/spool\nSlurmctldPidFile={at}/slurmctld.pid\n\
         SlurmdPidFile={at}/slurmd.pid\nSlurmctldLogFile={at}/slurmctld.log\nSlurmdLogFile={at}/slurmd.log\n\
         ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectType=select/cons_tres\n\
         SelectTypeParameters=CR_CPU\nSchedulerType=sched/builtin\nSwitchType=switch/none\nMpiDefault=none\n\
         JobAcctGatherType=jobacct_gather/none\nAccountingStorageType=accounting_storage/none\n\
         SlurmdParameters=config_overrides\nReturnToService=2\nMaxArraySize=5\nKillWait=2\n\
         SchedulerParameters=sched_interval=1,sched_min_interval=100000\n\
         NodeName=fake NodeHostname={host} NodeAddr=127.0.0.1 Port={node} CPUs=4 RealMemory=1000 State=UNKNOWN\n\
         PartitionName=main Nodes=fake Default=YES MaxTime=INFINITE State=UP\n"
    )
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// How often each line stands in a file.
fn times(path: &Path) -> std::collections::BTreeMap<u64, u64> {
    let mut times = std::collections::BTreeMap::new();
    for line in fs::read_to_string(path).unwrap_or_default().lines() {
        *times.entry(line.parse().unwrap()).or_insert(0) += 1;
    }
    times
}

#[test]
fn ten_thousand_items_run_on_a_cluster_as_they_would_here() {
    let Some(slurm) = Slurm::start() else { return };
    let items: String = (1..=10_000).map(|item| format!("{item}\n")).collect();
    fs::write(slurm.work().join("items"), items).unwrap();
    // An array may hold four tasks, so seven agents are two arrays, and every agent takes many items.
    let script = "echo o{#}; echo e{} >&2; test {} != 77 && test {} != 9001 || exit 3";
    let said = slurm.run(&["-k", "-j7", "-v", "-a", "items", "--log", "log", "--shell", script]);
    assert_eq!(code(&said), 1, "{}", err(&said));
    let wanted: String = (1..=10_000).map(|item| format!("o{item}\n")).collect();
    assert!(String::from_utf8_lossy(&said.stdout) == wanted, "the outputs are those of the items");
    let told = err(&said);
    assert_eq!(told.lines().filter(|line| line.starts_with('e')).count(), 10_000);
    for part in ["2 of 10000 items failed", "item 77 (77): exit 3", "item 9001 (9001): exit 3"] {
        assert!(told.contains(part), "{part}");
    }
    let log = fs::read_to_string(slurm.work().join("log")).unwrap();
    assert_eq!(log.lines().count(), 10_000);
    assert_eq!(log.lines().filter(|line| line.contains("\"exit\":3")).count(), 2);
    let left = fs::read_dir(slurm.work()).unwrap().count();
    assert_eq!(left, 2, "nothing but the items and the log is left behind");
}

#[test]
fn a_cancelled_or_killed_cluster_run_goes_on_without_repeating_a_finished_item() {
    let Some(slurm) = Slurm::start() else { return };
    let work = slurm.work();
    let items: String = (1..=600).map(|item| format!("{item}\n")).collect();
    fs::write(work.join("items"), items).unwrap();
    // Half of the items wait until half has been cancelled, the last ones until the coordinator has been killed.
    let script = "echo {} >> began; gate=/dev/null; [ {} -le 300 ] || gate=cancelled; [ {} -le 500 ] || gate=killed; \
                  until [ -e $gate ]; do sleep 0.05; done; echo {}";
    let words = ["-a", "items", "--journal", "j", "--resume", "--retries", "0", "--shell", script];
    let started = |least: usize| {
        let enough = || recorded(&work.join("j")).len() >= least;
        assert!(within(Duration::from_secs(60), enough), "{}", slurm.logs());
    };
    // Cancelled by somebody else.
    let mut child = slurm.command(&words);
    child.stdout(fs::File::create(work.join("o1")).unwrap()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    started(100);
    slurm.ask("scancel", &["--name=amorsize"]);
    let said = child.wait_with_output().unwrap();
    assert!(err(&said).contains("the agents were cancelled"), "{}", err(&said));
    assert_eq!(code(&said), 3);
    let first = recorded(&work.join("j"));
    let began_before = times(&work.join("began"));
    // The coordinator is killed, its agents are not.
    fs::write(work.join("cancelled"), "").unwrap();
    let mut child = slurm.command(&words);
    let mut child = child.stdout(fs::File::create(work.join("o2")).unwrap()).spawn().unwrap();
    started(first.len() + 100);
    child.kill().unwrap();
    child.wait().unwrap();
    fs::write(work.join("killed"), "").unwrap();
    let said = slurm.run(&words);
    assert_eq!(code(&said), 0, "{}", err(&said));
    let all = recorded(&work.join("j"));
    assert_eq!(all.len(), 600);
    assert!(all.values().all(|&times| times == 1), "recorded once each");
    let began = times(&work.join("began"));
    for item in first.keys() {
        assert_eq!(began.get(item), began_before.get(item), "{item} was finished and ran again");
    }
}

/// How often each item is recorded as finished.
fn recorded(journal: &Path) -> std::collections::BTreeMap<u64, u64> {
    let mut times = std::collections::BTreeMap::new();
    for line in fs::read_to_string(journal).unwrap_or_default().lines() {
        let number =
            line.split_once("\"item\":").and_then(|rest| rest.1.split(',').next()?.parse().ok());
        if let Some(number) = number {
            *times.entry(number).or_insert(0) += 1;
        }
    }
    times
}

#[test]
fn a_partition_that_is_down_and_a_cluster_that_is_not_there_are_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_amorsize"));
    command.args(["run", "--on", "slurm", "/bin/true", ":::", "a"]).env("PATH", folder.path());
    let said = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(code(&said), 2);
    assert!(err(&said).contains("no program \"sbatch\" was found"), "{}", err(&said));
    let Some(slurm) = Slurm::start() else { return };
    slurm.ask("scontrol", &["update", "PartitionName=main", "State=DOWN"]);
    let said = slurm.run(&["true", ":::", "a"]);
    assert!(err(&said).contains("the partition \"main\" is down; nothing was submitted"));
    let said = slurm.run(&["--sbatch", "-p none", "true", ":::", "a"]);
    assert!(err(&said).contains("there is no partition \"none\""), "{}", err(&said));
    slurm.ask("scontrol", &["update", "PartitionName=main", "State=UP"]);
    let said = slurm.run(&["--sbatch", "--mem=900G", "true", ":::", "a"]);
    assert!(err(&said).contains("sbatch said"), "{}", err(&said));
    assert_eq!(code(&said), 2);
}
