//! What a reader of the event graph sees for snippets whose meaning is plain.

use amorsize_facts::event::{Conflict, EventKind, Lang};
use amorsize_facts::{Vocabulary, extract, extract_package};

/// The outline of one function.
fn outline(lang: Lang, source: &str, function: &str) -> String {
    let facts = extract("a", source.as_bytes(), lang, &Vocabulary::builtin());
    let found = facts.functions.iter().find(|it| it.qualified == function);
    found.unwrap_or_else(|| panic!("no function {function} in {facts:#?}")).outline()
}

/// Each line of `expected` must stand in the outline, in this order.
#[track_caller]
fn shows(outline: &str, expected: &[&str]) {
    let mut rest = outline;
    for line in expected {
        match rest.find(line) {
            Some(at) => rest = &rest[at + line.len()..],
            None => panic!("missing after the lines before it: {line}\n{outline}"),
        }
    }
}

#[test]
fn python_dict_check_then_insert() {
    let source = "
class Cache:
    def __init__(self):
        self.items = {}
    def get(self, key):
        if key not in self.items:
            self.items[key] = make(key)
        return self.items[key]
";
    shows(
        &outline(Lang::Python, source, "Cache.get"),
        &[
            "check Presence Present self.items:Map",
            "if not e0",
            "call make(key)",
            "act Insert Plain self.items:Map [{}]".replace("[{}]", "[key]").as_str(),
            "read self.items:Map",
        ],
    );
}

#[test]
fn go_map_under_lock_with_defer() {
    let source = "package a
import \"sync\"
type C struct { mu sync.RWMutex; items map[string]int }
func (c *C) Get(k string) int {
	c.mu.RLock()
	v, ok := c.items[k]
	c.mu.RUnlock()
	if ok { return v }
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[k] = 1
	return 1
}
";
    shows(
        &outline(Lang::Go, source, "C.Get"),
        &[
            "acquire self.mu Shared Thread",
            "read self.items:Map [k]",
            "release self.mu Shared",
            "check Presence Present of e1 self.items:Map [k]",
            "acquire self.mu Exclusive",
            "with",
            "act Insert Plain self.items:Map [k] = 1",
            "exit",
            "release self.mu",
        ],
    );
}

#[test]
fn sql_skeleton_through_percent_and_quotes() {
    let source = r#"
class Store:
    def put(self, key, value, now):
        quote = self.connection.ops.quote_name
        table = quote(self._table)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT %s FROM %s WHERE %s = %%s" % (quote("key"), table, quote("key")), [key])
            row = cursor.fetchone()
            if row:
                cursor.execute("UPDATE %s SET value = %%s WHERE key = %%s AND expires < %%s" % table, [value, key, now])
                return cursor.rowcount > 0
            cursor.execute(f'INSERT INTO "{self._table}" (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING', (key, value))
        return True
"#;
    let facts = extract("a", source.as_bytes(), Lang::Python, &Vocabulary::builtin());
    let function = facts.functions.iter().find(|it| it.qualified == "Store.put").expect("there");
    let mut statements = Vec::new();
    function.each_event(|event| match &event.kind {
        EventKind::Read(read) => statements.extend(read.sql.clone()),
        EventKind::Act(act) => statements.extend(act.sql.clone()),
        _ => {}
    });
    let tables: Vec<&str> = statements.iter().map(|it| it.table.as_str()).collect();
    assert_eq!(tables, ["{self._table}"; 3], "{}", function.outline());
    let filters =
        |n: usize| statements[n].filter.iter().map(|it| it.column.as_str()).collect::<Vec<_>>();
    assert_eq!(filters(1), ["key", "expires"]);
    assert_eq!(statements[2].conflict, Some(Conflict::Ignore));
    shows(
        &function.outline(),
        &[
            "read table {self._table}:Sql [key]",
            "check Presence Present of",
            "act Update",
            "used:R",
            "act Create Conditional",
        ],
    );
}

#[test]
fn coin_before_cleanup() {
    let source = "
import random, os, time
def load(path, ttl):
    if random.random() < 0.05:
        prune_old(path)
    if not os.path.exists(path):
        return None
    if time.time() - os.path.getmtime(path) > ttl:
        os.unlink(path)
        return None
    with open(path) as f:
        return f.read()
";
    shows(
        &outline(Lang::Python, source, "load"),
        &[
            "chance Some(0.05)",
            "call .prune_old(path)".replace(".prune_old", "prune_old").as_str(),
            "check Presence Present files:File",
            "check Expiry Expired of",
            "act Delete Plain files:File",
            "act OpenRead Plain files:File",
            "read files:File",
        ],
    );
}

#[test]
fn atomic_operations_and_their_results() {
    let source = "
class C:
    def __init__(self):
        self.d = {}
        self.r = redis.Redis()
    def a(self, k):
        return self.d.setdefault(k, [])
    def b(self, k, v):
        self.r.set(k, v, nx=True)
    def c(self, k, v):
        if self.r.set(k, v, nx=True):
            return 1
";
    shows(
        &outline(Lang::Python, source, "C.a"),
        &["act Insert Conditional self.d:Map [k]", "used:R"],
    );
    shows(
        &outline(Lang::Python, source, "C.b"),
        &["act Create Conditional self.r:Remote [k] = v used:\n"],
    );
    shows(
        &outline(Lang::Python, source, "C.c"),
        &["act Create Conditional self.r:Remote [k] = v used:T"],
    );
}

#[test]
fn once_flight_and_atomic_exclusive_open() {
    let source = "package a
import (\"os\"; \"sync\"; \"golang.org/x/sync/singleflight\")
type S struct { once sync.Once; g singleflight.Group; m sync.Map }
func (s *S) A() { s.once.Do(func() { s.m.Store(1, 2) }) }
func (s *S) B(k string) { s.g.Do(k, s.load) }
func (s *S) C(k string) bool { _, loaded := s.m.LoadOrStore(k, 1); return loaded }
func D(p string) error {
	f, err := os.OpenFile(p, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil { return err }
	defer f.Close()
	return nil
}
";
    shows(
        &outline(Lang::Go, source, "S.A"),
        &["acquire self.once Exclusive", "call (", "release self.once"],
    );
    shows(&outline(Lang::Go, source, "S.A.func1"), &["act Insert Plain self.m:Synchronised [1]"]);
    shows(&outline(Lang::Go, source, "S.B"), &["acquire self.g Exclusive Thread"]);
    shows(
        &outline(Lang::Go, source, "S.C"),
        &["act Insert Conditional self.m:Synchronised [k] = 1 used:R"],
    );
    shows(
        &outline(Lang::Go, source, "D"),
        &["act OpenWrite Exclusive files:File [p]", "check Presence"],
    );
}

#[test]
fn user_rows_extend_and_bad_rows_are_named() {
    let mut vocabulary = Vocabulary::builtin();
    let rows = "[[audit.type]]
lang = \"python\"
class = \"mystore\"
names = [\"acme.Store\"]
store = \"remote\"
scope = \"cluster\"
[[audit.api]]
lang = \"python\"
on = \"mystore\"
call = \"peek\"
does = \"read\"
key = 0
miss = \"nil\"
";
    vocabulary.extend(rows).expect("good rows");
    let source = "import acme\nS = acme.Store()\ndef f(k):\n    return S.peek(k)\n";
    let facts = extract("a", source.as_bytes(), Lang::Python, &vocabulary);
    let f = facts.functions.iter().find(|it| it.name == "f").expect("there").outline();
    shows(&f, &["read S:Remote [k]"]);
    for (bad, says) in [
        (
            "[[audit.api]]\nlang = \"python\"\ncall = \"x\"\ndoes = \"frobnicate\"",
            "\"frobnicate\" is not one of check",
        ),
        ("[[audit.api]]\ncall = \"x\"\ndoes = \"read\"", "lang is missing"),
        (
            "[[audit.api]]\nlang = \"go\"\non = \"nope\"\ncall = \"x\"\ndoes = \"read\"",
            "no class is called \"nope\"",
        ),
        ("[[audit.api]]\nlang = \"go\"\ncall = \"x\"\ndoes = \"read\"\nkee = 1", "kee"),
    ] {
        let error = vocabulary.extend(bad).expect_err(bad).to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn go_types_of_sibling_files_are_known() {
    let types = "package a\nimport \"sync\"\ntype C struct { sync.Mutex; items map[string]int }\nvar all sync.Map\n";
    let methods = "package a\nfunc (c *C) Get(k string) int {\n\tc.Lock()\n\tdefer c.Unlock()\n\tall.Store(k, 1)\n\treturn c.items[k]\n}\n";
    let files = [("t.go", types.as_bytes()), ("m.go", methods.as_bytes())];
    let facts = extract_package(&files, Lang::Go, &Vocabulary::builtin());
    let get =
        facts[1].functions.iter().find(|it| it.qualified == "C.Get").expect("there").outline();
    shows(
        &get,
        &["acquire self.Mutex", "act Insert Plain all:Synchronised", "read self.items:Map [k]"],
    );
}

#[test]
fn conditions_of_cassandra_are_part_of_the_statement() {
    let source = r#"
def move(session, name, to, version):
    cursor = session.cursor()
    cursor.execute("UPDATE queues SET at = ?, version = ? WHERE name = ? IF version = ?", (to, version + 1, name, version))
    cursor.execute("UPDATE queues SET at = ? WHERE name = IF(?, 'a', 'b')", (to, name))
    cursor.execute("INSERT INTO queues (name, at) VALUES (?, ?) IF NOT EXISTS", (name, to))
    cursor.execute("DELETE FROM queues WHERE name = ? IF EXISTS", (name,))
"#;
    let facts = extract("a", source.as_bytes(), Lang::Python, &Vocabulary::builtin());
    let function = facts.functions.iter().find(|it| it.qualified == "move").expect("there");
    let mut told = Vec::new();
    function.each_event(|event| {
        if let EventKind::Act(act) = &event.kind
            && let Some(sql) = &act.sql
        {
            let columns = sql.filter.iter().map(|predicate| predicate.column.to_string());
            told.push((columns.collect::<Vec<_>>().join(" "), sql.conflict));
        }
    });
    let wanted = [
        ("name version".to_owned(), None),
        ("name".to_owned(), None),
        (String::new(), Some(Conflict::Ignore)),
        ("name".to_owned(), None),
    ];
    assert_eq!(told, wanted, "{}", function.outline());
}
