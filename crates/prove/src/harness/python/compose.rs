//! Puts a harness for a Python finding together: what is made, what is prepared, what each calls, what is left.
//!
//! Where the two meet inside one process the four are callables of the driver; where they meet in a file or on a server
//! each runs in a process of its own, held before the lines of the finding's function. Files lie in a private folder.

use super::package::{Package, is_frame};
use super::place::{module_of, shown, watches};
use super::source::{Class, Function, function};
use super::text::{Parts, program};
use super::values::Values;
use super::wrapper::Wrapper;
use super::{django, source::private};
use crate::harness::compose::{Harness, in_process, initial, other_function, stem};
use crate::harness::guess::{For, REMOVE, Usual, WRITE, counts, usual};
use crate::harness::window;
use amorsize_finding::{Consequence, Finding};
use std::collections::BTreeSet;
use std::path::Path;

fn writes(name: &str) -> bool {
    name.split('_').any(|word| WRITE.contains(&word))
}

pub(in crate::harness) fn harness(finding: &Finding, tree: &Path, python: &str) -> Harness {
    let file = format!("{}.py", stem(finding));
    let path = tree.join(&finding.path);
    let source =
        amorsize_os::files::read_bounded(&path, super::SOURCE_BYTES_MAX).unwrap_or_default();
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
        counts: counts(&finding.function)
            || other_function(finding).is_some_and(|other| counts(&other)),
    };
    let mut writer = Writer { finding, values, own };
    let mut parts = writer.parts(shown(&top), module);
    if django::is_used(&source) {
        parts.settings = Some(django::settings(&path, &parts.module, &source, own));
        parts.tables = parts.tables.or_else(|| {
            let owner = finding.function.rsplit_once('.').map(|(owner, _)| owner);
            django::tables(&source, owner, &parts.module)
        });
        parts.has_folder = true;
        parts.asks_django = finding.store.starts_with("table ");
    }
    let text = program(finding, &writer.values, &parts);
    let operation = |name: &str| {
        if own {
            format!("py:{file}:{name}")
        } else {
            format!("{} {file} {name}", crate::verdict::quoted(python))
        }
    };
    let mut on = watches(finding, tree, &source);
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
        first: window::first(finding),
        changes: window::changes(finding),
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

pub(super) struct Writer<'a> {
    pub(super) finding: &'a Finding,
    pub(super) values: Values<'a>,
    /// Whether the two meet inside one process.
    pub(super) own: bool,
}

impl<'a> Writer<'a> {
    fn parts(&mut self, top: String, module: String) -> Parts {
        let finding = self.finding;
        let owner = finding.function.rsplit_once('.').map(|(owner, _)| owner.to_owned());
        let owner = owner.as_deref();
        if let Some(wrapper) = Wrapper::find(self.values.source, &finding.function)
            && let Some(make) = self.wrapping(&wrapper)
        {
            return self.wrapped_parts(&wrapper, make, (top, module));
        }
        let one = self.public(&finding.function, finding.consequence);
        let make = self.make(owner, "old");
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
        Parts {
            top,
            module,
            settings: None,
            asks_django: false,
            make,
            calls: [("a", a), ("b", b)],
            tables,
            prepare,
            was: initial(finding).unwrap_or_default().to_owned(),
            probe,
            is_alone: self.own,
            has_folder: self.keeps_files(),
        }
    }

    fn wrapped_parts(
        &mut self,
        wrapper: &Wrapper<'_>,
        make: String,
        (top, module): (String, String),
    ) -> Parts {
        let other = other_function(self.finding);
        let a = self.call_wrapped(wrapper, "a");
        let b = self.other_wrapped(wrapper, other.as_deref());
        let first = initial(self.finding);
        Parts {
            top,
            module,
            settings: None,
            asks_django: false,
            make,
            calls: [("a", a), ("b", b)],
            tables: None,
            prepare: first.map(|_| self.call_wrapped(wrapper, "old")),
            was: first.unwrap_or_default().to_owned(),
            probe: self.probe_wrapped(wrapper),
            is_alone: self.own,
            has_folder: self.keeps_files(),
        }
    }

    fn keeps_files(&self) -> bool {
        !self.own || self.finding.store == "files" || self.values.source.contains("open(")
    }

    pub(super) fn who(&self, party: &'static str) -> For {
        let own_key = self.finding.consequence == Consequence::LimitExceeded
            || party == "b" && window::pushes_out(self.finding);
        For { party, own_key }
    }

    fn initial_is_expired(&self) -> bool {
        initial(self.finding).is_some_and(|initial| initial.contains("expired"))
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
    pub(super) fn call(
        &mut self,
        target: Option<&str>,
        made: Option<&str>,
        party: &'static str,
    ) -> String {
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
                let defaults = found.optional.iter().any(|(one, _)| one.name == "default");
                let mut parameters = found.parameters;
                if party == "old" && self.initial_is_expired() {
                    // Without a time to live it would never expire.
                    let living = found.optional.into_iter().map(|(parameter, _)| parameter);
                    parameters.extend(living.filter(|one| usual(&one.name) == Usual::Seconds));
                }
                let mut arguments = self.values.arguments(&parameters, of, who, 0);
                if self.finding.consequence == Consequence::Crash && defaults {
                    // Who gives a default is not told that it is gone by an error.
                    let mut all = crate::harness::guess::split(&arguments);
                    all.push("default=\"none\"");
                    arguments = all.join(", ");
                }
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
    pub(super) fn outside(&mut self, owner: Option<&str>) -> String {
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
