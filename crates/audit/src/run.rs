//! One audit of linked facts: every function once, every finding once.

use std::sync::atomic::{AtomicUsize, Ordering};

use amorsize_facts::event::{EventKind, FileFacts, Function, FunctionKind};
use amorsize_finding::{Finding, Verdict};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::fault::{Fault, caught};
use crate::flow::{self, Touching};
use crate::held::Locking;
use crate::judge::{self, Draft, Sources};
use crate::link::{ClassId, FnId, Tree};
use crate::mutators::Mutators;
use crate::siblings;
use crate::told_once::{self, Told};

/// Concrete classes an inherited method is judged for.
const CLASSES_MAX: usize = 6;

/// What to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Closed sites too.
    pub all: bool,
    /// Tests, vendored code and examples too.
    pub include_tests: bool,
}

/// Texts of the files, by index.
pub(crate) struct Texts<'s>(pub &'s [String]);

impl Sources for Texts<'_> {
    fn text(&self, file: u32) -> &str {
        self.0.get(file as usize).map_or("", String::as_str)
    }
}

/// What an audit of one tree found, and how much it looked at.
#[derive(Debug, Default)]
pub struct Audited {
    /// The findings.
    pub findings: Vec<Finding>,
    /// Pairs looked at.
    pub candidates: u64,
    /// Places where a bound cut a flow off.
    pub truncated: u64,
    /// Executions that were run to their end.
    pub schedules: u64,
    /// Functions that could not be judged.
    pub faults: Vec<Fault>,
}

/// Audits the facts of one tree.
#[must_use]
pub fn audit(files: &[FileFacts], texts: &[String], scope: Scope) -> Audited {
    audit_where(&Tree::new(files), texts, scope, &|_| true)
}

/// Audits those functions of a tree that are asked for.
pub(crate) fn audit_where(
    tree: &Tree<'_>,
    texts: &[String],
    scope: Scope,
    asked: &dyn Fn(&Function) -> bool,
) -> Audited {
    let about = || (Touching::of(tree), judge::Readers::of(tree));
    let more = || {
        let about = about();
        tree.ask_ahead();
        about
    };
    let (locking, mutators, (touching, readers)) = std::thread::scope(|scope| {
        // Of a few functions all is known before a thread has begun.
        let many = tree.all().nth(FEW).is_some();
        let elsewhere = many.then(|| judging().spawn_scoped(scope, more).ok()).flatten();
        let locking = Locking::new(tree);
        let mutators = Mutators::of(tree, &locking);
        let about = elsewhere.map_or_else(about, joined);
        (locking, mutators, about)
    });
    let sources = Texts(texts);
    let whole = Whole { tree, touching, mutators, readers, sources, scope };
    let ids: Vec<FnId> = tree
        .all()
        .filter(|id| {
            let is_of_a_test = || tree.is_test(*id) || is_of_a_test_case(tree, *id);
            whole.touching.contains(*id)
                && !whole.touching.runs_in_place(*id)
                && !tree.function(*id).body.is_empty()
                && asked(tree.function(*id))
                && (scope.include_tests || !is_of_a_test())
        })
        .collect();
    let (told, mut audited) = whole.on_all_threads(&ids, &locking);
    let mut found = told_once::where_it_stands(tree, told);
    let open: Vec<FnId> =
        found.iter().filter(|(_, f)| f.verdict == Verdict::Open).map(|(id, _)| *id).collect();
    for (id, finding) in &mut found {
        if finding.verdict != Verdict::Closed {
            finding.sibling = siblings::sibling(tree, &locking, *id, &open);
        }
    }
    let more = siblings::fixed_elsewhere(tree, &found);
    found.extend(more);
    audited.findings = found.into_iter().map(|(_, finding)| finding).collect();
    audited.findings.sort_by(Finding::order);
    audited
}

/// A thread whose stack is deep enough for the deepest code.
pub(crate) fn judging() -> std::thread::Builder {
    std::thread::Builder::new().stack_size(64 << 20)
}

pub(crate) fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|error| std::panic::resume_unwind(error))
}

/// What every function of the tree is judged with.
struct Whole<'w, 'f> {
    tree: &'w Tree<'f>,
    touching: Touching,
    mutators: Mutators<'f>,
    readers: judge::Readers,
    sources: Texts<'w>,
    scope: Scope,
}

/// Functions that one thread takes at a time.
const SHARE: usize = 16;
/// Functions below which one thread is enough.
const FEW: usize = 400;
/// Threads at most: each finds out for itself which locks are held where.
const THREADS_MAX: usize = 8;

impl<'f> Whole<'_, 'f> {
    /// Judges the functions, in their order, whoever looks at which.
    fn on_all_threads(&self, ids: &[FnId], locking: &Locking<'_, 'f>) -> (Vec<Told>, Audited) {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let next = AtomicUsize::new(0);
        // How many there are is written in many small files.
        let cores = if ids.len() < FEW { 1 } else { cores() };
        if cores == 1 {
            return self.some(ids, &next, locking);
        }
        let own = locking.shared();
        let parts: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..cores.min(THREADS_MAX))
                .filter_map(|_| {
                    judging().spawn_scoped(scope, || self.some(ids, &next, &own())).ok()
                })
                .collect();
            workers.into_iter().map(joined).collect()
        });
        let (mut found, mut audited) = self.some(ids, &next, locking);
        for (part, counts) in parts {
            found.extend(part);
            audited.candidates += counts.candidates;
            audited.truncated += counts.truncated;
            audited.schedules += counts.schedules;
            audited.faults.extend(counts.faults);
        }
        found.sort_by_key(|told| told.by);
        (found, audited)
    }

    /// Judges what nobody has taken yet.
    fn some(
        &self,
        ids: &[FnId],
        next: &AtomicUsize,
        locking: &Locking<'_, 'f>,
    ) -> (Vec<Told>, Audited) {
        let (mut found, mut audited) = (Vec::new(), Audited::default());
        loop {
            let from = next.fetch_add(SHARE, Ordering::Relaxed);
            let Some(taken) = ids.get(from..ids.len().min(from.saturating_add(SHARE))) else {
                return (found, audited);
            };
            if taken.is_empty() {
                return (found, audited);
            }
            for id in taken {
                match caught(|| self.one(*id, locking, &mut audited)) {
                    Ok(told) => found.extend(told),
                    Err(said) => audited.faults.push(self.fault(*id, &said)),
                }
            }
        }
    }

    /// That a function could not be judged.
    fn fault(&self, id: FnId, said: &str) -> Fault {
        let function = self.tree.function(id);
        let detail = format!("{}: {said}", function.qualified);
        let path = self.tree.file(id).path.clone();
        Fault { path, line: Some(function.span.line), detail }
    }

    /// Judges one function, on each class where it is another program.
    fn one(&self, id: FnId, locking: &Locking<'_, 'f>, audited: &mut Audited) -> Vec<Told> {
        let mut best: FxHashMap<String, Told> = FxHashMap::default();
        let flows = classes(self.tree, id)
            .into_iter()
            .flat_map(|class| flow::flows(self.tree, &self.touching, id, class));
        for flow in flows {
            audited.truncated += u64::from(flow.truncated);
            let mut drafts = judge::judge(&flow, locking, &self.mutators);
            audited.truncated += u64::from(flow.purse.left.get() == 0);
            drafts.extend(judge::coins(&flow, locking));
            drafts.extend(judge::published(&flow, locking, &self.readers));
            drafts.extend(judge::masks(&flow));
            drafts.extend(judge::skipped(&flow));
            drafts.extend(judge::listed(&flow, locking, &self.mutators));
            drafts.extend(judge::kept_whole(&flow, locking));
            drafts.extend(judge::leases(&flow));
            drafts.extend(judge::across(&flow, locking));
            drafts.extend(judge::stale_fill(&flow, (locking, &self.mutators), &self.touching));
            drafts.extend(judge::dropped(&flow, locking));
            drafts.extend(judge::halves(&flow));
            drafts.extend(judge::unlinked(&flow));
            drafts.extend(judge::next_name(&flow, locking));
            drafts.extend(judge::afterwards(&flow, locking, &self.mutators));
            drafts.extend(judge::wakeups(&flow, locking, &self.mutators));
            // A pattern without a page and twins is not reported.
            drafts.retain(|draft| crate::rules::rule(draft.rule).is_some());
            audited.schedules += flow.purse.schedules.get();
            audited.candidates += drafts.len() as u64;
            let told = |draft: Draft| {
                let draft = judge::accepted(&flow, draft);
                let draft = judge::if_made(&flow, locking, draft);
                let draft = judge::if_taken_by_several(&flow, draft);
                let finding = judge::finding(&flow, &draft, &self.sources);
                (draft, finding)
            };
            let mut told: Vec<(Draft, Finding)> = drafts.into_iter().map(told).collect();
            without_limits_twice(&mut told);
            for (draft, finding) in told {
                // The order of a clean-up and the coin that decides on it are two faults.
                let family = match finding.rule.number() {
                    own @ 150 if finding.verdict == Verdict::Closed => {
                        format!("{own} {} {}", finding.store, finding.act.line)
                    }
                    own @ (110 | 120 | 142 | 162 | 163 | 170 | 201..=399) => {
                        format!("{own} {}", finding.store)
                    }
                    // What is seen half written is another fault than what is gone when it is opened.
                    own @ 143 => format!("{own} {}", finding.key),
                    // All files are one store; each path is a site of its own.
                    number if finding.store == "files" => {
                        format!("{} {}", number / 100, finding.key)
                    }
                    number => format!("{} {}", number / 100, finding.store),
                };
                let known = best.get(&family);
                if known.is_none_or(|known| stronger(&finding, &known.finding)) {
                    best.insert(family, Told::of(&flow, &draft, finding));
                }
            }
        }
        let mut kept = told_once::each_place_once(best.into_values().collect());
        if !self.scope.all {
            beside(&mut kept);
        }
        kept
    }
}

/// A count that decides on a clean-up is told once, as the limit it is, and not again as a look at
/// what the clean-up deletes.
fn without_limits_twice(told: &mut Vec<(Draft, Finding)>) {
    let pair =
        |finding: &Finding| (finding.check.as_ref().map(|check| check.line), finding.act.line);
    let limits: Vec<_> = told
        .iter()
        .filter(|(_, finding)| finding.rule.number() == 170)
        .map(|(_, finding)| pair(finding))
        .collect();
    told.retain(|(_, finding)| {
        finding.verdict != Verdict::Conditional
            || finding.rule.number() == 170
            || !limits.contains(&pair(finding))
    });
}

/// Keeps what is closed only where the same function has something to tell: who reads of the one
/// pair asks about the other.
fn beside(found: &mut Vec<Told>) {
    let live = found.iter().any(|told| told.finding.verdict != Verdict::Closed);
    found.retain(|told| live || told.finding.verdict != Verdict::Closed);
}

/// Whether one finding on a store says more than another.
fn stronger(finding: &Finding, known: &Finding) -> bool {
    let weight = |verdict| match verdict {
        Verdict::Open => 2,
        Verdict::Conditional => 1,
        Verdict::Closed => 0,
    };
    (weight(finding.verdict), finding.severity) > (weight(known.verdict), known.severity)
}

/// The concrete classes on which a method runs as it stands: its own, and those that inherit it
/// but not all of its helpers.
fn classes(tree: &Tree<'_>, id: FnId) -> Vec<Option<ClassId>> {
    let function = tree.function(id);
    let Some(own) = tree.class_of(id) else { return vec![None] };
    if function.kind == FunctionKind::StaticMethod {
        return vec![Some(own)];
    }
    let mut helpers = Vec::new();
    function.each_event(|event| {
        if let EventKind::Call(call) = &event.kind {
            helpers.push(call.name);
        }
    });
    let mut found = vec![Some(own)];
    let mut seen: FxHashSet<Vec<Option<FnId>>> = FxHashSet::default();
    let shape = |class| helpers.iter().map(|name| tree.method(class, *name)).collect::<Vec<_>>();
    seen.insert(shape(own));
    for class in tree.family(own).iter().copied() {
        let inherits = tree.method(class, function.name) == Some(id);
        if inherits && found.len() < CLASSES_MAX && seen.insert(shape(class)) {
            found.push(Some(class));
        }
    }
    found
}

/// Whether a function is a method of a test case, wherever that stands.
fn is_of_a_test_case(tree: &Tree<'_>, id: FnId) -> bool {
    tree.class_of(id).is_some_and(|class| {
        tree.ancestry(class).into_iter().any(|class| {
            let mut bases = tree.class(class).bases.iter();
            bases.any(|base| Tree::type_word(base).as_str().ends_with("TestCase"))
        })
    })
}
