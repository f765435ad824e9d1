//! The shapes of work of `bench run`, and everybody who runs them.

use std::path::PathBuf;

use amorsize_sizing::rng::Rng;

use super::run::Setting;

/// What a shape is there to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Computing items, several a process.
    Batches,
    /// Items that wait.
    Waiting,
    /// One trivial process an item.
    Trivial,
    /// So little that serial is best.
    Tiny,
}

/// A shape of work.
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) items: Vec<String>,
}

/// A way to run the items.
pub(crate) struct Runner {
    pub(crate) name: String,
    /// The program and its words; `ITEMS` stands for the file of items.
    pub(crate) words: Vec<String>,
    /// Whether it is a point of the grid.
    pub(crate) grid: bool,
    pub(crate) ours: bool,
}

/// All shapes; a quick run has a part of them.
pub(crate) fn shapes(quick: bool) -> Vec<Shape> {
    let same = |name: &str, kind, item: &str, count: usize| Shape {
        name: format!("{name}, {count} items"),
        kind,
        items: vec![item.to_owned(); count],
    };
    // The short ones first: they get all their rounds, whatever time the others take.
    let mut shapes = vec![
        same("1 ms in all", Kind::Tiny, "c0.1", 10),
        same("true, one a process", Kind::Trivial, "x", if quick { 200 } else { 1000 }),
        same("waiting 10 ms", Kind::Waiting, "w10", if quick { 100 } else { 400 }),
    ];
    let mut rng = Rng::new(20_26);
    let sizes: &[(f64, usize)] = if quick {
        &[(1.0, 200), (10.0, 30)]
    } else {
        &[(0.1, 6000), (1.0, 1000), (10.0, 100), (100.0, 16)]
    };
    for &(ms, count) in sizes {
        for kind in ["fixed", "lognormal", "bimodal", "heavy end"] {
            let cost = |at: usize, rng: &mut Rng| match kind {
                "lognormal" => rng.lognormal(ms, 1.0),
                "bimodal" if rng.unit() < 0.1 => ms * 5.5,
                "bimodal" => ms * 0.5,
                "heavy end" if at * 10 >= count * 9 => ms * 5.5,
                "heavy end" => ms * 0.5,
                _ => ms,
            };
            let items = (0..count).map(|at| format!("c{:.4}", cost(at, &mut rng))).collect();
            shapes.push(Shape {
                name: format!("{ms} ms, {kind}, {count} items"),
                kind: Kind::Batches,
                items,
            });
        }
    }
    shapes
}

/// Everybody who runs a shape.
pub(crate) fn runners(setting: &Setting, shape: &Shape) -> Vec<Runner> {
    let own = setting.amorsize.to_string_lossy().into_owned();
    let command = if shape.kind == Kind::Trivial {
        "true".to_owned()
    } else {
        setting.items.to_string_lossy().into_owned()
    };
    let make = |name: &str, grid: bool, before: &[&str]| Runner {
        name: name.to_owned(),
        grid,
        ours: name.starts_with("amorsize"),
        words: before.iter().map(|word| (*word).to_owned()).chain([command.clone()]).collect(),
    };
    let batch: &[&str] = if shape.batches() { &["--batch"] } else { &[] };
    let mut all = vec![
        make(
            "amorsize run, first",
            false,
            &[&[own.as_str(), "run", "--fresh", "-a", "ITEMS"], batch].concat(),
        ),
        make(
            "amorsize run, remembered",
            false,
            &[&[own.as_str(), "run", "-a", "ITEMS"], batch].concat(),
        ),
    ];
    for (at_once, each) in grid(shape) {
        let name = format!("{at_once} at once, {each} each");
        let (at_once, each) = (at_once.to_string(), each.to_string());
        all.push(make(&name, true, &[&own, "run", "-j", &at_once, "-n", &each, "-a", "ITEMS"]));
    }
    peers(shape, &mut |name, words| all.push(make(name, false, words)));
    all
}

impl Shape {
    /// Whether a process takes several items.
    fn batches(&self) -> bool {
        matches!(self.kind, Kind::Batches | Kind::Tiny)
    }
}

/// The numbers that are tried by hand.
fn grid(shape: &Shape) -> Vec<(usize, usize)> {
    let (at_once, each): (&[usize], &[usize]) = match shape.kind {
        Kind::Batches | Kind::Tiny => (&[1, 2, 3, 4], &[1, 4, 16, 64, 256, 1024]),
        Kind::Waiting => (&[2, 8, 16, 32, 64, 128], &[1]),
        Kind::Trivial => (&[1, 2, 3, 4], &[1]),
    };
    let count = shape.items.len();
    // Thousands of processes of a tenth of a millisecond, and a long list by one after the other, are never best.
    let hopeless = |at_once: usize, each: usize| {
        each > count || count > 1000 * each || (at_once == 1 && count > 2 * each && count > 50)
    };
    at_once
        .iter()
        .flat_map(|&at_once| each.iter().map(move |&each| (at_once, each)))
        .filter(|&(at_once, each)| !hopeless(at_once, each))
        .collect()
}

/// Takes a name and the words before the command.
type Add<'a> = dyn FnMut(&str, &[&str]) + 'a;

fn peers(shape: &Shape, add: &mut Add<'_>) {
    let one: &[&str] = if shape.batches() { &[] } else { &["-n1"] };
    // Thousands of processes, one an item: of one shape it is seen what that costs.
    let few = shape.items.len() <= 1000 || shape.name.contains("fixed");
    add("xargs", &[&["xargs", "-a", "ITEMS"], one].concat());
    add("xargs -P2", &[&["xargs", "-P2", "-a", "ITEMS"], one].concat());
    if crate::shell::answers("parallel", "--version") {
        if few {
            add("GNU parallel", &["parallel", "-a", "ITEMS"]);
        }
        if shape.batches() {
            add("GNU parallel -X", &["parallel", "-X", "-a", "ITEMS"]);
        }
    }
    if let Some(tool) = moreutils().filter(|_| few) {
        // It takes its items as words, which a shell has to bring.
        let script = format!("exec {} \"$@\" -- $(cat ITEMS_FILE)", tool.display());
        add("moreutils parallel", &["sh", "-c", &script, "sh"]);
    }
    if let Some(tool) = rust_parallel().filter(|_| few) {
        add("rust-parallel", &[&tool.to_string_lossy(), "-i", "ITEMS"]);
    }
}

/// The peers that are not there, with how to get them.
pub(crate) fn missing() -> Vec<&'static str> {
    let parallel = crate::shell::answers("parallel", "--version");
    let all = [
        (parallel, "GNU parallel (Debian: parallel)"),
        (moreutils().is_some(), "moreutils parallel (Debian: moreutils)"),
        (
            rust_parallel().is_some(),
            "rust-parallel (cargo install rust-parallel --root target/tools)",
        ),
    ];
    all.into_iter().filter(|(there, _)| !there).map(|(_, name)| name).collect()
}

fn moreutils() -> Option<PathBuf> {
    let tool = PathBuf::from("/usr/bin/parallel.moreutils");
    tool.is_file().then_some(tool)
}

fn rust_parallel() -> Option<PathBuf> {
    let tool = crate::shell::root().join("target/tools/bin/rust-parallel");
    tool.is_file().then_some(tool)
}
