//! The stores that are asked how much they hold before more is put in.

use amorsize_facts::event::{
    ActKind, CheckKind, EventId, EventKind, Op, Path, Root, Scope, Step, StoreKind, ValueId,
    ValueKind,
};

use super::sense::words;
use crate::flow::{Flow, FrameId, Trail, Uid};
use crate::slice::{Target, extends, grows, held_in, touches};

/// Every store of the process that is judged by its size, or by a limit of its own, and grows later.
pub(super) fn rooms(flow: &Flow<'_, '_>) -> Vec<Target> {
    let mut found: Vec<Target> = Vec::new();
    let events = flow.uids();
    for uid in events.clone() {
        let EventKind::Check(check) = &flow.event(uid).kind else { continue };
        let asked = match check.what {
            CheckKind::Size => true,
            CheckKind::State => is_within_a_limit(flow, flow.frame_of(uid), check.result),
            _ => false,
        };
        let store = asked.then(|| flow.store_of(uid)).flatten();
        let Some(target) = store.filter(|target| limited(target, check.what)) else { continue };
        if target.scope > Scope::Process && makes_room(flow, uid, &target) {
            continue;
        }
        // On a server, one key holds what is counted.
        let keys = match (target.kind, flow.target(uid)) {
            (StoreKind::Remote, Some(counted)) => counted.keys,
            _ => Vec::new(),
        };
        let target = Target { size: true, room: true, keys, ..target };
        let within = check.of.and_then(|_| entry_filled(flow, uid, &target));
        let extended = check.of.and_then(|of| entry_extended(flow, uid, of, &target));
        for target in [Some(target), within, extended].into_iter().flatten() {
            let known =
                found.iter().any(|known| known.place == target.place && known.keys == target.keys);
            let mut later = events.clone().filter(|act| *act > uid);
            let fills = later.any(|act| {
                grows(flow, &target.place, act) && touches(flow, &target, act).is_some()
            });
            if !known && fills {
                found.push(target);
            }
        }
    }
    found
}

/// The entry of a table that is asked how much it holds, and put back with more in it later:
/// `m[k] = append(m[k], x)`.
fn entry_extended(flow: &Flow<'_, '_>, asked: Uid, of: EventId, table: &Target) -> Option<Target> {
    let entry = flow.target(flow.uid(flow.frame_of(asked), of)?)?;
    let fills = flow.uids().any(|act| {
        act > asked && extends(flow, &table.place, act) && touches(flow, &entry, act).is_some()
    });
    (fills && !entry.keys.is_empty()).then_some(Target { size: true, room: true, ..entry })
}

/// The list or table that an entry of a table holds, where its size is asked for and it is filled
/// later: `len(self.events[key])`, and `self.events[key].append(now)`. All looks at the table are for
/// that one entry.
fn entry_filled(flow: &Flow<'_, '_>, asked: Uid, table: &Target) -> Option<Target> {
    let place = held_in(table.place.clone())?;
    let act = flow.uids().find(|act| *act > asked && grows(flow, &place, *act))?;
    let looked = |uid: &Uid| {
        matches!(flow.event(*uid).kind, EventKind::Read(_))
            && flow.store_of(*uid).is_some_and(|store| store.place == table.place)
    };
    let mut keys = flow.uids().filter(looked).filter_map(|uid| Some(flow.target(uid)?.keys));
    let first = keys.next()?;
    let one = keys.all(|keys| keys.iter().any(|key| first.contains(key)));
    let held = flow.store_of(act).filter(|_| one)?;
    Some(Target { size: true, room: true, ..held })
}

/// Whether something is taken out of a store after it was counted: nobody is refused, and that there are a few
/// too many for a while is no harm.
fn makes_room(flow: &Flow<'_, '_>, counted: Uid, target: &Target) -> bool {
    flow.uids().any(|uid| {
        let takes = match &flow.event(uid).kind {
            EventKind::Act(act) => {
                matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear)
            }
            EventKind::Prune(_) => true,
            _ => false,
        };
        uid > counted
            && takes
            && flow.store_of(uid).is_some_and(|store| store.place == target.place)
    })
}

/// Whether there may be a limit to what a store holds: rows and what a server keeps are counted.
fn limited(target: &Target, asked: CheckKind) -> bool {
    let counted = matches!(target.kind, StoreKind::Sql | StoreKind::Orm | StoreKind::Remote);
    target.scope <= Scope::Process || counted && asked == CheckKind::Size
}

/// Whether a test compares a number with one that is by its name the most there may be.
fn is_within_a_limit(flow: &Flow<'_, '_>, frame: FrameId, test: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let ValueKind::Result(_, inputs) = &function.value(test).kind else { return false };
    let compared = inputs.iter().find_map(|input| match &function.value(*input).kind {
        ValueKind::Op(Op::Lt | Op::Le | Op::Gt | Op::Ge, sides) => Some(sides),
        _ => None,
    });
    let Some(sides) = compared else { return false };
    let mut trail = Trail::from(sides.iter().copied(), 24);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        let named = match kind {
            ValueKind::Load(path) => says_limit(&last(path)),
            ValueKind::Field(_, name) | ValueKind::Named(name) => says_limit(name.as_str()),
            ValueKind::Param(n) => function
                .params
                .get(usize::from(*n))
                .is_some_and(|param| says_limit(param.name.as_str())),
            _ => false,
        };
        if named {
            return true;
        }
        trail.follow(kind.inputs());
    }
    false
}

fn last(path: &Path) -> String {
    match (path.steps.last(), &path.root) {
        (Some(Step::Field(name) | Step::Getter(name)), _) => name.as_str().to_owned(),
        (_, Root::Global(name) | Root::Captured(name)) => name.as_str().to_owned(),
        _ => String::new(),
    }
}

fn says_limit(name: &str) -> bool {
    words(name).iter().any(|word| {
        word.starts_with("max")
            || matches!(
                word.as_str(),
                "limit" | "cap" | "capacity" | "quota" | "budget" | "burst" | "bound" | "allowed"
            )
    })
}
