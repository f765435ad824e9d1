//! One helper on two folders: what it looks for in the one it does not meet in the other.

use amorsize_audit::{Request, run};

const SWEEP: &str = r#"
import errno
import os

from conf import settings
from elsewhere import app


def drop(name):
    try:
        os.remove(name)
        return True
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return False


def is_broken(path):
    return os.path.islink(path) and not os.path.exists(path)


def sweep_links(top, oldest):
    gone = set()
    for root, dirs, files in os.walk(top):
        for name in files:
            path = os.path.join(root, name)
            try:
                changed = os.path.getmtime(path)
            except OSError:
                if is_broken(path) and drop(path):
                    gone.add(path)
                continue
            if changed < oldest and drop(path):
                gone.add(path)
    return gone


@app.task
def sweep_both(oldest):
    sweep_links(settings.FIRST_DIR, oldest)
    sweep_links(settings.SECOND_DIR, oldest)
"#;

/// Whether the two runs of the helper are held against each other, be it to say that nothing is lost.
fn compared(code: &str) -> bool {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join("sample.py"), code).expect("written");
    let roots = vec![folder.path().to_path_buf()];
    let request = Request { roots, jobs: 1, all: true, ..Request::default() };
    let found = run(&request).expect("audited").findings;
    found.iter().any(|finding| finding.function == "sweep_both")
}

#[test]
fn two_settings_are_two_folders() {
    assert!(compared(&SWEEP.replace("SECOND_DIR", "FIRST_DIR")));
    assert!(!compared(SWEEP));
}

const AGED: &str = r#"
import os
import time


def touch(path):
    os.utime(path)


def sweep_aged(top, oldest):
    for root, _, files in os.walk(top):
        for name in files:
            path = os.path.join(root, name)
            if os.path.getmtime(path) < time.time() - oldest:
                os.remove(path)
"#;

/// Who comes in between where old files are removed.
fn rivals(code: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join("sample.py"), code).expect("written");
    let found = crate::rules::audit(folder.path());
    let witnesses = found.into_iter().filter_map(|finding| finding.witness);
    witnesses.flat_map(|witness| witness.actors).map(|actor| actor.runs).collect()
}

#[test]
fn who_changes_the_mode_of_a_file_puts_nothing_into_it() {
    let touched = |code: &str| rivals(code).iter().any(|runs| runs == "touch");
    assert!(touched(AGED));
    assert!(!touched(&AGED.replace("os.utime(path)", "os.chmod(path, 0o644)")));
}
