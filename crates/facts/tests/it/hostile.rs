//! Sources that are broken, deep, or not text at all: an answer always, and coverage says what is missing.

use amorsize_facts::event::{Coverage, Lang};
use amorsize_facts::{Vocabulary, extract};

fn coverage(lang: Lang, bytes: &[u8]) -> Coverage {
    extract("a", bytes, lang, &Vocabulary::builtin()).coverage
}

#[test]
fn deep_nesting_is_a_gap() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("not ", ""), ("-", ""), ("lambda: ", "")]
    {
        let text = format!("x = {}1{}\ny = 2\n", open.repeat(10_000), close.repeat(10_000));
        assert!(matches!(coverage(Lang::Python, text.as_bytes()), Coverage::Partly(_)), "{open}");
    }
    for (open, close) in [("(", ")"), ("[]", "{}"), ("f(", ")"), ("!", ""), ("*", ""), ("<-", "")] {
        let text = format!(
            "package a\nvar x = {}1{}\nvar y = 2\n",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        assert!(matches!(coverage(Lang::Go, text.as_bytes()), Coverage::Partly(_)), "{open}");
    }
}

#[test]
fn long_chains_are_bounded() {
    for chain in [" + x", ".a", "(1)", "[0]", " and x", " if a else b", " == x"] {
        let text = format!("def f(x):\n    y = x{}\n    return y\n", chain.repeat(20_000));
        drop(coverage(Lang::Python, text.as_bytes()));
    }
    for chain in [" + x", ".a", "(1)", "[0]", " && x"] {
        let text = format!("package a\nfunc f(x int) int {{ return x{} }}\n", chain.repeat(20_000));
        drop(coverage(Lang::Go, text.as_bytes()));
    }
    let blocks: String = (0..5_000).map(|n| format!("{}if x:\n", " ".repeat(n))).collect();
    drop(coverage(Lang::Python, blocks.as_bytes()));
    let blocks = format!("package a\nfunc f() {{ {} }}\n", "if x { ".repeat(10_000));
    drop(coverage(Lang::Go, blocks.as_bytes()));
}

const PYTHON: &str = "
import os, threading
class A(Base):
    def __init__(self, d={}):
        self.d, self.l = d, threading.Lock()
    @property
    async def f(self, k, *a, **kw) -> int:
        async with self.l as x, open(f'{k!r:>{a}}.x', 'w') as g:
            try:
                self.d[k] = await g(lambda q: q + 1 if q else -q)
            except (KeyError, OSError) as e:
                raise ValueError from e
            finally:
                del self.d[k]
        match k:
            case [1, *rest] if rest: return {**kw, 'a': [i for i in a if i not in self.d]}
            case _: pass
        for i, (j, *m) in enumerate(a): continue
        else: x = y = (z := 3)
        return 'a' 'b' % (1,) or cursor.execute('SELECT a FROM t WHERE b = ?', [k])
";
const GO: &str = "package a

import (\"sync\"; x \"os\")

type A[T any] struct { sync.Mutex; m map[string]*T; f func(a, b int) (c error) }

// F does.
func (a *A[T]) F(k string, v ...int) (n int, err error) {
	a.Lock(); defer a.Unlock()
	if v, ok := a.m[k]; !ok && v != nil || k == `raw` { a.m[k] = &T{A: 1, B: []int{1, 2}} }
	switch y := any(v).(type) { case int, *string: n++; default: delete(a.m, k) }
	for i, c := range k { go func(q int) { ch <- q }(i + int(c)) }
	select { case z := <-ch: _ = z; default: }
	var e, g = x.Stat(k)
	L: for j := 0; j < 3; j++ { continue L }
	return len(v[1:2]), g
}
";

fn check(lang: Lang, bytes: &[u8]) {
    let facts = extract("a", bytes, lang, &Vocabulary::builtin());
    let length = u32::try_from(bytes.len()).expect("short");
    for function in &facts.functions {
        assert!(function.span.start <= function.span.end && function.span.end <= length);
        function.each_event(|event| {
            assert!(event.span.start <= event.span.end && event.span.end <= length, "{event:?}");
            assert!(event.id.0 < function.events);
        });
        drop(function.outline());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(300))]

    #[test]
    fn mutated_sources_never_panic(
        go: bool,
        edits in proptest::collection::vec((0_usize..1000, 0_usize..12, "[ -~\n\t\"'{}()\\[\\]éß]{0,6}"), 1..6),
    ) {
        let mut text = if go { GO } else { PYTHON }.to_owned();
        for (at, cut, insert) in edits {
            let mut from = at % (text.len() + 1);
            while !text.is_char_boundary(from) { from -= 1; }
            let mut to = (from + cut).min(text.len());
            while !text.is_char_boundary(to) { to += 1; }
            text.replace_range(from..to, &insert);
        }
        check(if go { Lang::Go } else { Lang::Python }, text.as_bytes());
    }
}

#[test]
fn the_samples_parse_whole() {
    assert_eq!(coverage(Lang::Python, PYTHON.as_bytes()), Coverage::Parsed);
    assert_eq!(coverage(Lang::Go, GO.as_bytes()), Coverage::Parsed);
}

#[test]
fn what_is_not_text_is_skipped() {
    assert!(matches!(coverage(Lang::Go, b"package a\0"), Coverage::Skipped(_)));
    assert!(matches!(coverage(Lang::Python, b"x = '\xff'\n"), Coverage::Skipped(_)));
    assert_eq!(
        coverage(Lang::Python, b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"),
        Coverage::Parsed
    );
    let big = vec![b'\n'; amorsize_facts::BYTES_MAX + 1];
    assert!(matches!(coverage(Lang::Python, &big), Coverage::Skipped(_)));
    assert_eq!(coverage(Lang::Python, b""), Coverage::Parsed);
}

#[test]
fn a_broken_statement_costs_only_itself() {
    let source = "def f(d, k):\n    x = = 3\n    if k not in d:\n        d[k] = 1\n\ndef g():\n    return 1\n";
    let facts = extract("a", source.as_bytes(), Lang::Python, &Vocabulary::builtin());
    assert!(matches!(facts.coverage, Coverage::Partly(ref gaps) if gaps.len() == 1));
    let f = facts.functions.iter().find(|it| it.name == "f").expect("kept");
    assert!(f.outline().contains("act Insert"), "{}", f.outline());
    let source = "package a\nfunc f() { x := := 3 }\nfunc g() int { return 1 }\n";
    let facts = extract("a", source.as_bytes(), Lang::Go, &Vocabulary::builtin());
    assert!(facts.functions.iter().any(|it| it.name == "g"));
}

#[test]
fn what_is_too_deep_to_lower_is_a_gap_and_long_switches_are_whole() {
    let text = format!("def f(x):\n    return x{}\n", " + g(x)".repeat(5_000));
    assert!(matches!(coverage(Lang::Python, text.as_bytes()), Coverage::Partly(_)));
    let cases: String = (0..400).map(|n| format!("case {n}: m[{n}] = 1\n")).collect();
    let text =
        format!("package a\nvar m = map[int]int{{}}\nfunc f(x int) {{ switch x {{\n{cases}}} }}\n");
    let facts = extract("a", text.as_bytes(), Lang::Go, &Vocabulary::builtin());
    assert_eq!(facts.coverage, Coverage::Parsed);
    let f = facts.functions.iter().find(|it| it.name == "f").expect("there").outline();
    assert_eq!(f.matches("act Insert").count(), 400);
}
