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

const SHEETS: &str = r#"package sample

import (
	"sync"
	"sync/atomic"
)

type mark struct{ seq, at uint64 }

type sheet struct {
	mu    sync.Mutex
	begin mark
	ready sync.Mutex
}

type Pad struct {
	mu     sync.RWMutex
	sheets []*sheet
	tail   *sheet
}

func (p *Pad) Trim(from uint64) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for i := 0; i < len(p.sheets); i++ {
		s := p.sheets[i]
		s.mu.Lock()
		if from > atomic.LoadUint64(&s.begin.seq) {
			s.raise(from)
		}
		s.mu.Unlock()
	}
}

func (s *sheet) raise(seq uint64) { atomic.StoreUint64(&s.begin.seq, seq) }

func (s *sheet) move(seq uint64) {
	atomic.StoreUint64(&s.begin.seq, seq)
}

func (p *Pad) Move(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tail.move(seq)
}
"#;

/// What is said of the sheets' trimming, if anything.
fn of_trim(source: &str) -> Vec<Verdict> {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join("sample.go"), source).expect("written");
    let found = audit(folder.path());
    let here = found.iter().filter(|finding| finding.function.ends_with("Trim"));
    here.map(|finding| finding.verdict).filter(|verdict| *verdict != Verdict::Closed).collect()
}

#[test]
fn what_all_callers_lock_around_a_part_is_locked_in_the_words_of_its_owner() {
    assert_eq!(of_trim(SHEETS), []);
    // One who does not come through the lock of the pad is met.
    let past = format!("{SHEETS}\nfunc (p *Pad) Jump(seq uint64) {{ p.tail.move(seq) }}\n");
    assert_eq!(of_trim(&past), [Verdict::Conditional]);
    // The sheet's own lock keeps out who moves it, whichever way leads there.
    let own = past.replace(
        "atomic.StoreUint64(&s.begin.seq, seq)\n}",
        "s.mu.Lock()\n\tatomic.StoreUint64(&s.begin.seq, seq)\n\ts.mu.Unlock()\n}",
    );
    assert_eq!(of_trim(&own), []);
}
