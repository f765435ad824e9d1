//! Who does it right: an implementation of the same method in the tree that holds one lock over
//! its act, and places where clean-up already comes after the checks.

use amorsize_facts::event::{Call, CheckKind, EventKind, FunctionKind};
use amorsize_finding::{Finding, RuleId, Sibling, Verdict};

use crate::held::Locking;
use crate::link::{ClassId, FnId, Tree};
use crate::slice::{collects_garbage, is_maintenance};

/// Calls within calls in which a clean-up is looked for.
const CALLS_MAX: u8 = 2;

/// Methods that must agree before two Go types are taken for siblings.
const AGREEING_LEAST: usize = 3;

/// Finds an implementation of the same method that does it under a lock.
pub(crate) fn sibling(
    tree: &Tree<'_>,
    locking: &Locking<'_, '_>,
    id: FnId,
    open: &[FnId],
) -> Option<Sibling> {
    let class = tree.class_of(id)?;
    let names = std::iter::once(tree.function(id).name).chain(
        locking
            .callers(id)
            .filter(|caller| tree.class_of(*caller) == Some(class))
            .map(|caller| tree.function(caller).name),
    );
    let mut best: Option<(usize, Sibling)> = None;
    for name in names {
        for other in tree.methods_named(name) {
            let Some(theirs) = tree.class_of(*other) else { continue };
            let skip = theirs == class || open.contains(other) || tree.is_test(*other);
            if skip || !related(tree, class, theirs) {
                continue;
            }
            // Who both looks and acts under its lock shows more than who only acts.
            if let Some((line, how, steps)) = guarded(tree, locking, *other)
                && best.as_ref().is_none_or(|(known, _)| steps > *known)
            {
                let function = tree.function(*other);
                let sibling = Sibling {
                    path: tree.file(*other).path.clone(),
                    line,
                    function: function.qualified.as_str().to_owned(),
                    how,
                };
                best = Some((steps, sibling));
            }
        }
    }
    best.map(|(_, sibling)| sibling)
}

fn related(tree: &Tree<'_>, a: ClassId, b: ClassId) -> bool {
    if tree.topmost(a) == tree.topmost(b) {
        return true;
    }
    let methods = |class: ClassId| -> Vec<_> {
        tree.class(class)
            .methods
            .iter()
            .map(|m| tree.function(FnId { file: class.file, func: m.0 }).name)
            .collect()
    };
    let (ours, theirs) = (methods(a), methods(b));
    ours.iter().filter(|name| theirs.contains(name)).count() >= AGREEING_LEAST
}

/// The line and name of the lock under which a function acts, and whether it takes one step there
/// or more.
fn guarded(tree: &Tree<'_>, locking: &Locking<'_, '_>, id: FnId) -> Option<(u32, String, usize)> {
    let function = tree.function(id);
    if function.kind == FunctionKind::Constructor {
        return None;
    }
    let within = locking.within(id);
    let mut found: Option<(u32, String, usize)> = None;
    function.each_event(|event| {
        let counts = matches!(
            event.kind,
            EventKind::Act(_) | EventKind::Call(_) | EventKind::Check(_) | EventKind::Read(_)
        );
        let acts = matches!(event.kind, EventKind::Act(_) | EventKind::Call(_));
        let held = within.get(&event.id).and_then(|held| held.first());
        let Some(held) = held.filter(|_| counts) else { return };
        match &mut found {
            Some((_, _, steps)) => *steps = 2,
            None if acts => {
                found = Some((held.line, format!("holds `{}` from check to act", held.lock), 1));
            }
            None => {}
        }
    });
    found
}

/// For each function whose clean-up comes first: a function of the tree in which the same
/// clean-up already comes last.
pub(crate) fn fixed_elsewhere(
    tree: &Tree<'_>,
    findings: &[(FnId, Finding)],
) -> Vec<(FnId, Finding)> {
    let mut more = Vec::new();
    let early: Vec<FnId> = findings
        .iter()
        .filter(|(_, f)| matches!(f.rule.number(), 201 | 202) && f.verdict == Verdict::Open)
        .map(|(id, _)| *id)
        .collect();
    // The order is the fault that was put right; with or without a coin it is found as 201.
    for (id, finding) in findings.iter().filter(|(_, finding)| finding.rule.number() == 201) {
        let found = tree.all().find_map(|other| {
            if other.file != id.file || early.contains(&other) {
                return None;
            }
            let function = tree.function(other);
            // A clean-up that calls another one has put no order right.
            let cleans = is_maintenance(function.name) || collects_garbage(function);
            let line = (!cleans).then(|| cleans_last(tree, other)).flatten()?;
            Some((other, line))
        });
        let Some((other, line)) = found else { continue };
        let function = tree.function(other).qualified.as_str();
        let rule = RuleId::new(203);
        let mut copy = finding.clone();
        copy.rule = rule;
        copy.title = format!("the order that {function} has put right is still wrong here");
        copy.message = format!(
            "{} In {function} the clean-up comes after the checks (line {line}).",
            finding.message
        );
        copy.sibling = Some(Sibling {
            path: tree.file(other).path.clone(),
            line,
            function: function.to_owned(),
            how: "cleans up after its checks".to_owned(),
        });
        copy.fix = finding.fix.clone().map(|fix| amorsize_finding::Fix {
            summary: crate::rules::advice(203).to_owned(),
            ..fix
        });
        copy.fingerprint = Finding::identity(
            rule,
            [&finding.path, &finding.function, &finding.store, &finding.key],
            0,
        );
        more.push((*id, copy));
    }
    more
}

/// Whether a call cleans up, by its name, by what it does, or through a helper that throws the coin.
fn cleans(tree: &Tree<'_>, id: FnId, call: &Call, left: u8) -> bool {
    is_maintenance(call.name)
        || tree.resolve(id, None, call).iter().any(|callee| {
            let function = tree.function(callee.id);
            let mut deeper = false;
            function.each_event(|event| {
                if let EventKind::Call(call) = &event.kind {
                    deeper |= left > 0 && cleans(tree, callee.id, call, left - 1);
                }
            });
            deeper || collects_garbage(function)
        })
}

/// The line of a clean-up call that comes after the function's own look at what it asks for.
fn cleans_last(tree: &Tree<'_>, id: FnId) -> Option<u32> {
    let function = tree.function(id);
    let mut looked = false;
    let mut line = None;
    let mut first = None;
    function.each_event(|event| match &event.kind {
        EventKind::Check(check) => looked |= check.what != CheckKind::State,
        EventKind::Read(_) => looked = true,
        EventKind::Call(call) if cleans(tree, id, call, CALLS_MAX) => {
            first = first.or(Some(looked));
            if looked {
                line = Some(event.span.line);
            }
        }
        _ => {}
    });
    line.filter(|_| first == Some(true))
}
