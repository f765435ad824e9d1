//! What a project's documentation disclaims, wherever in the project the audit begins.

use std::fs;
use std::path::Path;

use amorsize_finding::{Severity, Verdict};

use crate::rules::audit;

const CACHE: &str = "\
import os


class Cache:
    def __init__(self, folder):
        self._folder = folder

    def incr(self, key):
        path = os.path.join(self._folder, key)
        with open(path) as file:
            value = int(file.read()) + 1
        with open(path, 'w') as file:
            file.write(str(value))
        return value
";

/// What is said of `incr`, seen from a folder of the project.
fn said(from: &Path) -> (Option<String>, Severity) {
    let found = audit(from);
    let open = |f: &&amorsize_finding::Finding| f.verdict == Verdict::Open;
    let incr = found.iter().filter(open).find(|f| f.function == "Cache.incr").expect("told");
    (incr.documented.clone(), incr.severity)
}

#[test]
fn it_is_found_from_above_and_from_within() {
    let above = tempfile::tempdir().expect("a folder");
    let project = above.path().join("fastcache-1.0");
    let code = project.join("fastcache");
    fs::create_dir_all(project.join("docs")).expect("made");
    fs::create_dir_all(&code).expect("made");
    fs::write(project.join("pyproject.toml"), "[project]\nname = \"fastcache\"\n")
        .expect("written");
    fs::write(
        project.join("docs/cache.md"),
        "# Caches\n\n`incr` asks and then stores: it is\nnot atomic.\n",
    )
    .expect("written");
    fs::write(code.join("__init__.py"), "").expect("written");
    fs::write(code.join("cache.py"), CACHE).expect("written");

    let text = "`incr` asks and then stores: it is not atomic.";
    for (from, page) in [
        (project.as_path(), "docs/cache.md"),
        (above.path(), "fastcache-1.0/docs/cache.md"),
        (code.as_path(), "../docs/cache.md"),
    ] {
        let (documented, severity) = said(from);
        assert_eq!(documented.as_deref(), Some(format!("{page}:3: {text}").as_str()));
        assert_eq!(severity, Severity::Note);
    }

    fs::remove_file(project.join("pyproject.toml")).expect("removed");
    assert_eq!(said(&code).0, None, "a neighbour's documentation says nothing of this code");
}
