//! The sources of systems where the truth is known, as `cargo xtask setup` brings them.

use std::path::{Path, PathBuf};

use amorsize_audit::{Request, run};
use amorsize_finding::{Finding, Verdict};

/// The first of these folders that is there. In strict mode one must be.
pub(crate) fn folder(fetched: &str, corpus: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let places =
        [root.join("target/fetched").join(fetched), root.join("target/corpus").join(corpus)];
    let found = places.into_iter().find(|place| place.is_dir());
    let strict = std::env::var_os("AMORSIZE_STRICT").is_some();
    assert!(found.is_some() || !strict, "{fetched} is not there: `cargo xtask setup` brings it");
    found
}

/// Django 5.2, the source distribution with its documentation.
pub(crate) fn django() -> Option<PathBuf> {
    let found = folder("django-5.2", "pypi/Django@5.2")?;
    Some(found.join("Django-5.2")).filter(|inner| inner.is_dir()).or(Some(found))
}

/// A version of client-go.
pub(crate) fn client_go(version: &str) -> Option<PathBuf> {
    folder(&format!("client-go-{version}"), &format!("go/k8s.io_client-go@v{version}"))
}

/// Copies parts of trees into a private folder, so that nothing around them counts.
pub(crate) fn copy(from: &Path, parts: &[&str], to: &Path) {
    for part in parts {
        let (from, to) = (from.join(part), to.join(part));
        std::fs::create_dir_all(&to).expect("made");
        for entry in std::fs::read_dir(&from).expect("listed").flatten() {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
            }
        }
    }
}

/// What the audit of some roots finds.
pub(crate) fn told(roots: Vec<PathBuf>, all: bool) -> Vec<Finding> {
    let request = Request { roots, all, jobs: 1, ..Request::default() };
    run(&request).expect("audited").findings
}

/// The findings of a function and a rule with a verdict.
pub(crate) fn of<'f>(
    found: &'f [Finding],
    (function, rule, verdict): (&str, u16, Verdict),
) -> Vec<&'f Finding> {
    found
        .iter()
        .filter(|f| f.function == function && f.rule.number() == rule && f.verdict == verdict)
        .collect()
}

/// What was found in a function, for messages.
pub(crate) fn seen(found: &[Finding], function: &str) -> Vec<String> {
    found
        .iter()
        .filter(|f| f.function == function)
        .map(|f| format!("{} {} {}:{} {}", f.verdict, f.rule, f.path, f.act.line, f.title))
        .collect()
}
