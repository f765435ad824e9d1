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
