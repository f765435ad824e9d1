//! A fault of the auditor in one function costs that function, and is told; everything else is looked at.

use amorsize_audit::{Scope, audit};
use amorsize_facts::event::Lang;
use amorsize_facts::{Vocabulary, extract};
use amorsize_finding::Verdict;

const SOURCE: &str = r#"
import os


def first(path):
    if os.path.exists(path):
        os.remove(path)


def second(path):
    if os.path.exists(path):
        os.remove(path)
"#;

#[test]
fn what_cannot_be_judged_is_told_and_the_rest_is_judged() {
    let vocabulary = Vocabulary::builtin();
    let mut facts = vec![extract("tool.py", SOURCE.as_bytes(), Lang::Python, &vocabulary)];
    let broken = facts[0].functions.iter_mut().find(|function| function.name == "first");
    // Facts that contradict themselves, as only a fault of the front end can make them.
    broken.expect("it is there").values.truncate(1);
    let audited = audit(&facts, &[SOURCE.to_owned()], Scope::default());
    let told: Vec<&str> = audited
        .findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Closed)
        .map(|finding| finding.function.as_str())
        .collect();
    assert_eq!(told, ["second"]);
    let [fault] = audited.faults.as_slice() else { panic!("one fault: {:?}", audited.faults) };
    assert_eq!((fault.path.as_str(), fault.line), ("tool.py", Some(5)));
    assert!(fault.detail.starts_with("first: "), "{}", fault.detail);
}
