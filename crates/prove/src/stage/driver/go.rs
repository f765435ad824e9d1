//! The driver for Go callables: `go:FOLDER:Function`, and the overlay that holds a function before each statement.
//!
//! Nothing of the user's is changed on disk: `go build -overlay` sees an instrumented copy of the watched files, one
//! more file in each watched package with the hook, and a main program of ours beside the harness.

use super::{Driver, scratch};
use crate::bounded::{self, Ended};
use crate::error::{Error, Result};
use crate::experiment::{Experiment, Op, Watch};
use crate::outcome::{Exit, one_line};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const INSTRUMENT: &str = include_str!("instrument.go.txt");
const PLAYER: &str = include_str!("player.go.txt");
const BUILD: Duration = Duration::from_secs(540);

/// What the build sees in the place of what is on disk.
type Overlay = BTreeMap<String, PathBuf>;

/// A package as `go list` names it.
#[derive(Debug, Clone)]
struct Package {
    folder: String,
    name: String,
    import: String,
    /// The module it belongs to, and where that lies.
    module: Option<(String, String)>,
}

pub(super) fn driver<'a>(
    experiment: &'a Experiment,
    targets: &BTreeMap<Op, String>,
) -> Result<Driver<'a>> {
    let Targets { folder, tag, functions } = harness(targets)?;
    let harness = experiment.directory.join(&folder);
    let work = scratch()?;
    let file = work.path().join("overlay.json");
    let mut overlay = Overlay::new();
    if let Some(version) = without_module(&harness)? {
        // A folder without a module is one of its own, for this build only.
        let module = work.path().join("alone.mod");
        write(&module, &format!("module prove.local/alone\n\ngo {version}\n"))?;
        let place = std::path::absolute(&harness).unwrap_or_else(|_| harness.clone());
        overlay.insert(place.join("go.mod").display().to_string(), module);
    }
    lay(&file, &overlay)?;
    let own = list(&harness, ".", Some((&file, tag.as_deref())))?;
    let mut watched: Vec<Package> = vec![];
    let mut modules = Modules::new(&harness, work.path())?;
    for (import, functions) in watches(experiment) {
        let package = if import == own.import || import == own.name {
            own.clone()
        } else {
            modules.own(list(&harness, &import, None)?)?
        };
        instrument(work.path(), &package, &functions, &mut overlay)?;
        watched.push(package);
    }
    if own.name == "main" && watched.iter().all(|package| package.import != own.import) {
        instrument(work.path(), &own, &[], &mut overlay)?;
    }
    let main = work.path().join("main.go");
    write(&main, &main_program(&own, &functions, &watched))?;
    let player = work.path().join("player.go");
    write(&player, PLAYER)?;
    let beside = if own.name == "main" {
        PathBuf::from(&own.folder)
    } else {
        Path::new(&own.folder).join("zz_amorsize")
    };
    overlay.insert(beside.join("zz_amorsize_main.go").display().to_string(), main);
    overlay.insert(beside.join("zz_amorsize_player.go").display().to_string(), player);
    lay(&file, &overlay)?;
    let program = work.path().join("driver");
    let mut build = Command::new("go");
    build.args(["build", "-trimpath", "-overlay"]).arg(&file).arg("-o").arg(&program);
    build.args(tag.iter().map(|tag| format!("-tags={tag}")));
    modules.use_in(&mut build);
    build.arg(if own.name == "main" { "." } else { "./zz_amorsize" }).current_dir(&harness);
    expect(&bounded::run(&mut build, BUILD)?, "build the harness")?;
    let targets = functions.into_iter().collect();
    Ok(Driver { experiment, program: vec![program], targets, watches: Value::Null, folder: work })
}

/// Modules of the shared cache, which Go lets nobody overlay, as copies of our own.
#[derive(Debug)]
struct Modules {
    cache: PathBuf,
    harness: PathBuf,
    work: PathBuf,
    copied: BTreeMap<String, PathBuf>,
}

impl Modules {
    fn new(harness: &Path, work: &Path) -> Result<Self> {
        let mut command = Command::new("go");
        command.args(["env", "GOMODCACHE"]).current_dir(harness);
        let ended = bounded::run(&mut command, BUILD)?;
        expect(&ended, "ask Go for its module cache")?;
        Ok(Self {
            cache: PathBuf::from(ended.output.trim()),
            harness: harness.to_owned(),
            work: work.to_owned(),
            copied: BTreeMap::new(),
        })
    }

    /// The package as it stands outside the shared cache.
    fn own(&mut self, package: Package) -> Result<Package> {
        let Some((path, folder)) = package.module.clone() else { return Ok(package) };
        if !Path::new(&folder).starts_with(&self.cache) {
            return Ok(package);
        }
        let copy = self.work.join(format!("module{}", self.copied.len()));
        let copy = match self.copied.get(&path) {
            Some(copy) => copy.clone(),
            None => {
                copy_folder(Path::new(&folder), &copy)?;
                self.replace(&path, &copy)?;
                self.copied.insert(path, copy.clone());
                copy
            }
        };
        let inside = Path::new(&package.folder).strip_prefix(&folder).unwrap_or(Path::new(""));
        Ok(Package { folder: copy.join(inside).display().to_string(), ..package })
    }

    /// Notes the copy in a go.mod of our own.
    fn replace(&self, path: &str, copy: &Path) -> Result<()> {
        let ours = self.mod_file();
        if self.copied.is_empty() {
            let mut command = Command::new("go");
            command.args(["env", "GOMOD"]).env("GOWORK", "off").current_dir(&self.harness);
            let ended = bounded::run(&mut command, BUILD)?;
            let theirs = PathBuf::from(ended.output.trim());
            let failed = |error| Error::io("could not copy go.mod", error);
            std::fs::copy(&theirs, &ours).map_err(failed)?;
            // A module without dependencies has no sums.
            std::fs::copy(theirs.with_extension("sum"), ours.with_extension("sum")).ok();
        }
        let mut command = Command::new("go");
        let replace = format!("-replace={path}={}", copy.display());
        command.args(["mod", "edit", &replace]).arg(&ours).current_dir(&self.work);
        expect(&bounded::run(&mut command, BUILD)?, "edit go.mod")
    }

    fn mod_file(&self) -> PathBuf {
        self.work.join("go.mod")
    }

    fn use_in(&self, build: &mut Command) {
        if !self.copied.is_empty() {
            build
                .arg("-modfile")
                .arg(self.mod_file())
                .env("GOWORK", "off")
                .env("GOFLAGS", "-mod=mod");
        }
    }
}

/// Copies a module; files of the cache are read-only, ours are not.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let failed = |error| Error::io("could not copy a module", error);
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(failed)?.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            let bytes = std::fs::read(&source).map_err(failed)?;
            std::fs::write(&target, bytes).map_err(failed)?;
        }
    }
    Ok(())
}

/// Where the operations stand.
struct Targets {
    folder: PathBuf,
    /// The build tag of a harness that is one file: its name.
    tag: Option<String>,
    functions: BTreeMap<Op, String>,
}

/// The folder or file all operations share, and the function of each.
fn harness(targets: &BTreeMap<Op, String>) -> Result<Targets> {
    let mut shared: Option<String> = None;
    let mut functions = BTreeMap::new();
    for (op, target) in targets {
        let (place, function) = target.rsplit_once(':').ok_or_else(|| {
            Error::usage(format!("{op}: write go:FOLDER:Function, not `go:{target}`"))
        })?;
        if shared.as_ref().is_some_and(|shared| shared != place) {
            return Err(Error::usage("all Go callables of an experiment stand in one folder"));
        }
        shared = Some(place.to_owned());
        functions.insert(*op, function.to_owned());
    }
    let place = PathBuf::from(shared.unwrap_or_default());
    if place.extension().is_none_or(|ending| ending != "go") {
        return Ok(Targets { folder: place, tag: None, functions });
    }
    let tag = place.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let folder = place.parent().unwrap_or(Path::new("")).to_path_buf();
    Ok(Targets { folder, tag, functions })
}

/// The language version to write down for a folder that no go.mod governs; nothing where there is one.
fn without_module(folder: &Path) -> Result<Option<String>> {
    let mut command = Command::new("go");
    command.args(["env", "GOMOD", "GOVERSION"]).current_dir(folder);
    let ended = bounded::run(&mut command, BUILD)?;
    expect(&ended, "ask Go for its module")?;
    let mut lines = ended.output.lines();
    let file = PathBuf::from(lines.next().unwrap_or_default().trim());
    // go1.22.3 is 1.22 of the language.
    let version = lines.next().unwrap_or_default().trim().trim_start_matches("go");
    let language: Vec<&str> = version.split('.').take(2).collect();
    Ok((!file.is_file()).then(|| language.join(".")))
}

fn lay(file: &Path, overlay: &Overlay) -> Result<()> {
    write(file, &json!({"Replace": overlay}).to_string())
}

fn watches(experiment: &Experiment) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for watch in &experiment.on {
        if let Watch::Go { package, function } = watch {
            found.entry(package.clone()).or_default().push(function.clone());
        }
    }
    found
}

fn list(folder: &Path, package: &str, under: Option<(&Path, Option<&str>)>) -> Result<Package> {
    let mut command = Command::new("go");
    let form = "{{.Dir}}\n{{.Name}}\n{{.ImportPath}}\n{{with .Module}}{{.Path}}\n{{.Dir}}{{end}}";
    command.args(["list", "-f", form]).current_dir(folder);
    if let Some((overlay, tag)) = under {
        command.arg("-overlay").arg(overlay).args(tag.map(|tag| format!("-tags={tag}")));
    }
    command.arg(package);
    let ended = bounded::run(&mut command, BUILD)?;
    expect(&ended, &format!("find the Go package {package}"))?;
    let mut lines = ended.output.lines().map(str::to_owned);
    match (lines.next(), lines.next(), lines.next()) {
        (Some(folder), Some(name), Some(import)) => {
            let module = lines.next().zip(lines.next());
            Ok(Package { folder, name, import, module })
        }
        _ => Err(Error::usage(format!("`go list` says nothing about {package}"))),
    }
}

fn expect(ended: &Ended, what: &str) -> Result<()> {
    if ended.exit == Exit::Code(0) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "could not {what} ({}): {}",
        ended.exit,
        one_line(&ended.errors, 600)
    )))
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Error::io("could not lay out the driver", error))
}

/// Makes instrumented copies of the files that hold the functions, and the hook beside them.
fn instrument(
    work: &Path,
    package: &Package,
    functions: &[String],
    overlay: &mut Overlay,
) -> Result<()> {
    let tools = work.join("tool");
    std::fs::create_dir_all(&tools).map_err(|error| Error::io("could not make a folder", error))?;
    let tool = tools.join("instrument.go");
    write(&tool, INSTRUMENT)?;
    let out = work.join(package.import.replace('/', "_"));
    std::fs::create_dir_all(&out).map_err(|error| Error::io("could not make a folder", error))?;
    let mut command = Command::new("go");
    command.args(["run"]).arg(&tool).arg(&package.folder).arg(&out).args(functions);
    command.current_dir(&tools).env("GOWORK", "off").env("GOFLAGS", "").env("GO111MODULE", "off");
    let ended = bounded::run(&mut command, BUILD)?;
    expect(&ended, &format!("instrument {}", package.import))?;
    let changed: Vec<&str> = ended.output.lines().filter(|line| !line.is_empty()).collect();
    if changed.is_empty() && !functions.is_empty() {
        let functions = functions.join(", ");
        return Err(Error::usage(format!("{} has no function {functions}", package.import)));
    }
    for name in changed {
        let original = Path::new(&package.folder).join(name);
        overlay.insert(original.display().to_string(), out.join(name));
    }
    let hook = out.join("hook.go.txt");
    let text = format!(
        "package {}\n\n// AmorsizeHit is called before each statement of the watched functions.\n\
         var AmorsizeHit = func(string) {{}}\n",
        package.name
    );
    write(&hook, &text)?;
    let beside = Path::new(&package.folder).join("zz_amorsize_hook.go");
    overlay.insert(beside.display().to_string(), hook);
    Ok(())
}

/// The main program: which function is which operation, and where the hooks go.
fn main_program(own: &Package, functions: &BTreeMap<Op, String>, watched: &[Package]) -> String {
    let mut text = "package main\n\nimport (\n".to_owned();
    let inside = own.name == "main";
    if !inside {
        writeln!(text, "\tharness {:?}", own.import).ok();
    }
    let outside: Vec<&Package> =
        watched.iter().filter(|package| package.import != own.import).collect();
    for (index, package) in outside.iter().enumerate() {
        writeln!(text, "\twatched{index} {:?}", package.import).ok();
    }
    text.push_str(")\n\nfunc main() {\n");
    for index in 0..outside.len() {
        writeln!(text, "\twatched{index}.AmorsizeHit = amorsizeBoundary").ok();
    }
    if outside.len() < watched.len() {
        let place = if inside { "" } else { "harness." };
        writeln!(text, "\t{place}AmorsizeHit = amorsizeBoundary").ok();
    }
    text.push_str("\tamorsizePlay(map[string]any{\n");
    for (op, function) in functions {
        let place = if inside { "" } else { "harness." };
        writeln!(text, "\t\t{}: {place}{function},", json!(op)).ok();
    }
    text.push_str("\t})\n}\n");
    text
}
