//! Django's cache backends, where the truth is known from forced execution: what the audit says of
//! each place. Runs where the sources are (`cargo xtask setup` or `cargo xtask corpus fetch`).

use std::path::{Path, PathBuf};

use amorsize_audit::{Request, run};
use amorsize_finding::{Finding, Verdict};

/// The folder of Django's cache framework, copied so that nothing around it counts.
fn backends() -> Option<tempfile::TempDir> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let installed = std::fs::read_dir(root.join(".venv/lib")).ok().and_then(|mut dirs| {
        dirs.find_map(|dir| {
            let found = dir.ok()?.path().join("site-packages/django/core/cache");
            found.is_dir().then_some(found)
        })
    });
    let fetched = root.join("target/corpus/pypi/Django@5.2/Django-5.2/django/core/cache");
    let from: PathBuf = installed.unwrap_or(fetched);
    if !from.is_dir() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a private folder");
    for part in ["", "backends"] {
        let to = folder.path().join("cache").join(part);
        std::fs::create_dir_all(&to).expect("made");
        for entry in std::fs::read_dir(from.join(part)).expect("listed").flatten() {
            if entry.path().extension().is_some_and(|it| it == "py") {
                std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
            }
        }
    }
    Some(folder)
}

fn told(all: bool) -> Option<Vec<Finding>> {
    let folder = backends()?;
    let roots = vec![folder.path().to_path_buf()];
    let request = Request { roots, all, jobs: 1, ..Request::default() };
    Some(run(&request).expect("audited").findings)
}

fn of<'f>(found: &'f [Finding], function: &str) -> Vec<(u16, Verdict, &'f Finding)> {
    found
        .iter()
        .filter(|f| f.function == function)
        .map(|f| (f.rule.number(), f.verdict, f))
        .collect()
}

fn has(found: &[Finding], function: &str, rule: u16, verdict: Verdict) -> bool {
    of(found, function).iter().any(|(r, v, _)| *r == rule && *v == verdict)
}

#[test]
fn the_report_says_what_forced_execution_showed() {
    let Some(found) = told(false) else { return };
    let wanted = [
        ("DatabaseCache._base_set", 150, Verdict::Open),
        ("DatabaseCache._base_set", 301, Verdict::Open),
        ("DatabaseCache._base_set", 302, Verdict::Open),
        ("DatabaseCache._base_set", 170, Verdict::Conditional),
        ("DatabaseCache.get_many", 131, Verdict::Open),
        ("BaseCache.incr", 103, Verdict::Open),
        ("FileBasedCache.add", 101, Verdict::Open),
        ("FileBasedCache._is_expired", 131, Verdict::Open),
        ("RedisCacheClient.incr", 160, Verdict::Open),
    ];
    for (function, rule, verdict) in wanted {
        assert!(
            has(&found, function, rule, verdict),
            "{function} CTA{rule}: {:?}",
            of(&found, function).iter().map(|(r, v, _)| (*r, *v)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn what_is_right_is_left_alone() {
    let Some(found) = told(false) else { return };
    for function in [
        "LocMemCache.add",
        "LocMemCache.incr",
        "LocMemCache._set",
        "BaseCache.get_or_set",
        "FileBasedCache.has_key",
    ] {
        assert!(
            !of(&found, function).iter().any(|(_, verdict, _)| *verdict == Verdict::Open),
            "{function}: {:?}",
            of(&found, function).iter().map(|(r, v, _)| (*r, *v)).collect::<Vec<_>>()
        );
    }
}
