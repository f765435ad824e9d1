//! Locks of callers: what is closed by them does not hang on which function is looked at first.

use std::fmt::Write as _;

use amorsize_finding::Verdict;

use crate::rules::audit;

const STEPS: usize = 9;

/// A method that takes the lock, and below it a chain of helpers that each look and store; the last
/// begins again at the second.
fn chain(locks: bool) -> String {
    let lock = if locks { "\tt.mu.Lock()\n\tdefer t.mu.Unlock()\n" } else { "" };
    let mut source = format!(
        "package sample\n\nimport \"sync\"\n\ntype Table struct {{\n\tmu sync.Mutex\n\titems map[string]int\n}}\n\n\
         func (t *Table) Top(key string) {{\n{lock}\tt.step0(key)\n}}\n\n\
         func (t *Table) Drop(key string) {{\n\tt.mu.Lock()\n\tdelete(t.items, key)\n\tt.mu.Unlock()\n}}\n\n\
         func Serve(t *Table) {{\n\tfor {{\n\t\tgo t.Top(\"a\")\n\t\tgo t.Drop(\"a\")\n\t}}\n}}\n"
    );
    for n in 0..STEPS {
        let next = match n + 1 {
            STEPS => "\tif len(key) > 3 {\n\t\tt.step1(key[1:])\n\t}\n".to_owned(),
            next => format!("\tt.step{next}(key)\n"),
        };
        write!(
            source,
            "\nfunc (t *Table) step{n}(key string) {{\n\tif _, ok := t.items[key]; !ok {{\n\t\tt.items[key] = {n}\n\t}}\n{next}}}\n"
        )
        .expect("a string takes all");
    }
    source
}

#[test]
fn the_lock_of_far_callers_is_held_in_every_helper() {
    for locks in [true, false] {
        let folder = tempfile::tempdir().expect("a private folder");
        std::fs::write(folder.path().join("sample.go"), chain(locks)).expect("written");
        let found = audit(folder.path());
        for n in 0..STEPS {
            let accused = found.iter().any(|finding| {
                finding.function.ends_with(&format!("step{n}"))
                    && finding.verdict != Verdict::Closed
            });
            assert_eq!(accused, !locks, "step{n}");
        }
    }
}
