//! Which single tests passed and failed, read from what the runners print, and from `JUnit` files.

use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const TESTS_MAX: usize = 50_000;

static LINES: LazyLock<[Regex; 4]> = LazyLock::new(|| {
    [
        // cargo test
        pattern(r"(?m)^test (?P<name>\S+)(?: - should panic)? \.\.\. (?P<word>ok|FAILED)"),
        // go test -v
        pattern(r"(?m)^\s*--- (?P<word>PASS|FAIL): (?P<name>\S+)"),
        // pytest -v and -rA
        pattern(r"(?m)^(?P<name>\S+::\S+) (?P<word>PASSED|FAILED|ERROR)\b"),
        pattern(r"(?m)^(?P<word>PASSED|FAILED|ERROR) (?P<name>\S+::\S+)"),
    ]
});

static CASE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?s)<testcase\b(?P<attributes>[^>]*?)(?P<empty>/)?>"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is a constant that the tests compile")
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
    found
}

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
}
