//! Which single tests passed and failed, read from what the runners print, and from `JUnit` files.

use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const TESTS_MAX: usize = 50_000;

static LINES: LazyLock<[Regex; 7]> = LazyLock::new(|| {
    [
        // cargo test
        pattern(r"(?m)^test (?P<name>\S+)(?: - should panic)? \.\.\. (?P<word>ok|FAILED)"),
        // go test -v
        pattern(r"(?m)^\s*--- (?P<word>PASS|FAIL): (?P<name>\S+)"),
        // pytest -v and -rA
        pattern(r"(?m)^(?P<name>\S+::\S+) (?P<word>PASSED|FAILED|ERROR)\b"),
        pattern(r"(?m)^(?P<word>PASSED|FAILED|ERROR) (?P<name>\S+::\S+)"),
        // cargo nextest
        pattern(r"(?m)^\s+(?P<word>PASS|FAIL) \[[^\]]*\] (?:\([^)]*\) )?(?P<name>\S+ \S+)"),
        // unittest -v
        pattern(r"(?m)^(?P<name>\w+ \([\w.]+\))(?:\n.*)? \.\.\. (?P<word>ok|FAIL|ERROR)"),
        // TAP
        pattern(
            r"(?m)^\s*(?P<word>ok|not ok) \d+ (?:- )?(?P<name>[^#\n]+?)\s*(?:#\s*(?:time|duration)[^\n]*)?$",
        ),
    ]
});

static CASE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)<testcase\b(?P<attributes>[^>]*?)(?P<empty>/)?>"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
}

/// What a runner says that ran no test at all: such a run neither passes nor fails.
pub(crate) fn nothing_ran(output: &str) -> Option<&str> {
    static PYTEST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?m)^=*\s?((?:\d+ \w+(?:, )?)+|no tests ran) in [0-9.]+s(?: \([^)]*\))? ?=*\r?$")
    });
    static CARGO: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^running (\d+) tests?$"));
    static GO: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(?:ok|\?|FAIL|---)\s+\S.*$"));
    static OTHER: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?m)^(?:No tests found, exiting|Ran 0 tests in|NO TESTS RAN).*$")
    });
    if let Some(line) = PYTEST.captures_iter(output).last().and_then(|found| found.get(1)) {
        let said = line.as_str();
        // An error while tests are collected is none of a test; one of a fixture is.
        let collecting = ["during collection", "ERROR collecting"];
        let collecting = collecting.iter().any(|words| output.contains(words));
        let ran = ["passed", "failed", "xfailed", "xpassed"].iter().any(|word| said.contains(word));
        return (!ran && (collecting || !said.contains("error"))).then_some(said);
    }
    let counts: Vec<&str> =
        CARGO.captures_iter(output).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    if !counts.is_empty() {
        return counts.iter().all(|count| *count == "0").then_some("running 0 tests");
    }
    let none = |line: &str| line.contains("[no test files]") || line.contains("[no tests to run]");
    let go: Vec<&str> = GO.find_iter(output).map(|found| found.as_str()).collect();
    if go.iter().any(|line| none(line)) && go.iter().all(|line| none(line)) {
        return go.first().copied();
    }
    OTHER.find(output).map(|found| found.as_str())
}

/// Each test's name, and whether it passed.
pub(crate) fn of_output(output: &str) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for pattern in &*LINES {
        for line in pattern.captures_iter(output).take(TESTS_MAX) {
            let passed = matches!(&line["word"], "ok" | "PASS" | "PASSED");
            // A test that is named twice (progress and summary) failed if it failed once.
            *found.entry(line["name"].to_owned()).or_insert(true) &= passed;
        }
    }
    marked(output, &mut found);
    found
}

/// jest, vitest and node's own runner: a mark before each test, below its file and the groups it stands in.
fn marked(output: &str, found: &mut BTreeMap<String, bool>) {
    let mut file = String::new();
    let mut groups: Vec<(usize, String)> = vec![];
    for line in output.lines().take(TESTS_MAX) {
        let plain = COLOUR.replace_all(line, "");
        let text = plain.trim_start();
        let indent = plain.len() - text.len();
        let text = text.trim_end();
        if let Some(name) = text.strip_prefix("PASS ").or_else(|| text.strip_prefix("FAIL ")) {
            if indent <= 1 {
                name.split(" (").next().unwrap_or_default().trim().clone_into(&mut file);
                groups.clear();
            }
            continue;
        }
        let passed = text.strip_prefix(['✓', '✔', '√']).map(|name| (true, name));
        let failed = || text.strip_prefix(['✕', '✖', '×']).map(|name| (false, name));
        while groups.last().is_some_and(|(at, _)| *at >= indent) {
            groups.pop();
        }
        let Some((passed, name)) = passed.or_else(failed) else {
            if text.is_empty() {
                groups.clear();
            } else if indent > 0 && !text.starts_with(['●', '|', '>', 'a']) || text.starts_with('▶')
            {
                groups.push((indent, text.trim_start_matches(['▶', ' ']).to_owned()));
            }
            continue;
        };
        let name = TOOK.replace(name.trim(), "").into_owned();
        let places = groups.iter().map(|(_, name)| name.as_str());
        let parts: Vec<&str> =
            std::iter::once(file.as_str()).chain(places).chain([name.as_str()]).collect();
        let whole = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        *found.entry(whole.join(" > ")).or_insert(true) &= passed;
    }
}

static COLOUR: LazyLock<Regex> = LazyLock::new(|| pattern("\u{1b}\\[[0-9;]*m"));
static TOOK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s*\(?\d+(?:\.\d+)?\s*(?:ms|s)\)?$"));

/// Each case of a `JUnit` file, and whether it passed; skipped ones are left out.
pub(crate) fn of_junit(xml: &str) -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for case in CASE.captures_iter(xml).take(TESTS_MAX) {
        let (Some(whole), attributes) = (case.get(0), &case["attributes"]) else { continue };
        let body = match case.name("empty") {
            Some(_) => "",
            None => xml[whole.end()..].split("</testcase>").next().unwrap_or_default(),
        };
        if body.contains("<skipped") {
            continue;
        }
        let name = [attribute(attributes, "classname"), attribute(attributes, "name")];
        let name = name.into_iter().flatten().collect::<Vec<_>>().join("::");
        let failed = body.contains("<failure") || body.contains("<error");
        *found.entry(name).or_insert(true) &= !failed;
    }
    found
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let start = attributes
        .match_indices(&format!("{name}="))
        .find(|(at, _)| *at == 0 || attributes[..*at].ends_with(char::is_whitespace))?;
    let rest = &attributes[start.0 + name.len() + 1..];
    let quote = rest.chars().next()?;
    rest[1..].split(quote).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_runners_are_read() {
        let text = "test a::b ... ok\ntest a::c ... FAILED\n--- FAIL: TestX (0.00s)\n    --- PASS: TestX/y\n\
                    t.py::test_one PASSED [ 50%]\nFAILED t.py::test_two - assert 1\n";
        let found = of_output(text);
        let failed: Vec<&str> =
            found.iter().filter(|(_, ok)| !**ok).map(|(name, _)| name.as_str()).collect();
        assert_eq!(failed, ["TestX", "a::c", "t.py::test_two"]);
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn marks_before_tests_are_read_with_file_and_group() {
        let jest = "PASS ./sum.test.js\n  sum\n    ✓ adds (2 ms)\n    ✕ carries (12 ms)\n  ✓ alone\n\n\
                    Tests:       1 failed, 2 passed, 3 total\n";
        let found = of_output(jest);
        let names: Vec<(&str, bool)> =
            found.iter().map(|(name, ok)| (name.as_str(), *ok)).collect();
        assert_eq!(
            names,
            [
                ("./sum.test.js > alone", true),
                ("./sum.test.js > sum > adds", true),
                ("./sum.test.js > sum > carries", false)
            ]
        );
        let node = "✔ quick (0.5ms)\n▶ group\n  ✖ slow (3.1ms)\n";
        let found = of_output(node);
        assert_eq!(found.get("quick"), Some(&true), "{found:?}");
        assert_eq!(found.get("group > slow"), Some(&false), "{found:?}");
    }

    #[test]
    fn nextest_unittest_and_tap_are_read() {
        let text = "        PASS [   0.005s] crate::bin one\n        FAIL [   0.1s] crate tests::two\n\
                    test_x (mod.Case.test_x) ... ok\ntest_y (mod.Case.test_y) ... FAIL\n\
                    ok 1 - first\nnot ok 2 - second # time=3ms\n";
        let found = of_output(text);
        let failed: Vec<&str> =
            found.iter().filter(|(_, ok)| !**ok).map(|(name, _)| name.as_str()).collect();
        assert_eq!(failed, ["crate tests::two", "second", "test_y (mod.Case.test_y)"], "{found:?}");
        assert_eq!(found.len(), 6, "{found:?}");
    }

    #[test]
    fn junit_cases_are_read() {
        let xml = r#"<testsuites><testsuite><testcase classname="t" name="a" time="0"/>
            <testcase name="b" classname="t"><failure message="x">no</failure></testcase>
            <testcase classname="t" name="c"><skipped/></testcase></testsuite></testsuites>"#;
        let found = of_junit(xml);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("t::a".into(), true), ("t::b".into(), false)]
        );
    }

    #[test]
    fn a_run_without_a_test_is_known_by_what_the_runner_says() {
        for none in [
            "===== no tests ran in 2.60s =====",
            "==== 1 skipped in 0.01s ====",
            "1 deselected in 0.02s",
            "!!! Interrupted: 1 error during collection !!!\n==== 8 deselected, 1 error in 6.35s ====",
            "running 0 tests\n\ntest result: ok. 0 passed\n\nrunning 0 tests",
            "ok  \texample.com/m\t0.002s [no tests to run]\n?   \texample.com/m/x\t[no test files]",
            "No tests found, exiting with code 1",
            "Ran 0 tests in 0.000s",
        ] {
            assert!(nothing_ran(none).is_some(), "{none}");
        }
        for some in [
            "==== 1 failed, 4 passed, 1 skipped in 3.52s ====",
            "1 passed in 0.01s",
            "==== 1 error in 0.35s ====",
            "running 0 tests\n\nrunning 3 tests",
            "ok  \texample.com/m\t0.002s\n?   \texample.com/m/x\t[no test files]",
            "--- FAIL: TestA (0.00s)\nFAIL\texample.com/m\t0.002s",
            "whatever else",
            "",
        ] {
            assert_eq!(nothing_ran(some), None, "{some}");
        }
    }
}
