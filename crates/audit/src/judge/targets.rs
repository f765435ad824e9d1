//! The entries of stores that a flow changes and looks at: what is judged.

use amorsize_facts::event::{Act, ActKind, Atomicity, CheckKind, EventKind, Outcome, SqlVerb};

use super::rooms::rooms;
use crate::flow::Flow;
use crate::mutators::{Home, Mutators, home_of};
use crate::shared::Guarded;
use crate::slice::{Target, touches};

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

/// Every entry of a store that some event of the flow changes and another one looks at.
pub(super) fn targets(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    for uid in flow.uids() {
        let onto = match &flow.event(uid).kind {
            EventKind::Act(act) => act.target.as_ref(),
            // A read that fails when the entry has gone is an act on what was listed.
            EventKind::Read(read) if matches!(read.miss, Outcome::Raises(_)) => None,
            _ => continue,
        };
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
            let known = found.iter().any(|known| {
                known.place == target.place
                    && (known.keys.iter().any(|key| target.keys.contains(key))
                        || known.keys.is_empty())
            });
            if known || found.len() >= TARGETS_MAX {
                continue;
            }
            let looked = flow.uids().any(|other| {
                other != uid
                    && !matches!(&flow.event(other).kind, EventKind::Act(act) if !looks(act))
                    && touches(flow, &target, other).is_some()
            });
            if looked {
                found.push(target);
            }
        }
    }
    found.extend(sizes(flow));
    found.extend(rooms(flow));
    found
}

/// Whether an act tells that nothing is there: an opening and a server's count by their failure, an update by how
/// many rows it changed.
fn looks(act: &Act) -> bool {
    let counts = act.atomicity == Atomicity::Relative && act.sql.is_none();
    let counted = act.used.tested
        && act.sql.as_ref().is_some_and(|sql| sql.verb == SqlVerb::Update && sql.filter.len() == 1);
    act.kind == ActKind::OpenRead || counts && matches!(act.failure, Outcome::Raises(_)) || counted
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
