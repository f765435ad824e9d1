//! Harnesses for Python findings: one file with `setup`, `a`, `b` and `probe`.
//!
//! Where the two meet inside one process the four are callables of the driver; where they meet in a file or on a server
//! each runs in a process of its own, held before the lines of the finding's function.

use super::compose::{GAP, Harness, about, in_process, initial, other_function, stem};
use super::guess::{Parameter, Usual, parenthesised, split, usual};
use amorsize_finding::{Consequence, Finding};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const SOURCE_BYTES_MAX: u64 = 8 << 20;

/// A folder both parties find, made anew by every setup.
const FOLDER: &str = "prove_state";

pub(super) fn harness(finding: &Finding, tree: &Path, python: &str) -> Harness {
    let file = format!("{}.py", stem(finding));
    let path = tree.join(&finding.path);
    let source = amorsize_os::files::read_bounded(&path, SOURCE_BYTES_MAX).unwrap_or_default();
    let source = String::from_utf8_lossy(&source).into_owned();
    let mut writer = Writer { source: &source, gaps: vec![], uses_folder: false };
    let (top, module) = module_of(&path);
    let owner = finding.function.rsplit_once('.').map(|(owner, _)| owner.to_owned());
    let make = writer.make(owner.as_deref());
    let public = |function: String| writer.public(&function, finding.consequence);
    let (one, other) = (public(finding.function.clone()), other_function(finding).map(public));
    let a = writer.call(Some(&one), "a");
    let b = writer.call(other.as_deref(), "b");
    let prepare = initial(finding).map(|initial| {
        writer.gap("PREPARED", &format!("put True here once setup() prepares this: {initial}"))
    });
    let probe = writer.probe(finding, owner.as_deref());
    let parts = Parts {
        top: shown(&top),
        module,
        make,
        calls: [("a", a), ("b", b)],
        prepare,
        probe,
        is_alone: in_process(finding),
    };
    let text = program(finding, &writer, &parts);
    let is_alone = parts.is_alone;
    let operation = |name: &str| {
        if is_alone {
            format!("py:{file}:{name}")
        } else {
            format!("{} {file} {name}", crate::verdict::quoted(python))
        }
    };
    Harness {
        setup: operation("setup"),
        a: operation("a"),
        b: operation("b"),
        probe: operation("probe"),
        on: vec![format!("py:{}:{}", shown(&path), finding.function)],
        gaps: writer.gaps.iter().map(|(name, what)| format!("{name}: {what}")).collect(),
        text,
        file,
    }
}

/// What a harness is put together from.
struct Parts {
    top: String,
    module: String,
    make: String,
    calls: [(&'static str, String); 2],
    prepare: Option<String>,
    probe: String,
    is_alone: bool,
}

/// The text of the harness.
fn program(finding: &Finding, writer: &Writer<'_>, parts: &Parts) -> String {
    let shutil = if writer.uses_folder { "import shutil\n" } else { "" };
    let mut text = format!(
        "{}import importlib\n{shutil}import sys\n\nsys.path.insert(0, {:?})\n",
        about(finding, "#"),
        parts.top
    );
    writeln!(text, "subject = importlib.import_module({:?})\n", parts.module).ok();
    if !writer.gaps.is_empty() {
        writeln!(text, "# Fill in what is marked {GAP}; until then this file cannot be loaded.")
            .ok();
        for (name, what) in &writer.gaps {
            writeln!(text, "{name} = {GAP}  # {what}").ok();
        }
        text.push('\n');
    }
    write!(
        text,
        "\ndef make():\n    \"\"\"What both work on.\"\"\"\n    return {}\n\n\n",
        parts.make
    )
    .ok();
    text.push_str("def setup():\n    \"\"\"Prepares the state both orders start from.\"\"\"\n");
    if let Some(prepared) = &parts.prepare {
        writeln!(text, "    assert {prepared}").ok();
    }
    if writer.uses_folder {
        writeln!(text, "    shutil.rmtree({FOLDER:?}, ignore_errors=True)").ok();
    }
    text.push_str("    return make()\n\n\n");
    for (name, call) in &parts.calls {
        write!(text, "def {name}(state):\n    return {call}\n\n\n").ok();
    }
    let what = crate::outcome::one_line(&finding.store, 80).replace(['"', '\\'], "'");
    write!(
        text,
        "def probe(state):\n    \"\"\"What is left in {what}.\"\"\"\n    return {}\n",
        parts.probe
    )
    .ok();
    if !parts.is_alone {
        text.push_str(
            "\n\nif __name__ == \"__main__\":\n    operation = sys.argv[1]\n    \
             print(repr(setup() and None if operation == \"setup\" else globals()[operation](make())))\n",
        );
    }
    text
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    let text = text.strip_prefix("./").map(str::to_owned).unwrap_or(text);
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The folder that stands on the path, and the module's name below it: packages have an `__init__.py`.
fn module_of(path: &Path) -> (PathBuf, String) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut names = if stem == "__init__" { vec![] } else { vec![stem] };
    let mut folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let is_package = |folder: &Path| std::fs::symlink_metadata(folder.join("__init__.py")).is_ok();
    while is_package(&folder) {
        let Some(name) = folder.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            break;
        };
        names.insert(0, name);
        folder.pop();
    }
    (folder, names.join("."))
}

struct Writer<'a> {
    source: &'a str,
    gaps: Vec<(String, String)>,
    uses_folder: bool,
}

impl Writer<'_> {
    fn gap(&mut self, name: &str, what: &str) -> String {
        let name = name.to_ascii_uppercase();
        if !self.gaps.iter().any(|(known, _)| *known == name) {
            self.gaps.push((name.clone(), what.to_owned()));
        }
        name
    }

    /// How the object is made.
    fn make(&mut self, owner: Option<&str>) -> String {
        let Some(owner) = owner else { return "None".to_owned() };
        if owner.contains('.') || class(self.source, owner).is_none() {
            return self.gap("OBJECT", &format!("an object of the type {owner}"));
        }
        match constructor(self.source, owner, 0) {
            Some(parameters) => {
                let arguments = self.arguments(&parameters, &format!("{owner}()"), "a");
                format!("subject.{owner}({arguments})")
            }
            None => {
                let gap = self.gap("ARGUMENTS", &format!("what {owner}() takes, as a tuple"));
                format!("subject.{owner}(*{gap})")
            }
        }
    }

    /// The method a person would call to come to a private one: the one whose arguments can be guessed, and for two
    /// winners the one that adds.
    fn public(&self, function: &str, consequence: Consequence) -> String {
        let Some((owner, name)) = function.rsplit_once('.') else { return function.to_owned() };
        if !name.starts_with('_') || name.starts_with("__") {
            return function.to_owned();
        }
        let Some((_, body)) = class(self.source, owner) else { return function.to_owned() };
        let callers = methods(body).into_iter().filter(|(caller, text)| {
            !caller.starts_with('_') && text.contains(&format!("self.{name}("))
        });
        let unknown = |caller: &str| {
            let parameters = parameters(body, caller, true).unwrap_or_default();
            parameters.iter().filter(|one| usual(&one.name) == Usual::Unknown).count()
        };
        let adds = |caller: &str| consequence == Consequence::DoubleWin && caller.contains("add");
        let best = callers.min_by_key(|(caller, _)| (unknown(caller), !adds(caller)));
        best.map_or_else(|| function.to_owned(), |(caller, _)| format!("{owner}.{caller}"))
    }

    /// The call of one party.
    fn call(&mut self, function: Option<&str>, party: &str) -> String {
        let Some(function) = function else {
            let gap = self.gap("OTHER", "what the second party calls, as in lambda state: ...");
            return format!("{gap}(state)");
        };
        let (owner, name) = match function.rsplit_once('.') {
            Some((owner, name)) => (Some(owner), name),
            None => (None, function),
        };
        let place = owner.map_or_else(|| "subject".to_owned(), |_| "state".to_owned());
        match parameters_of(self.source, owner, name) {
            Some(parameters) => {
                let arguments = self.arguments(&parameters, &format!("{name}()"), party);
                format!("{place}.{name}({arguments})")
            }
            None => {
                let what = format!("what {name}() takes, as a tuple");
                let gap = self.gap(&format!("{name}_takes").replace('.', "_"), &what);
                format!("{place}.{name}(*{gap})")
            }
        }
    }

    fn arguments(&mut self, parameters: &[Parameter], of: &str, party: &str) -> String {
        let argument = |parameter: &Parameter| {
            let value = match usual(&parameter.name) {
                Usual::Key => "\"k\"".to_owned(),
                Usual::Value => format!("{party:?}"),
                Usual::Count => "1".to_owned(),
                Usual::Seconds => "60".to_owned(),
                Usual::Maker => format!("lambda *_: {party:?}"),
                Usual::Options => "{}".to_owned(),
                Usual::Folder => {
                    self.uses_folder = true;
                    format!("{FOLDER:?}")
                }
                Usual::Unknown => self.gap(&parameter.name, &format!("a parameter of {of}")),
            };
            format!("{}={value}", parameter.name)
        };
        parameters.iter().map(argument).collect::<Vec<_>>().join(", ")
    }

    /// What is left: the attribute that is the store, or what `get` says.
    fn probe(&self, finding: &Finding, owner: Option<&str>) -> String {
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        };
        if let Some(attribute) = finding.store.strip_prefix("self.").filter(|text| plain(text))
            && owner.is_some()
        {
            return format!("state.{attribute}");
        }
        let getter = owner.and_then(|owner| {
            let parameters = parameters_of(self.source, Some(owner), "get")?;
            (parameters.len() == 1).then_some("state.get(\"k\")")
        });
        match getter {
            Some(getter) => getter.to_owned(),
            None if owner.is_none() && plain(&finding.store) && finding.store != "files" => {
                format!("subject.{}", finding.store)
            }
            None => "None  # say what is left, or the answers alone are compared".to_owned(),
        }
    }
}

/// The methods of a class body, each with its text.
fn methods(body: &str) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = vec![];
    let mut starts: Vec<(usize, &str)> = vec![];
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let plain = line.trim_start().strip_prefix("async ").unwrap_or(line.trim_start());
        let indent = line.len() - line.trim_start().len();
        if let Some(rest) = plain.strip_prefix("def ").filter(|_| indent <= 4) {
            starts.push((at, rest.split('(').next().unwrap_or_default().trim()));
        }
        at += line.len();
    }
    for (index, (start, name)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(body.len(), |(next, _)| *next);
        found.push((name, &body[*start..end]));
    }
    found
}

/// A class: its line's bases, and the text of its body.
fn class<'a>(source: &'a str, name: &str) -> Option<(Vec<&'a str>, &'a str)> {
    let head = format!("class {name}");
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let after = line.strip_prefix(head.as_str());
        if after.is_some_and(|rest| rest.starts_with(['(', ':', ' '])) {
            let text = &source[at..];
            let bases = text.find(['(', ':']).filter(|open| text[*open..].starts_with('('));
            let bases = bases.and_then(|open| parenthesised(text, open)).map(split);
            let body = text.find('\n').map_or("", |end| &text[end + 1..]);
            let end = body
                .match_indices('\n')
                .map(|(at, _)| at + 1)
                .find(|at| {
                    body[*at..].starts_with(|c: char| !c.is_whitespace() && c != '#' && c != ')')
                })
                .unwrap_or(body.len());
            return Some((bases.unwrap_or_default(), &body[..end]));
        }
        at += line.len();
    }
    None
}

/// What making an object takes; nothing when this file does not tell.
fn constructor(source: &str, name: &str, depth: usize) -> Option<Vec<Parameter>> {
    let (bases, body) = class(source, name)?;
    if let Some(found) = parameters(body, "__init__", true) {
        return Some(found);
    }
    let bases: Vec<&str> = bases.into_iter().filter(|base| *base != "object").collect();
    match bases.first() {
        None => {
            // A class body of fields alone may be a dataclass, whose constructor is not written.
            let fields = body.lines().any(|line| {
                let line = line.trim_end();
                line.starts_with("    ")
                    && !line.starts_with("     ")
                    && line.contains(": ")
                    && line
                        .trim_start()
                        .split(':')
                        .next()
                        .is_some_and(|n| n.chars().all(|c| c.is_alphanumeric() || c == '_'))
            });
            (!fields).then(Vec::new)
        }
        Some(base) if depth < 5 => constructor(source, base, depth + 1),
        Some(_) => None,
    }
}

fn parameters_of(source: &str, owner: Option<&str>, name: &str) -> Option<Vec<Parameter>> {
    let Some(owner) = owner else { return parameters(source, name, false) };
    let (mut bases, mut body) = class(source, owner)?;
    for _ in 0..5 {
        if let Some(found) = parameters(body, name, true) {
            return Some(found);
        }
        (bases, body) = class(source, bases.first()?)?;
    }
    None
}

/// The parameters without a default of a function that is defined in `text`.
fn parameters(text: &str, name: &str, is_method: bool) -> Option<Vec<Parameter>> {
    let head = format!("def {name}(");
    let at = text.match_indices(&head).map(|(at, _)| at).find(|at| {
        let line = text[..*at].rsplit('\n').next().unwrap_or_default();
        line.trim().is_empty() && (is_method || line.is_empty())
            || line.trim() == "async" && (is_method || !line.starts_with(char::is_whitespace))
    })?;
    let before: Vec<&str> = text[..at].lines().rev().skip(1).take(3).collect();
    let is_static = before.first().is_some_and(|line| line.trim() == "@staticmethod");
    let inside = parenthesised(text, at + head.len() - 1)?;
    let uncommented: String =
        inside.lines().map(|line| line.split('#').next().unwrap_or_default()).collect();
    let all = split(&uncommented);
    let own = if is_method && !is_static { all.get(1..).unwrap_or_default() } else { &all };
    let wanted = |part: &&&str| !part.contains('=') && !part.starts_with(['*', '/']);
    let parameter = |part: &&str| {
        let (name, kind) = part.split_once(':').unwrap_or((part, ""));
        Parameter { name: name.trim().to_owned(), kind: kind.trim().to_owned() }
    };
    Some(own.iter().filter(wanted).map(parameter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = r#"
class Base:
    def __init__(self, table, params: dict):
        self.table = table

class Cache(Base):
    """A cache."""

    def get(self, key, default=None):
        return self.data.get(key)

    def add(self, key, value, timeout=60, *rest):
        if key not in self.data:
            self.data[key] = value

    def put(self, key, value):
        self._store("put", key)

    def fill(self, key, stuff):
        self._store("fill", key)

    def _store(self, mode, key):
        pass

    def _set(
        self,
        mode,  # add or set
        key,
    ):
        pass


def load(path):
    pass
"#;

    fn finding(function: &str, scope: &str, initial: &str) -> Finding {
        serde_json::from_value(json!({
            "rule": "CTA101", "verdict": "open", "severity": "error", "consequence": "double-win",
            "title": "two callers both win", "message": "", "confidence": "high", "path": "pkg/memo.py",
            "function": function, "store": "self.data", "key": "key",
            "act": {"line": 14, "column": 9, "text": "self.data[key] = value"},
            "guard_gap": {"wanted": "", "scope": scope},
            "witness": {"initial": initial, "actors": [{"name": "A", "runs": function}, {"name": "B", "runs": function}],
                        "steps": [], "outcome": "", "not_serial": ""},
            "fingerprint": "0123456789abcdef"
        }))
        .unwrap()
    }

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pkg")).unwrap();
        std::fs::write(folder.path().join("pkg/__init__.py"), "").unwrap();
        std::fs::write(folder.path().join("pkg/memo.py"), SOURCE).unwrap();
        folder
    }

    #[test]
    fn what_the_source_tells_is_filled_in_and_the_rest_is_a_gap() {
        let folder = tree();
        let found =
            harness(&finding("Cache.add", "thread", "nothing is there"), folder.path(), "python3");
        assert_eq!(found.file, "prove_cta101_14.py");
        assert!(found.text.contains("import_module(\"pkg.memo\")"), "{}", found.text);
        assert!(found.text.contains("state.add(key=\"k\", value=\"b\")"), "{}", found.text);
        assert!(found.text.contains("subject.Cache(table=TABLE, params={})"), "{}", found.text);
        assert!(found.text.contains("return state.data\n"), "{}", found.text);
        assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
        assert_eq!(Harness::gaps_in(&found.text).len(), 1, "{}", found.text);
        assert_eq!(found.a, "py:prove_cta101_14.py:a");
        assert!(found.on[0].ends_with("pkg/memo.py:Cache.add"), "{:?}", found.on);
    }

    #[test]
    fn what_meets_on_a_server_runs_in_processes_and_needs_its_state_prepared() {
        let folder = tree();
        let found = harness(
            &finding("Cache._set", "cluster", "an expired entry is there"),
            folder.path(),
            "python3",
        );
        assert_eq!(found.a, "python3 prove_cta101_14.py a");
        assert!(found.text.contains("MODE = GAP"), "{}", found.text);
        assert!(found.text.contains("assert PREPARED"), "{}", found.text);
        let private = finding("Cache._store", "cluster", "nothing is there");
        let through = harness(&private, folder.path(), "python3").text;
        assert!(through.contains("state.put(key=\"k\", value=\"a\")"), "{through}");
        assert!(
            found.command().contains("--a 'python3 prove_cta101_14.py a'"),
            "{}",
            found.command()
        );
    }
}
