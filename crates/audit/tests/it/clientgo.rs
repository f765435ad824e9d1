//! client-go's queue of deltas, where the truth is known: what the audit says of each place. Runs
//! where the module can be had (`go mod download`, or `cargo xtask corpus fetch`).

use std::path::{Path, PathBuf};
use std::process::Command;

use amorsize_audit::{Request, run};
use amorsize_finding::{Finding, Verdict};

const MODULE: &str = "k8s.io/client-go@v0.30.0";

/// The folder of the module: from the corpus, or from Go's module cache.
fn module() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let fetched = root.join("target/corpus/go/k8s.io_client-go@v0.30.0");
    if fetched.is_dir() {
        return Some(fetched);
    }
    let told = Command::new("go").args(["mod", "download", "-json", MODULE]).output().ok()?;
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).ok()?;
    Some(PathBuf::from(told.get("Dir")?.as_str()?)).filter(|dir| dir.is_dir())
}

fn told() -> Option<Vec<Finding>> {
    let from = module()?.join("tools/cache");
    let folder = tempfile::tempdir().expect("a private folder");
    for entry in std::fs::read_dir(from).expect("listed").flatten() {
        if entry.path().extension().is_some_and(|it| it == "go") {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copied");
        }
    }
    let roots = vec![folder.path().to_path_buf()];
    let request = Request { roots, all: true, jobs: 1, ..Request::default() };
    Some(run(&request).expect("audited").findings)
}

fn of<'f>(found: &'f [Finding], function: &str, rule: u16) -> Option<&'f Finding> {
    found.iter().find(|f| f.function == function && f.rule.number() == rule)
}

#[test]
fn the_queue_of_deltas_is_told_as_it_is() {
    let Some(found) = told() else { return };
    // The published report's pair is closed by the lock that the only caller holds.
    let items = of(&found, "DeltaFIFO.syncKeyLocked", 101).expect("located");
    assert_eq!(items.verdict, Verdict::Closed);
    assert!(items.guard.is_some(), "the guard is named");
    // What the decision rests on is another party's store.
    for function in ["DeltaFIFO.syncKeyLocked", "DeltaFIFO.Replace", "DeltaFIFO.Delete"] {
        let known = of(&found, function, 108).expect("located");
        assert_eq!(known.verdict, Verdict::Conditional, "{function}");
        assert!(known.assumption.is_some(), "{function}: under which assumption");
    }
    let open: Vec<&str> = found
        .iter()
        .filter(|f| f.verdict == Verdict::Open && f.path.ends_with("delta_fifo.go"))
        .map(|f| f.function.as_str())
        .collect();
    assert!(open.is_empty(), "{open:?}");
}
