//! One mistake in many hands: a cache that is pruned by chance before a look-up judges the entry.
//!
//! Each file has two look-ups, with the clean-up marked `# early a`, `# late a`, `# early b` and
//! `# late b`. Early in both, both are told of; late in one, the other is told so; late in both,
//! nothing is.

use std::collections::BTreeMap;
use std::path::Path;

use amorsize_finding::Verdict;

use crate::rules::audit;

/// The source with the clean-up of the two look-ups before or behind the checks.
fn cut(source: &str, early: [bool; 2]) -> String {
    let kept = source.lines().filter(|line| {
        let Some((_, mark)) = line.rsplit_once("  # ") else { return true };
        match mark {
            "early a" => early[0],
            "late a" => !early[0],
            "early b" => early[1],
            "late b" => !early[1],
            _ => true,
        }
    });
    kept.map(|line| format!("{line}\n")).collect()
}

/// The open coin rules of each function.
fn told(code: &str) -> BTreeMap<String, Vec<u16>> {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join("store.py"), code).expect("written");
    let mut found = BTreeMap::<String, Vec<u16>>::new();
    for finding in audit(folder.path()) {
        let rule = finding.rule.number();
        if finding.verdict == Verdict::Open && matches!(rule, 201..=203) {
            found.entry(finding.function).or_default().push(rule);
        }
    }
    found.values_mut().for_each(|rules| rules.sort_unstable());
    found
}

#[test]
fn pruning_by_chance_is_told_of_in_whatever_way_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/coin");
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        let source = std::fs::read_to_string(&path).expect("read");
        let (both, one) = (told(&cut(&source, [true, true])), told(&cut(&source, [false, true])));
        let none = told(&cut(&source, [false, false]));
        let right = both.len() == 2
            && both.values().all(|rules| *rules == [201, 202])
            && one.len() == 1
            && one.values().all(|rules| *rules == [201, 202, 203])
            && none.is_empty();
        if !right {
            wrong.push(format!("{}: both {both:?}, one {one:?}, none {none:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
