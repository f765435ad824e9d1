//! Puts a harness for a Python finding together: what is made, what is prepared, what each calls, what is left.
//!
//! Where the two meet inside one process the four are callables of the driver; where they meet in a file or on a server
//! each runs in a process of its own, held before the lines of the finding's function. Files lie in a private folder.

use super::package::{Package, is_frame};
use super::source::{Class, Function, function, functions};
use super::text::{Parts, program};
use super::values::Values;
use super::{django, source::private};
use crate::harness::compose::{Harness, between, in_process, initial, other_function, stem};
use crate::harness::guess::{For, Usual, usual};
use amorsize_finding::{Consequence, Finding};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SOURCE_BYTES_MAX: u64 = 8 << 20;

/// Words in the names of functions that put an entry there, the plainest first.
const WRITE: &[&str] = &[
    "set", "put", "add", "store", "save", "write", "insert", "register", "create", "acquire",
    "append", "push", "enqueue", "deposit", "record", "update", "setitem",
];

/// The same for functions that take one away.
const REMOVE: &[&str] = &[
    "delete",
    "remove",
    "pop",
    "invalidate",
    "evict",
    "discard",
    "delitem",
    "release",
    "unlock",
    "clear",
    "purge",
    "flush",
];

fn writes(name: &str) -> bool {
    name.split('_').any(|word| WRITE.contains(&word))
}

pub(in crate::harness) fn harness(finding: &Finding, tree: &Path, python: &str) -> Harness {
    let file = format!("{}.py", stem(finding));
    let path = tree.join(&finding.path);
    let source = amorsize_os::files::read_bounded(&path, SOURCE_BYTES_MAX).unwrap_or_default();
    let source = String::from_utf8_lossy(&source).into_owned();
    let own = in_process(finding);
    let (top, module) = module_of(&path);
    let package = Package::read(&path, &module);
    let values = Values {
        source: &source,
        gaps: vec![],
        imports: BTreeSet::new(),
        uses_redis: is_redis(finding, &source),
        place: "subject".to_owned(),
        in_files: !own,
        package: &package,
        around: String::new(),
    };
    let mut writer = Writer { finding, values, own };
    let mut parts = writer.parts(shown(&top), module);
    if django::is_used(&source) {
        parts.settings = Some(django::settings(&path, &parts.module, &source));
        parts.tables = parts.tables.or_else(|| {
            let owner = finding.function.rsplit_once('.').map(|(owner, _)| owner);
            django::tables(&source, owner, &parts.module)
        });
        parts.has_folder = true;
    }
    let text = program(finding, &writer.values, &parts);
    let operation = |name: &str| {
        if own {
            format!("py:{file}:{name}")
        } else {
            format!("{} {file} {name}", crate::verdict::quoted(python))
        }
    };
    let mut on = vec![format!("py:{}:{}", shown(&path), finding.function)];
    let one_line = finding.check.as_ref().is_some_and(|check| check.line == finding.act.line);
    if one_line && !own && !writer.values.uses_redis {
        // A line cannot be held in its middle, but its system calls can.
        on.push("prove_state/**".to_owned());
    }
    Harness {
        setup: operation("setup"),
        a: operation("a"),
        b: operation("b"),
        probe: operation("probe"),
        on,
        first: between(finding),
        ignore: crate::harness::compose::volatile(),
        gaps: writer.values.gaps.iter().map(|(name, what)| format!("{name}: {what}")).collect(),
        text,
        file,
    }
}

/// Whether what the two meet in lies on a Redis server.
fn is_redis(finding: &Finding, source: &str) -> bool {
    let local = finding.store == "files" || finding.store.starts_with("table ");
    let imported = source.lines().any(|line| {
        let line = line.trim_start();
        ["import redis", "from redis", "import valkey", "from valkey"]
            .iter()
            .any(|start| line.starts_with(start))
    });
    !local && imported && !in_process(finding)
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
    finding: &'a Finding,
    values: Values<'a>,
    own: bool,
}

impl<'a> Writer<'a> {
    fn parts(&mut self, top: String, module: String) -> Parts {
        let finding = self.finding;
        let owner = finding.function.rsplit_once('.').map(|(owner, _)| owner.to_owned());
        let owner = owner.as_deref();
        let make = self.make(owner, "old");
        let one = self.public(&finding.function, finding.consequence);
        let a = self.call(Some(&one), owner, "a");
        let b = match other_function(finding) {
            Some(other) => {
                let other = self.public(&other, finding.consequence);
                self.call(Some(&other), owner, "b")
            }
            None => self.outside(owner),
        };
        // What is torn is torn only where something stood before.
        let is_torn = finding.consequence == Consequence::TornData
            && !writes(one.rsplit('.').next().unwrap_or_default());
        let tables = self.tables(owner);
        let prepare = match initial(finding) {
            None if !is_torn => None,
            _ => Some(self.prepare(owner, &one, "old")),
        };
        let probe = self.probe(owner);
        let private = !self.own || finding.store == "files" || self.values.source.contains("open(");
        Parts {
            top,
            module,
            settings: None,
            make,
            calls: [("a", a), ("b", b)],
            tables,
            prepare,
            was: initial(finding).unwrap_or_default().to_owned(),
            probe,
            is_alone: self.own,
            has_folder: private,
        }
    }

    fn who(&self, party: &'static str) -> For {
        For { party, own_key: self.finding.consequence == Consequence::LimitExceeded }
    }

    /// How the object is made.
    fn make(&mut self, owner: Option<&str>, party: &'static str) -> String {
        let Some(owner) = owner else { return "None".to_owned() };
        let source = self.values.source;
        if owner.contains('.') || Class::find(source, owner).is_none() {
            return self.values.gap("OBJECT", &format!("an object of the type {owner}"));
        }
        let who = self.who(party);
        let package = self.values.package;
        let frame = Class::find(source, owner).is_some_and(|class| is_frame(owner, &class));
        if frame
            && let Some(found) = package.concrete(owner, !self.own)
            && let Some(made) = self.values.made_elsewhere(&found, who, 0)
        {
            return made;
        }
        self.values.made(owner, who, 0).unwrap_or_else(|| {
            let what = format!("what {owner}() takes, as a tuple");
            let gap = self.values.gap("ARGUMENTS", &what);
            format!("subject.{owner}(*{gap})")
        })
    }

    /// The method a person would call to come to a private one: the one whose arguments can be guessed, and for two
    /// winners the one that adds.
    fn public(&self, function: &str, consequence: Consequence) -> String {
        let Some((owner, name)) = function.rsplit_once('.') else { return function.to_owned() };
        if !name.starts_with('_') || name.ends_with("__") {
            return function.to_owned();
        }
        let Some(class) = Class::find(self.values.source, owner) else {
            return function.to_owned();
        };
        let calls = format!("self.{name}(");
        let methods = class.methods();
        let is_open = |one: &&Function<'_>| !one.name.starts_with('_') || one.name.ends_with("__");
        let callers = methods.iter().filter(is_open).filter(|one| one.body.contains(&calls));
        let unknown = |one: &Function<'_>| {
            one.parameters.iter().filter(|one| usual(&one.name) == Usual::Unknown).count()
        };
        let adds =
            |one: &Function<'_>| consequence == Consequence::DoubleWin && one.name.contains("add");
        let best = callers.min_by_key(|one| (unknown(one), !adds(one)));
        best.map_or_else(|| function.to_owned(), |one| format!("{owner}.{}", one.name))
    }

    /// The call of one party on `state`, an object of the type `made`.
    fn call(&mut self, target: Option<&str>, made: Option<&str>, party: &'static str) -> String {
        let Some(target) = target else { return "None".to_owned() };
        let (owner, name) = match target.rsplit_once('.') {
            Some((owner, name)) => (Some(owner), name),
            None => (None, target),
        };
        let place = match owner {
            None => "subject".to_owned(),
            Some(_) if owner == made => "state".to_owned(),
            Some(_) => self.make(owner, party),
        };
        match function(self.values.source, owner, name) {
            Some(found) => {
                let who = self.who(party);
                let of = (target, found.body);
                let arguments = self.values.arguments(&found.parameters, of, who, 0);
                let wait = if found.is_async { "await " } else { "" };
                format!("{wait}{place}.{}({arguments})", private(owner, name))
            }
            None => {
                let what = format!("what {name}() takes, as a tuple");
                let gap = self.values.gap(&format!("{name}_takes").replace('.', "_"), &what);
                format!("{place}.{}(*{gap})", private(owner, name))
            }
        }
    }

    /// What another process does, where the witness says what.
    fn outside(&mut self, owner: Option<&str>) -> String {
        let steps = self.finding.witness.iter().flat_map(|witness| &witness.steps);
        let does: Vec<&str> =
            steps.filter(|step| step.actor == "B").map(|step| step.effect.as_str()).collect();
        let removes =
            does.iter().any(|effect| effect.contains("remove") || effect.contains("delete"));
        if removes && !self.own && !self.values.uses_redis {
            return "remove_everything()".to_owned();
        }
        let words = if removes { REMOVE } else { WRITE };
        if (removes || does.iter().any(|effect| effect.contains("store")))
            && let Some(target) = self.best(owner, words)
        {
            return self.call(Some(&target), owner, "b");
        }
        let gap = self.values.gap("OTHER", "what the second party calls, as in lambda state: ...");
        format!("{gap}(state)")
    }

    /// What makes the tables, where the object does not do so itself.
    fn tables(&mut self, owner: Option<&str>) -> Option<String> {
        let source = self.values.source;
        let makes = |one: &Function<'_>| one.body.to_ascii_uppercase().contains("CREATE TABLE");
        if let Some(owner) = owner {
            let class = Class::find(source, owner)?;
            let methods = class.methods();
            let made = methods.iter().find(|one| makes(one) && one.name != "__init__");
            if let Some(made) = made {
                let init = methods.iter().find(|one| one.name == "__init__");
                let calls = format!("self.{}(", made.name);
                if init.is_some_and(|init| init.body.contains(&calls)) {
                    return None;
                }
                let target = format!("{owner}.{}", made.name);
                return Some(self.call(Some(&target), Some(owner), "old"));
            }
        }
        let own = functions(source, false);
        let made = own.iter().find(|one| makes(one) && !self.finding.function.eq(one.name))?;
        let name = made.name.to_owned();
        Some(self.call(Some(&name), owner, "old"))
    }

    /// What puts the entry there that the witness begins with.
    fn prepare(&mut self, owner: Option<&str>, own: &str, party: &'static str) -> String {
        let target = self.best(owner, WRITE).unwrap_or_else(|| own.to_owned());
        self.call(Some(&target), owner, party)
    }

    /// The function that most plainly does what the words say.
    fn best(&self, owner: Option<&str>, words_wanted: &[&str]) -> Option<String> {
        let source = self.values.source;
        let class = owner.and_then(|owner| Class::find(source, owner));
        let all = match &class {
            Some(class) => class.methods(),
            None => functions(source, false),
        };
        let rank = |one: &&Function<'_>| {
            let words: Vec<&str> = one.name.split('_').filter(|word| !word.is_empty()).collect();
            let first = words_wanted.iter().position(|word| words.contains(word));
            let unknown =
                one.parameters.iter().filter(|one| usual(&one.name) == Usual::Unknown).count();
            first.map(|first| (one.name.starts_with('_'), words.len(), first, unknown))
        };
        let tables = |one: &Function<'_>| one.body.to_ascii_uppercase().contains("CREATE TABLE");
        let candidates = all.iter().filter(|one| rank(one).is_some() && !tables(one));
        candidates.min_by_key(rank).map(|one| match owner {
            Some(owner) => format!("{owner}.{}", one.name),
            None => one.name.to_owned(),
        })
    }

    /// What is left: the attribute that is the store, the files, or what `get` says.
    fn probe(&self, owner: Option<&str>) -> String {
        let finding = self.finding;
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        };
        if finding.store == "files" || finding.store.starts_with("table ") {
            return "everything()".to_owned();
        }
        if self.values.uses_redis {
            return "everything()".to_owned();
        }
        if let Some(attribute) = finding.store.strip_prefix("self.").filter(|text| plain(text))
            && owner.is_some()
        {
            return format!("state.{}", private(owner, attribute));
        }
        let source = self.values.source;
        let getter = owner.and_then(|owner| function(source, Some(owner), "get"));
        if let Some(getter) = getter.filter(|getter| getter.parameters.len() == 1) {
            let wait = if getter.is_async { "await " } else { "" };
            return format!("{wait}state.get(\"k\")");
        }
        if plain(&finding.store) && !finding.store.starts_with("self") {
            return format!("subject.{}", finding.store);
        }
        match owner {
            Some(_) => "vars(state)".to_owned(),
            None => "None  # say what is left, or the answers alone are compared".to_owned(),
        }
    }
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
        session,  # a connection
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
    fn what_the_source_tells_is_filled_in() {
        let folder = tree();
        let found =
            harness(&finding("Cache.add", "thread", "nothing is there"), folder.path(), "python3");
        assert_eq!(found.file, "prove_cta101_14.py");
        assert!(found.text.contains("import_module(\"pkg.memo\")"), "{}", found.text);
        assert!(found.text.contains("state.add(key=\"k\", value=\"b\")"), "{}", found.text);
        assert!(found.text.contains("subject.Cache(table=\"table\", params={})"), "{}", found.text);
        assert!(found.text.contains("return state.data\n"), "{}", found.text);
        assert_eq!(found.gaps.len(), 0, "{:?}", found.gaps);
        assert_eq!(found.a, "py:prove_cta101_14.py:a");
        assert!(found.on[0].ends_with("pkg/memo.py:Cache.add"), "{:?}", found.on);
    }

    #[test]
    fn what_meets_on_a_server_runs_in_processes_and_what_cannot_be_guessed_is_a_gap() {
        let folder = tree();
        let found = harness(
            &finding("Cache._set", "cluster", "an expired entry is there"),
            folder.path(),
            "python3",
        );
        assert_eq!(found.a, "python3 prove_cta101_14.py a");
        assert!(found.text.contains("SESSION = GAP"), "{}", found.text);
        assert_eq!(Harness::gaps_in(&found.text).len(), 1, "{}", found.text);
        assert!(found.text.contains("with long_ago():\n"), "{}", found.text);
        let private = finding("Cache._store", "cluster", "nothing is there");
        let through = harness(&private, folder.path(), "python3").text;
        assert!(through.contains("state.put(key=\"k\", value=\"a\")"), "{through}");
        assert!(
            found.command().contains("--a 'python3 prove_cta101_14.py a'"),
            "{}",
            found.command()
        );
    }

    /// The harness for a finding in a file of its own, with others beside it.
    fn beside(files: &[(&str, &str)], function: &str, scope: &str, initial: &str) -> Harness {
        let folder = tree();
        for (name, text) in files {
            std::fs::write(folder.path().join("pkg").join(name), text).unwrap();
        }
        harness(&finding(function, scope, initial), folder.path(), "python3")
    }

    #[test]
    fn a_frame_is_stood_for_by_a_class_that_is_made_of_it() {
        let frame =
            "class BaseStore:\n    def add(self, key, value):\n        raise NotImplementedError\n";
        let made = "class FileStore(BaseStore):\n    def __init__(self, folder=None):\n        open(folder)\n";
        let found = beside(
            &[("memo.py", frame), ("file.py", made)],
            "BaseStore.add",
            "host",
            "nothing is there",
        );
        let makes = "importlib.import_module(\"pkg.file\").FileStore(folder=\"entries\")";
        assert!(found.text.contains(makes), "{}", found.text);
    }

    #[test]
    fn private_names_are_reached_and_coroutines_are_awaited() {
        let source = "class Cache:\n    class Link:\n        def __init__(self, left):\n            pass\n\n    \
                      def __init__(self):\n        self.__data = {}\n\n    async def __touch(self, key):\n        pass\n\n    \
                      async def set(self, key, value):\n        pass\n\n    async def get(self, key):\n        pass\n";
        let found = beside(&[("memo.py", source)], "Cache.__touch", "task", "an entry is there");
        assert!(found.text.contains("subject.Cache()"), "{}", found.text);
        let call = "async def a(state):\n    return await state._Cache__touch(key=\"k\")";
        assert!(found.text.contains(call), "{}", found.text);
        assert!(found.text.contains("async def setup():"), "{}", found.text);
        assert!(found.text.contains("await state.set(key=\"k\", value=\"old\")"), "{}", found.text);
    }

    #[test]
    fn a_part_of_django_gets_settings_and_tables() {
        let source = "from django.db import connections\n\nclass DatabaseCache(BaseDatabaseCache):\n    \
                      def __init__(self, table, params):\n        pass\n\n    def add(self, key, value):\n        pass\n";
        let found =
            beside(&[("memo.py", source)], "DatabaseCache.add", "cluster", "nothing is there");
        assert!(found.text.contains("django.conf.settings.configure("), "{}", found.text);
        assert!(
            found.text.contains("call_command(\"createcachetable\", \"table\""),
            "{}",
            found.text
        );
        let order = |word: &str| found.text.find(word).unwrap();
        assert!(order("django.setup()") < order("subject = "), "{}", found.text);
    }
}
