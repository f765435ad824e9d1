//! One audit of linked facts: every function once, every finding once.

use amorsize_facts::event::{EventKind, FileFacts, FunctionKind};
use amorsize_finding::{Finding, Verdict};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::flow::{self, Touching};
use crate::held::{Locking, is_test};
use crate::judge::{self, Draft, Sources};
use crate::link::{ClassId, FnId, Tree};
use crate::mutators::Mutators;
use crate::siblings;

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
}

/// Audits the facts of one tree.
#[must_use]
pub fn audit(files: &[FileFacts], texts: &[String], scope: Scope) -> Audited {
    let tree = Tree::new(files);
    let touching = Touching::of(&tree);
    let locking = Locking::new(&tree);
    let mutators = Mutators::of(&tree, &locking);
    let readers = judge::Readers::of(&tree);
    let inline = inlined_closures(&tree);
    let sources = Texts(texts);
    let mut audited = Audited::default();
    let mut found: Vec<(FnId, Finding)> = Vec::new();
    for id in tree.all() {
        let function = tree.function(id);
        let skipped = !scope.include_tests && is_test(&tree.file(id).path);
        if skipped || !touching.contains(id) || inline.contains(&id) || function.body.is_empty() {
            continue;
        }
        let mut best: FxHashMap<String, (Draft, Finding)> = FxHashMap::default();
        for class in classes(&tree, id) {
            let flow = flow::build(&tree, &touching, id, class);
            audited.truncated += u64::from(flow.truncated);
            let mut drafts = judge::judge(&flow, &locking, &mutators);
            audited.truncated += u64::from(flow.purse.left.get() == 0);
            drafts.extend(judge::coins(&flow, &locking));
            drafts.extend(judge::published(&flow, &locking, &readers));
            drafts.extend(judge::masks(&flow));
            drafts.extend(judge::leases(&flow));
            drafts.extend(judge::across(&flow, &locking));
            drafts.extend(judge::dropped(&flow, &locking));
            drafts.extend(judge::halves(&flow));
            // A pattern without a page and twins is not reported.
            drafts.retain(|draft| crate::rules::rule(draft.rule).is_some());
            audited.schedules += flow.purse.schedules.get();
            for draft in drafts {
                audited.candidates += 1;
                let finding = judge::finding(&flow, &draft, &sources);
                // The order of a clean-up and the coin that decides on it are two faults.
                let family = match finding.rule.number() {
                    own @ 150 if finding.verdict == Verdict::Closed => {
                        format!("{own} {} {}", finding.store, finding.act.line)
                    }
                    own @ (110 | 120 | 142 | 162 | 163 | 170 | 201..=399) => {
                        format!("{own} {}", finding.store)
                    }
                    number => format!("{} {}", number / 100, finding.store),
                };
                let known = best.get(&family);
                if known.is_none_or(|(_, known)| stronger(&finding, known)) {
                    best.insert(family, (draft, finding));
                }
            }
        }
        let mut kept: Vec<Finding> = best.into_values().map(|(_, finding)| finding).collect();
        if !scope.all {
            beside(&mut kept);
        }
        found.extend(kept.into_iter().map(|finding| (id, finding)));
    }
    let open: Vec<FnId> =
        found.iter().filter(|(_, f)| f.verdict == Verdict::Open).map(|(id, _)| *id).collect();
    for (id, finding) in &mut found {
        if finding.verdict != Verdict::Closed {
            finding.sibling = siblings::sibling(&tree, &locking, *id, &open);
        }
    }
    let more = siblings::fixed_elsewhere(&tree, &found);
    found.extend(more);
    audited.findings = found.into_iter().map(|(_, finding)| finding).collect();
    audited.findings.sort_by(Finding::order);
    audited
}

/// Keeps what is closed only where the same function has something to tell: who reads of the one
/// pair asks about the other.
fn beside(found: &mut Vec<Finding>) {
    let live = found.iter().any(|finding| finding.verdict != Verdict::Closed);
    found.retain(|finding| live || finding.verdict != Verdict::Closed);
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
    for class in tree.family(own) {
        let inherits = tree.method(class, function.name) == Some(id);
        if inherits && found.len() < CLASSES_MAX && seen.insert(shape(class)) {
            found.push(Some(class));
        }
    }
    found
}

/// Closures that run where they stand, hence are part of the function around them.
fn inlined_closures(tree: &Tree<'_>) -> FxHashSet<FnId> {
    use amorsize_facts::event::ValueKind;
    let mut found = FxHashSet::default();
    for id in tree.all() {
        let function = tree.function(id);
        function.each_event(|event| {
            let EventKind::Call(call) = &event.kind else { return };
            let named = call.named.iter().map(|(_, value)| value);
            for value in call.args.iter().chain(named).chain(call.receiver_value.as_ref()) {
                if let ValueKind::Closure(closure) = function.value(*value).kind {
                    found.insert(FnId { file: id.file, func: closure.0 });
                }
            }
            for callee in tree.resolve(id, None, call) {
                if tree.parent(callee.id).is_some() {
                    found.insert(callee.id);
                }
            }
        });
    }
    found
}
