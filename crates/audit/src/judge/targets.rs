//! The entries of stores that a flow changes and looks at: what is judged.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, CheckKind, EventKind, Key, Lang, Meaning, Outcome, SqlVerb, StoreKind,
};
use rustc_hash::FxHashMap;

use super::rooms::rooms;
use crate::flow::{Flow, FrameId, Uid};
use crate::mutators::{Home, Mutators, home_of};
use crate::shared::Guarded;
use crate::slice::{AbsPlace, Target, placed, touches};

/// Targets of one function.
const TARGETS_MAX: usize = 24;

/// What of the store and its object is changed under a lock somewhere in the tree.
pub(super) fn guarded(flow: &Flow<'_, '_>, mutators: &Mutators<'_>, target: &Target) -> Guarded {
    let home = home_of(flow, target).map(|(home, _)| home);
    let class = match &home {
        Some(Home::Field(class, _)) => Some(*class),
        _ => flow.class.or_else(|| flow.tree.class_of(flow.entry)),
    };
    let here = mutators.guarded(flow.tree, home.as_ref(), (target.scope, target.kind));
    let beside = !here && class.is_some_and(|class| mutators.guards_something(flow.tree, class));
    Guarded { here, beside }
}

/// Every entry of a store that some event of the flow changes and another one looks at, in the function itself
/// or each in a helper of its own.
pub(super) fn targets(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    let mut elsewhere: Vec<Target> = Vec::new();
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    // Most functions only look.
    let changes = flow.uids().any(|uid| act_at(flow, uid).is_some());
    let about = if changes { about_stores(flow) } else { Vec::new() };
    let looks_on = |uid: &Uid| {
        !matches!(&flow.event(*uid).kind, EventKind::Act(act)
            if !looks(act) && !counts_its_rows(flow, *uid, act))
    };
    let mut all_near: FxHashMap<usize, (Vec<Uid>, Vec<Uid>)> = FxHashMap::default();
    for (uid, store, _) in about.iter().copied() {
        let Some(onto) = act_at(flow, uid) else { continue };
        // What is about one store in one helper alone is told of the helper, whichever entry it is.
        let (near, looking) = all_near.entry(store).or_insert_with(|| {
            let near = about.iter().filter(|(_, of, lists)| *of == store || *lists);
            let near: Vec<Uid> = near.map(|(other, ..)| *other).collect();
            let near = if meet_here(flow, &near) { near } else { Vec::new() };
            let looking = near.iter().copied().filter(looks_on).collect();
            (near, looking)
        });
        let others = looking.iter().filter(|other| **other != uid);
        // Nobody looks at that store.
        if others.clone().next().is_none() {
            continue;
        }
        let Some(target) = flow.target(uid) else { continue };
        let mut wanted = vec![target];
        if let Some(to) = onto {
            let mut onto = wanted[0].clone();
            onto.keys = flow.keys_of(flow.frame_of(uid), to);
            // What is moved may be private; where it goes is not.
            onto.confined = false;
            wanted.push(onto);
        }
        for target in wanted {
            let known = found.iter().chain(&elsewhere).any(|known| {
                // Whether there is a map of Go at all is another question than what is in it.
                let whole = known.keys.is_empty()
                    && (!go || known.kind != StoreKind::Cell || target.kind == StoreKind::Cell);
                let shares = known.keys.iter().any(|key| target.keys.contains(key));
                known.place == target.place && (shares || whole)
            });
            if known || found.len() >= TARGETS_MAX {
                continue;
            }
            let touched = |other: &Uid| touches(flow, &target, *other).is_some();
            if others.clone().any(touched) {
                let touching: Vec<Uid> = near.iter().copied().filter(touched).collect();
                let own = meet_here(flow, &touching);
                (if own { &mut found } else { &mut elsewhere }).push(target);
            }
        }
    }
    found.extend(sizes(flow));
    found.extend(rooms(flow));
    found
}

/// Whether an event is an act, and the other entry that it is done to.
fn act_at<'a>(flow: &'a Flow<'_, '_>, uid: Uid) -> Option<Option<&'a Key>> {
    match &flow.event(uid).kind {
        EventKind::Act(act) => Some(act.target.as_ref()),
        // A read that fails when the entry has gone is an act on what was listed.
        EventKind::Read(read) if matches!(read.miss, Outcome::Raises(_)) => Some(None),
        _ => None,
    }
}

/// The events that are about stores, each with a number that those about the same store share, and whether it lists
/// what is there.
fn about_stores(flow: &Flow<'_, '_>) -> Vec<(Uid, usize, bool)> {
    let mut numbers: FxHashMap<Option<&AbsPlace>, usize> = FxHashMap::default();
    let about = flow.uids().filter(|uid| flow.event(*uid).kind.target().is_some());
    let numbered = about.map(|uid| {
        let next = numbers.len();
        let store = *numbers.entry(placed(flow, uid)).or_insert(next);
        (uid, store, matches!(flow.event(uid).kind, EventKind::Enumerate(_)))
    });
    numbered.collect()
}

/// Whether two of the events are the function's own, or meet in it: what one helper does is told of the helper.
fn meet_here(flow: &Flow<'_, '_>, touching: &[Uid]) -> bool {
    let by = |uid: Uid| {
        let chain = flow.chain(uid);
        // A closure that runs in place is part of the function it stands in.
        let within = |frame: &FrameId| {
            let mut frame = *frame;
            while let Some(lexical) = flow.frames[frame as usize].lexical {
                frame = lexical;
            }
            frame == 0
        };
        if chain[1..].iter().any(within) { 0 } else { chain.get(1).copied().unwrap_or(0) }
    };
    let Some((first, rest)) = touching.split_first() else { return false };
    let helper = by(*first);
    !rest.is_empty() && (helper == 0 || rest.iter().any(|uid| by(*uid) != helper))
}

/// Whether an act tells that nothing is there: an opening and a server's count by their failure, an update by how
/// many rows it changed.
fn looks(act: &Act) -> bool {
    let counts = act.atomicity == Atomicity::Relative && act.sql.is_none();
    let counted = act.used.tested
        && act.sql.as_ref().is_some_and(|sql| sql.verb == SqlVerb::Update && sql.filter.len() == 1);
    act.kind == ActKind::OpenRead || counts && matches!(act.failure, Outcome::Raises(_)) || counted
}

/// Whether a mapper's update of the rows that a filter chooses tells by their number whether there are any.
fn counts_its_rows(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    act.kind == ActKind::Update
        && act.means == Meaning::Count
        && act.used.tested
        && act.key.value.is_some()
        && function.store(act.store).kind == StoreKind::Orm
}

/// The stores whose size is asked for.
fn sizes(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for uid in flow.uids() {
        let EventKind::Check(check) = &flow.event(uid).kind else { continue };
        if check.what != CheckKind::Size {
            continue;
        }
        let Some(target) = flow.store_of(uid) else { continue };
        if !found.iter().any(|known| known.place == target.place) {
            found.push(Target { size: true, ..target });
        }
    }
    found
}
