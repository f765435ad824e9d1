//! What a reader of the event graph sees for snippets whose meaning is plain.

use amorsize_facts::event::Lang;
use amorsize_facts::{Vocabulary, extract};

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
