//! Work as people have it: `amorsize run` as it stands beside `xargs -P` with a worker a CPU and GNU parallel.
//!
//! The data is made here: a folder of logs that is compressed, a tree that is hashed, images that are converted, files
//! that a linter reads, pages of a slow server on loopback. Every runner gets the same command and the same items, in
//! turns; the figure is the median. At the end both run in a control group of one CPU and 256 MiB, where that can be made.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use amorsize_sizing::rng::Rng;
use amorsize_sizing::stats::median;
use anyhow::{Context as _, Result, bail};

use super::run::{binary, now};

/// A kind of work.
struct Work {
    name: &'static str,
    /// The command; its item is added at the end.
    command: Vec<String>,
    /// Whether it takes several items, so that every runner may batch.
    batch: bool,
    items: Vec<String>,
}

/// No further round of a work is begun after this.
const TIME_MOST: Duration = Duration::from_secs(270);

/// Prints the table.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (mut rounds, mut given) = (3, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--quick" => rounds = 1,
            "--binary" => given = words.next().map(PathBuf::from),
            _ => bail!("cargo xtask bench work [--quick] [--binary FILE]"),
        }
    }
    let amorsize = given.map_or_else(binary, Ok)?;
    let folder = std::env::temp_dir().join(format!("amorsize-work-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let outcome = table(&amorsize, &folder, rounds).and_then(|()| limited(&amorsize, &folder));
    fs::remove_dir_all(&folder)?;
    outcome
}

fn table(amorsize: &Path, folder: &Path, rounds: usize) -> Result<()> {
    let start = now();
    let server = Server::start()?;
    println!(
        "{:34} {:>6} {:>11} {:>11} {:>11} {:>13}",
        "work", "items", "amorsize", "xargs -P", "parallel", "ours is faster"
    );
    for work in works(folder, server.port)? {
        let runners = runners(amorsize, &work);
        let mut times = vec![Vec::new(); runners.len()];
        for round in 0..rounds {
            if round > 0 && start.elapsed() > TIME_MOST {
                break;
            }
            for step in 0..runners.len() {
                let at = (step + round) % runners.len();
                times[at].push(time(&runners[at], folder)?);
            }
        }
        let middle: Vec<Option<f64>> = times.iter().map(|times| median(times)).collect();
        let cell = |at: usize| {
            middle
                .get(at)
                .copied()
                .flatten()
                .map_or("-".to_owned(), |secs| format!("{:.0} ms", secs * 1e3))
        };
        let over = |at: usize| {
            let both = middle.get(at).copied().flatten().zip(middle[0]);
            both.map_or("-".to_owned(), |(theirs, ours)| format!("{:.2}x", theirs / ours))
        };
        println!(
            "{:34} {:6} {:>11} {:>11} {:>11} {:>6} {:>6}",
            work.name,
            work.items.len(),
            cell(0),
            cell(1),
            cell(2),
            over(1),
            over(2)
        );
    }
    println!("({rounds} rounds, medians; first run of amorsize each time, nothing remembered)");
    Ok(())
}

fn works(folder: &Path, port: u16) -> Result<Vec<Work>> {
    let logs = logs(&folder.join("logs"))?;
    let tree = tree(&folder.join("tree"))?;
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut works = vec![
        Work {
            name: "compress a folder of logs",
            command: words("gzip -9 -k -f"),
            batch: false,
            items: logs,
        },
        Work { name: "hash a tree", command: words("sha256sum"), batch: true, items: tree },
    ];
    let python = crate::setup::python();
    let python =
        if python.is_file() { python.to_string_lossy().into_owned() } else { "python3".to_owned() };
    if crate::shell::answers(&python, "-V") {
        let sources = sources(&folder.join("sources"))?;
        let command = vec![python.clone(), "-m".to_owned(), "py_compile".to_owned()];
        works.push(Work {
            name: "check files with a linter",
            command,
            batch: true,
            items: sources,
        });
        works.push(fetching(port, python));
    }
    if convert_is_there() {
        let images = images(&folder.join("images"))?;
        let command = words("mogrify -resize 50% -format jpg");
        works.push(Work { name: "convert images", command, batch: false, items: images });
    } else {
        println!("MISSING mogrify (Debian: imagemagick): images are not converted");
    }
    Ok(works)
}

/// One page a process, by curl where it is there.
fn fetching(port: u16, python: String) -> Work {
    let items = (0..100).map(|page| format!("http://127.0.0.1:{port}/{page}")).collect();
    let command = if crate::shell::answers("curl", "--version") {
        ["curl", "-s", "-o", "/dev/null"].map(str::to_owned).to_vec()
    } else {
        let fetch = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()";
        vec![python, "-c".to_owned(), fetch.to_owned()]
    };
    Work { name: "fetch from a slow server", command, batch: false, items }
}

fn convert_is_there() -> bool {
    crate::shell::answers("mogrify", "-version")
}

fn logs(folder: &Path) -> Result<Vec<String>> {
    let mut rng = Rng::new(7);
    made(folder, 24, |at| {
        // A few days were busy.
        let lines = if at % 8 == 0 { 60_000 } else { 8_000 };
        let line = |_| {
            format!(
                "10.0.{}.{} GET /{} {}\n",
                rng.below(256),
                rng.below(256),
                rng.below(9999),
                rng.below(600)
            )
        };
        (format!("{at:02}.log"), (0..lines).map(line).collect::<String>().into_bytes())
    })
}

fn tree(folder: &Path) -> Result<Vec<String>> {
    let mut rng = Rng::new(9);
    made(folder, 3000, |at| {
        let size = if at % 100 == 0 { 2 << 20 } else { 2000 + rng.below(30_000) };
        let byte = u8::try_from(at % 251).unwrap_or(0);
        (format!("{at}.bin"), vec![byte; usize::try_from(size).unwrap_or(0)])
    })
}

fn sources(folder: &Path) -> Result<Vec<String>> {
    made(folder, 200, |at| {
        let body: String = (0..40 + at % 60)
            .map(|n| format!("def f{n}(a, b={n}):\n    return [a * x for x in range(b)]\n\n"))
            .collect();
        (format!("m{at}.py"), body.into_bytes())
    })
}

fn images(folder: &Path) -> Result<Vec<String>> {
    made(folder, 30, |at| {
        let (width, height) = if at % 6 == 0 { (1600, 1200) } else { (500, 400) };
        let mut image = format!("P6 {width} {height} 255\n").into_bytes();
        let pixel = |n: usize| [n % 256, (n / 7) % 256, (n / 997 + at) % 256];
        image.extend(
            (0..width * height).flat_map(pixel).map(|value| u8::try_from(value).unwrap_or(0)),
        );
        (format!("{at}.ppm"), image)
    })
}

/// Files in a folder, by their paths.
fn made(
    folder: &Path,
    count: usize,
    mut file: impl FnMut(usize) -> (String, Vec<u8>),
) -> Result<Vec<String>> {
    fs::create_dir_all(folder)?;
    let mut paths = Vec::new();
    for at in 0..count {
        let (name, bytes) = file(at);
        let path = folder.join(name);
        fs::write(&path, bytes)?;
        paths.push(path.to_string_lossy().into_owned());
    }
    Ok(paths)
}

/// A server that lets every request wait for a tenth of a second.
struct Server {
    port: u16,
    stop: Arc<AtomicBool>,
}

const SLOW: Duration = Duration::from_millis(100);

impl Server {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if told.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::spawn(move || drop(answer(stream)));
            }
        });
        Ok(Self { port, stop })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // One more connection lets the listener see that it is over.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut asked = [0; 1024];
    if stream.read(&mut asked)? == 0 {
        return Ok(());
    }
    std::thread::sleep(SLOW);
    stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
}

/// Ours, xargs with a worker a CPU, and GNU parallel where it is there.
fn runners(amorsize: &Path, work: &Work) -> Vec<Vec<String>> {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).to_string();
    let own = amorsize.to_string_lossy().into_owned();
    let word = |text: &str| text.to_owned();
    let mut ours = vec![own, word("run"), word("--fresh"), word("-a"), word("ITEMS")];
    let mut xargs = vec![word("xargs"), word("-a"), word("ITEMS"), word("-P"), cpus];
    let mut parallel = vec![word("parallel"), word("-a"), word("ITEMS")];
    if work.batch {
        ours.push(word("--batch"));
        parallel.push(word("-X"));
    } else {
        xargs.extend([word("-n"), word("1")]);
    }
    ours.extend(work.command.iter().cloned());
    xargs.extend(work.command.iter().cloned());
    // It hands the command to a shell, which must not see the quotes as its own.
    parallel.push(word("-q"));
    parallel.extend(work.command.iter().cloned());
    let mut all = vec![ours, xargs];
    if crate::shell::answers("parallel", "--version") {
        all.push(parallel);
    }
    for words in &mut all {
        words.push(work.items.join("\n"));
    }
    all
}

fn time(runner: &[String], folder: &Path) -> Result<f64> {
    let (items, words) = runner.split_last().context("no words")?;
    let file = folder.join("items");
    fs::write(&file, format!("{items}\n"))?;
    let words: Vec<String> = words
        .iter()
        .map(
            |word| if word == "ITEMS" { file.to_string_lossy().into_owned() } else { word.clone() },
        )
        .collect();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("XDG_CACHE_HOME", folder).env("PARALLEL_HOME", folder);
    let start = now();
    let status = command.status().with_context(|| format!("could not start {}", words[0]))?;
    let took = start.elapsed().as_secs_f64();
    if !status.success() {
        bail!("{} failed: {status}", words.join(" "));
    }
    Ok(took)
}

/// The same items in a control group of one CPU and 256 MiB.
fn limited(amorsize: &Path, folder: &Path) -> Result<()> {
    println!("\none CPU and 256 MiB, six items that need 150 MB each for a moment");
    let name = format!("amorsize-bench-{}", std::process::id());
    let groups = ["cpu", "memory"].map(|kind| Path::new("/sys/fs/cgroup").join(kind).join(&name));
    let made = groups.iter().all(|group| fs::create_dir(group).is_ok());
    let limits = [
        (groups[0].join("cpu.cfs_quota_us"), "100000"),
        (groups[1].join("memory.limit_in_bytes"), "268435456"),
    ];
    if !made || limits.iter().any(|(file, value)| fs::write(file, value).is_err()) {
        println!("skipped: control groups of version 1 cannot be made here");
        return Ok(());
    }
    let item = "head -c 150000000 /dev/zero | tail -c 140000000 | wc -c";
    let own = amorsize.display();
    let ours = format!("{own} run --fresh --shell '{item}; : {{}}' ::: 1 2 3 4 5 6");
    let plan = format!("{own} plan --fresh --shell '{item}; : {{}}' ::: 1 2 3 4 5 6");
    let theirs = format!("seq 6 | xargs -P$(nproc) -I_ sh -c '{item}; : _'");
    for (name, script) in
        [("amorsize run", ours), ("amorsize plan", plan), ("xargs -P$(nproc)", theirs)]
    {
        let joined =
            groups.iter().map(|group| format!("echo $$ > {}/cgroup.procs; ", group.display()));
        let script = format!("{}{script}", joined.collect::<String>());
        let start = now();
        let mut command = Command::new("bash");
        command.args(["-c", &script]).env("XDG_CACHE_HOME", folder).stdin(Stdio::null());
        let said = command.output()?;
        let out = String::from_utf8_lossy(&said.stdout).into_owned();
        let whole = out.lines().filter(|line| line.trim() == "140000000").count();
        let how = match (name, out.lines().next()) {
            ("amorsize plan", Some(line)) => line.to_owned(),
            _ => format!("{whole} of 6 items whole"),
        };
        println!(
            "  {name:18} exit {:>3}, {:5.1} s: {how}",
            said.status.code().unwrap_or(-1),
            start.elapsed().as_secs_f64()
        );
    }
    for group in &groups {
        drop(fs::remove_dir(group));
    }
    Ok(())
}
