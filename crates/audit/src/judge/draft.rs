//! From a witness, or the lack of one, to what will become a finding.

use amorsize_facts::event::{ActKind, CheckKind, EventKind, Step, StoreKind, ValueKind};
use amorsize_finding::{Consequence, Verdict};

use super::agreed::{agreed, by_hand};
use super::alone::{alone, hears_of_it};
use super::anew::settled_at_flush;
use super::at_home::at_home;
use super::doubts::doubts;
use super::evidence::unshown;
use super::explore::{Draft, Found, Other};
use super::half_locked::half_locked;
use super::lifetime::once_at_a_time;
use super::no_matter::no_matter;
use super::one_thread::on_one_thread;
use super::pattern::{LockAt, grip, locks_at, rule};
use super::reach::meets_own_thread;
use super::sense::{keeps_locks, memo, migrates, once_only, own_or_tool};
use crate::flow::{AbsPath, AbsRoot, Flow, Uid};
use crate::held::Locking;
use crate::mutators::Mutators;
use crate::shared::Sharing;
use crate::slice::{AbsPlace, Pair, Target};

/// What a witness becomes, unless the code around it says that it is no matter.
pub(super) fn draft(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    sharing: &Sharing,
    mut found: Found,
) -> Option<Draft> {
    let dropped = match target.kind {
        StoreKind::File => own_or_tool(flow, target, found.pair),
        StoreKind::Orm if settled_at_flush(flow, found.pair.act) => true,
        StoreKind::Sql | StoreKind::Orm => migrates(flow),
        _ => false,
    };
    if dropped || once_only(flow, found.pair.act) || hears_of_it(flow, found.pair.act) {
        return None;
    }
    if memo(flow, target, &found) {
        found.harm.consequence = Consequence::DuplicateWork;
    }
    // Work done twice in an object that may be shared: two ifs are no finding.
    let plain = matches!(target.place, AbsPlace::Path(AbsPath { root: AbsRoot::Receiver, .. }))
        && flow.tree.file(flow.entry).lang == amorsize_facts::event::Lang::Python;
    let twice = found.harm.consequence == Consequence::DuplicateWork;
    if plain && twice && matches!(sharing, Sharing::If(_)) {
        return None;
    }
    if target.kind == StoreKind::Sql && !target.size && counts_rows(flow, found.pair) {
        return None;
    }
    let grip =
        grip(&locks_at(flow, locking, found.pair.check), &locks_at(flow, locking, found.pair.act));
    let reason = found.harm.consequence == Consequence::WrongAnswer;
    let rule = rule(flow, target, found.pair, &grip, reason);
    if rule == 303 {
        found.harm.consequence = Consequence::WrongReason;
    }
    let (why_shared, mut assumption) = match sharing {
        Sharing::Yes(why) => (why.clone(), None),
        Sharing::If(_) if keeps_locks(flow, found.pair.act) => {
            ("it holds locks, which are for several threads".to_owned(), None)
        }
        Sharing::If(_) if meets_own_thread(flow, target, &found.other) => {
            ("a thread that the object starts works on it, too".to_owned(), None)
        }
        Sharing::If(what) => (String::new(), Some(what.clone())),
        Sharing::No => (String::new(), None),
    };
    assumption = assumption
        .or_else(|| (rule == 102).then(|| handed_on(flow, locking)).flatten())
        .or_else(|| doubts(flow, target, &found))
        .or_else(|| alone(flow, locking, target, &found))
        .or_else(|| once_at_a_time(flow, target, &found))
        .or_else(|| no_matter(flow, locking, target, &found))
        .or_else(|| half_locked(flow, locking, target, &found))
        .or_else(|| agreed(flow, locking, target, &found))
        .or_else(|| by_hand(flow, locking, target, &found))
        .or_else(|| unshown(flow, (locking, mutators), target, &found))
        .or_else(|| at_home(flow, locking, target, &found))
        .or_else(|| on_one_thread(flow, (locking, mutators), target, &found));
    let verdict = if assumption.is_some() { Verdict::Conditional } else { Verdict::Open };
    Some(Draft {
        rule,
        verdict,
        consequence: found.harm.consequence,
        target: target.clone(),
        pair: found.pair,
        witness: Some(found.witness),
        other: found.other,
        why_shared,
        assumption,
        grip,
        guard: None,
    })
}

/// Whether rows are counted before one is deleted: how many there are says nothing of the one, it is
/// a matter of the limit.
fn counts_rows(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let deletes =
        matches!(&flow.event(pair.act).kind, EventKind::Act(act) if act.kind == ActKind::Delete);
    let frame = flow.frame_of(pair.check);
    let sized = |uid: Uid| {
        flow.frame_of(uid) == frame
            && matches!(&flow.event(uid).kind, EventKind::Check(check)
                if check.what == CheckKind::Size
                    && (uid == pair.check || check.of == Some(flow.event(pair.check).id)))
    };
    deletes && flow.uids().any(sized)
}

/// A function that nobody calls by its name, and that is handed on as a value: whether more than one
/// caller runs it is not to be seen.
fn handed_on(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<String> {
    if locking.called(flow.entry) {
        return None;
    }
    let name = flow.tree.function(flow.entry).name;
    let package = flow.tree.package(flow.entry.file);
    let loads = |value: &amorsize_facts::event::Value| {
        let field = match &value.kind {
            ValueKind::Field(_, field) => Some(*field),
            ValueKind::Load(path) => match path.steps.last() {
                Some(Step::Field(field)) => Some(*field),
                _ => None,
            },
            _ => None,
        };
        field == Some(name)
    };
    let handed = flow.tree.all().any(|id| {
        flow.tree.package(id.file) == package && flow.tree.function(id).values.iter().any(loads)
    });
    handed.then(|| "more than one caller runs what is only handed on as a function".to_owned())
}

/// The shape is there and a guard closes it: says which.
pub(super) fn closed_draft(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    (pair, guard): (Pair, Option<LockAt>),
) -> Draft {
    let grip = grip(&locks_at(flow, locking, pair.check), &locks_at(flow, locking, pair.act));
    Draft {
        rule: rule(flow, target, pair, &grip, false),
        verdict: Verdict::Closed,
        consequence: Consequence::DoubleWin,
        target: target.clone(),
        pair,
        witness: None,
        other: Other::Same,
        why_shared: String::new(),
        assumption: None,
        grip,
        guard,
    }
}
