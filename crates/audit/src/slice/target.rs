//! Which entry of which store, and which events touch it.

use amorsize_facts::event::{
    ActKind, CheckKind, Confidence, EventId, EventKind, Key, Lang, Name, Op, Piece, Place, Root,
    Scope, Step, StoreId, StoreKind, ValueId, ValueKind,
};

use super::folder::folders;
use super::free_name::asked_first;
use super::lockfile::only_locked;
use super::popped::apart_by_popping;
use super::room::{holds_target, touches_room};
use super::seat::{Seat, is_plain, placed, seat};
use crate::flow::{AbsPath, AbsRoot, Flow, FrameId, Trail, Uid};
use crate::whole_maps::{empties, fills_nothing};

/// Which store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AbsPlace {
    Path(AbsPath),
    Table(Name),
    Model(Name),
    Files,
}

/// One entry of one store.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub place: AbsPlace,
    pub kind: StoreKind,
    pub scope: Scope,
    pub confined: bool,
    pub confidence: Confidence,
    /// The key by value and by text; empty for a plain variable.
    pub keys: Vec<u64>,
    /// The key as the code writes it.
    pub key_uid: Uid,
    /// Whether it is about how much the store holds, not about one entry.
    pub size: bool,
    /// Of that, whether it is about how much the store may hold.
    pub room: bool,
}

/// How an event touches a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    /// This very entry.
    Entry,
    /// Some entry, in a loop over all of them.
    Each,
    /// The whole store.
    Whole,
}

impl Flow<'_, '_> {
    /// The store an event is about.
    pub(crate) fn place_of(&self, frame: FrameId, store: StoreId) -> AbsPlace {
        let function = self.tree.function(self.frames[frame as usize].func);
        match &function.store(store).place {
            Place::Path(path) => AbsPlace::Path(self.path(frame, path)),
            Place::Table(name) => AbsPlace::Table(*name),
            Place::Model(name) => AbsPlace::Model(*name),
            Place::Files => AbsPlace::Files,
        }
    }

    /// The numbers a key goes by.
    pub(crate) fn keys_of(&self, frame: FrameId, key: &Key) -> Vec<u64> {
        let mut keys = Vec::new();
        keys.extend(key.value.map(|value| self.canon(frame, value)));
        // A name that was asked for first is used unless it is taken.
        let first = key.value.and_then(|value| asked_first(self, frame, value));
        if let Some((_, Some(asked))) = first.and_then(|look| self.event(look).kind.target()) {
            keys.extend(asked.value.map(|value| self.canon(frame, value)));
        }
        if let Some(value) = key.value
            && frame != 0
            && let ValueKind::Phi(ways) =
                &self.tree.function(self.frames[frame as usize].func).value(value).kind
        {
            // A helper that may add to the path it is given: each way is a name of the entry.
            keys.extend(ways.iter().take(3).map(|way| self.canon(frame, *way)));
        }
        keys.extend(
            key.text.as_ref().filter(|t| !t.0.is_empty()).map(|t| self.text_canon(frame, t)),
        );
        keys.extend(key.value.into_iter().flat_map(|value| self.asked_of_ways(frame, value)));
        keys.extend(key.value.into_iter().flat_map(|value| self.handed_back(frame, value)));
        keys.extend(key.value.into_iter().flat_map(|value| self.keys_found_under(frame, value)));
        keys
    }

    /// The numbers of what a helper that runs within the flow returns: `free_name(folder)` looks whether
    /// there is such a file, and the caller makes it.
    fn handed_back(&self, frame: FrameId, value: ValueId) -> Vec<u64> {
        let kind = |frame: FrameId, value: ValueId| {
            &self.tree.function(self.frames[frame as usize].func).value(value).kind
        };
        let ValueKind::Result(event, _) = kind(frame, value) else { return Vec::new() };
        let Some(callee) = self.callee(frame, *event) else { return Vec::new() };
        let built = |(value, at): &(ValueId, FrameId)| {
            matches!(kind(*at, *value), ValueKind::Op(..) | ValueKind::Phi(_))
        };
        let returned = self.returned(callee, 0).into_iter().filter(built).take(3);
        returned.map(|(value, at)| self.canon(at, value)).collect()
    }

    /// What a new row is made of: a query for one of its columns asks for this row.
    pub(super) fn made_of(&self, uid: Uid) -> Vec<u64> {
        let EventKind::Act(act) = &self.event(uid).kind else { return Vec::new() };
        let frame = self.frame_of(uid);
        let function = self.tree.function(self.frames[frame as usize].func);
        if act.kind != ActKind::Create || function.store(act.store).kind != StoreKind::Orm {
            return Vec::new();
        }
        let Some(value) = act.value else { return Vec::new() };
        let ValueKind::Tuple(columns) = &function.value(value).kind else { return Vec::new() };
        let told = |id: &&ValueId| !matches!(function.value(**id).kind, ValueKind::Literal(_));
        columns.iter().filter(told).map(|id| self.canon(frame, *id)).collect()
    }

    /// The store an event is about, whichever entry.
    pub(crate) fn store_of(&self, uid: Uid) -> Option<Target> {
        let frame = self.frame_of(uid);
        let (store, _) = self.event(uid).kind.target()?;
        let function = self.tree.function(self.frames[frame as usize].func);
        let facts = function.store(store);
        let place = self.place_of(frame, store);
        Some(Target {
            place,
            kind: facts.kind,
            scope: facts.scope,
            confined: facts.confined,
            confidence: facts.confidence,
            keys: Vec::new(),
            key_uid: uid,
            size: false,
            room: false,
        })
    }

    /// The target an event is about.
    pub(crate) fn target(&self, uid: Uid) -> Option<Target> {
        let frame = self.frame_of(uid);
        let (store, key) = self.event(uid).kind.target()?;
        let function = self.tree.function(self.frames[frame as usize].func);
        let facts = function.store(store);
        if only_locked(self, uid) {
            return None;
        }
        let keyless = facts.kind == StoreKind::Cell || facts.kind == StoreKind::Atomic;
        let mut keys = key.map(|_| seat(self, uid).keys.clone()).unwrap_or_default();
        keys.extend(self.made_of(uid));
        let tabled = matches!(facts.kind, StoreKind::Sql | StoreKind::Orm);
        if keys.is_empty() && !keyless && !tabled {
            return None;
        }
        let place = self.place_of(frame, store);
        // A client in a variable of one function still speaks to everybody's server.
        let served = facts.scope >= Scope::Host;
        let local = !served
            && matches!(&place, AbsPlace::Path(AbsPath { root: AbsRoot::Local(..), .. }))
            && matches!(&facts.place, Place::Path(path)
                if matches!(path.root, Root::Local { escapes: false, .. } | Root::Param(_)));
        Some(Target {
            place,
            kind: facts.kind,
            scope: facts.scope,
            confined: facts.confined || local,
            confidence: facts.confidence,
            keys,
            key_uid: uid,
            size: false,
            room: false,
        })
    }
}

/// Whether and how an event touches the target.
pub(crate) fn touches(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> Option<Touch> {
    let event = &flow.event(uid).kind;
    let place = placed(flow, uid)?;
    // Of most events, nothing but where they stand needs to be known.
    let elsewhere = *place != target.place;
    if elsewhere && !target.room && !matches!(event, EventKind::Enumerate(_)) {
        return None;
    }
    if is_plain(flow, uid) && !matches!(target.kind, StoreKind::Cell | StoreKind::Atomic) {
        // Whether there is a map at all says nothing of what is in it.
        return None;
    }
    if makes_at_first_use(flow, target, uid) {
        return None;
    }
    if elsewhere {
        let asked = target.room && holds_target(flow, target, uid);
        return asked
            .then_some(Touch::Entry)
            .or_else(|| beside(flow, target, uid).then_some(Touch::Whole));
    }
    if target.room {
        return touches_room(flow, target, uid);
    }
    if target.size {
        return match event {
            EventKind::Check(check) if check.what == CheckKind::Size => Some(Touch::Entry),
            // `SELECT COUNT(*)`, and the number is judged later.
            EventKind::Read(_) if counts(flow, uid) => Some(Touch::Entry),
            EventKind::Act(act)
                if matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear) =>
            {
                Some(Touch::Whole)
            }
            EventKind::Prune(_) => Some(Touch::Whole),
            _ => None,
        };
    }
    let seat = seat(flow, uid);
    let rows = matches!(target.kind, StoreKind::Sql | StoreKind::Orm) && target.keys.is_empty();
    if rows
        || same(&seat.onto, &target.keys)
        || matches!(target.kind, StoreKind::Cell | StoreKind::Atomic)
    {
        return Some(Touch::Entry);
    }
    if !seat.keyed {
        return Some(Touch::Whole);
    }
    let files = target.place == AbsPlace::Files;
    if matches!(event, EventKind::Enumerate(_)) && (!files || lists_target(flow, target, uid)) {
        return Some(Touch::Whole);
    }
    if seat.keys.is_empty() {
        return (!files).then_some(Touch::Whole);
    }
    if same(&seat.keys, &target.keys) {
        return Some(Touch::Entry);
    }
    if tabled(target) && chosen_from(flow, target, uid) {
        return Some(Touch::Entry);
    }
    // A loop over a folder meets our file if it is maintenance of the same module.
    let may_be = !files || seat.maintains && same_folder(flow, target, seat);
    (seat.listed && may_be && !apart_by_popping(flow, target, uid)).then_some(Touch::Each)
}

/// Whether an event makes the map in which entries are kept where there is none yet: it holds none.
fn makes_at_first_use(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    target.kind == StoreKind::Map
        && flow.tree.file(flow.entry).lang == Lang::Go
        && function.store(act.store).kind == StoreKind::Cell
        && empties(function, act, true)
        && fills_nothing(function, act)
}

/// Whether an event lists one container of an object whose entries are keys of the target, which
/// is another container of the same object.
pub(crate) fn beside(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    let EventKind::Enumerate(listing) = &flow.event(uid).kind else { return false };
    let AbsPlace::Path(ours) = &target.place else { return false };
    let (AbsRoot::Receiver, [Step::Field(_)]) = (&ours.root, ours.steps.as_slice()) else {
        return false;
    };
    let AbsPlace::Path(theirs) = flow.place_of(flow.frame_of(uid), listing.store) else {
        return false;
    };
    theirs != *ours
        && theirs.root == AbsRoot::Receiver
        && theirs.steps.len() == 1
        && !target.size
        && target.kind == StoreKind::Map
        && lists_target(flow, target, uid)
}

/// Whether the number that a statement gives is judged as a size.
pub(super) fn counts(flow: &Flow<'_, '_>, read: Uid) -> bool {
    let (frame, id) = (flow.frame_of(read), flow.event(read).id);
    flow.events.iter().any(|ev| {
        ev.frame == frame
            && matches!(&ev.event.kind, EventKind::Check(check)
                if check.what == CheckKind::Size && check.of == Some(id))
    })
}

const fn tabled(target: &Target) -> bool {
    matches!(target.kind, StoreKind::Sql | StoreKind::Orm)
}

/// Whether the target's key was chosen from what the event gave: rows are read, and some of their
/// keys are deleted.
fn chosen_from(flow: &Flow<'_, '_>, target: &Target, uid: Uid) -> bool {
    let read = match &flow.event(uid).kind {
        EventKind::Read(_) | EventKind::Enumerate(_) => uid,
        EventKind::Check(check) => match check.of.and_then(|of| flow.uid(flow.frame_of(uid), of)) {
            Some(read) => read,
            None => return false,
        },
        _ => return false,
    };
    let frame = flow.frame_of(target.key_uid);
    let Some((_, Some(key))) = flow.event(target.key_uid).kind.target() else { return false };
    let mut made_of: Vec<ValueId> = key.value.into_iter().collect();
    if let Some(text) = &key.text {
        made_of.extend(text.0.iter().filter_map(|piece| match piece {
            Piece::Hole(value, _) => Some(*value),
            Piece::Fixed(_) => None,
        }));
    }
    read < target.key_uid
        && made_of.iter().any(|value| flow.deps(frame, *value, None).events.contains(&read))
}

/// Whether the listed file and the target may be in one folder.
fn same_folder(flow: &Flow<'_, '_>, target: &Target, seat: &Seat) -> bool {
    let Some((_, Some(key))) = flow.event(target.key_uid).kind.target() else { return true };
    let own = folders(flow, flow.frame_of(target.key_uid), key);
    own.is_empty()
        || seat.folders.is_empty()
        || own.iter().any(|folder| seat.folders.contains(folder))
}

/// Whether a listing gave the target's key.
fn lists_target(flow: &Flow<'_, '_>, target: &Target, listing: Uid) -> bool {
    let Some((_, Some(key))) = flow.event(target.key_uid).kind.target() else { return false };
    let Some((frame, value)) = listed(flow, flow.frame_of(target.key_uid), key) else {
        return false;
    };
    comes_from(flow, (frame, value), listing)
}

/// Whether a list is what a listing gave, or was made from it: sorted, filtered, collected by a helper.
fn comes_from(flow: &Flow<'_, '_>, list: (FrameId, ValueId), listing: Uid) -> bool {
    let mut trail = Trail::from([list], 48);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let function = flow.tree.function(activation.func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Param(n) => {
                trail.follow(flow.handed_in(frame, *n));
            }
            ValueKind::Result(event, inputs) => {
                if flow.uid(frame, *event) == Some(listing)
                    || flow
                        .callee(frame, *event)
                        .is_some_and(|callee| flow.chain(listing).contains(&callee))
                {
                    return true;
                }
                trail.follow(inputs.iter().map(|input| (frame, *input)));
                trail.follow(walked(flow, frame, *event).map(|value| (frame, value)));
            }
            ValueKind::New(of, inputs)
                if inputs.is_empty()
                    && matches!(of.as_str(), "dict" | "list" | "set" | "map" | "slice") =>
            {
                let put = flow.put_into_locals(frame);
                trail.follow(put.into_iter().map(|value| (frame, value)));
            }
            _ => trail.follow(kind.inputs().map(|input| (frame, input))),
        }
    }
    false
}

/// The local list that an event walks through or takes from.
fn walked(flow: &Flow<'_, '_>, frame: FrameId, event: EventId) -> Option<ValueId> {
    let uid = flow.uid(frame, event)?;
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let path = match &flow.event(uid).kind {
        EventKind::Call(call) => return call.receiver_value,
        kind => match &function.store(kind.target()?.0).place {
            Place::Path(path) => path,
            _ => return None,
        },
    };
    match &path.root {
        Root::Value(value) => Some(*value),
        Root::Local { name, .. } => {
            function.origins.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
        }
        _ => None,
    }
}

/// The list of which a value is one: `names.pop(0)`, `names[0]`, `next(names)`.
fn taken_from(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<ValueId> {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    match &function.value(value).kind {
        ValueKind::Item(of, _) => listed_whole(flow, frame, *of).then_some(*of),
        ValueKind::Result(event, _) => {
            let uid = flow.uid(frame, *event)?;
            let list = match &flow.event(uid).kind {
                EventKind::Call(call)
                    if matches!(call.name.as_str(), "pop" | "popleft" | "__next__") =>
                {
                    call.receiver_value?
                }
                EventKind::Act(act) if act.kind == ActKind::Take => walked(flow, frame, *event)?,
                _ => return None,
            };
            listed_whole(flow, frame, list).then_some(list)
        }
        _ => None,
    }
}

/// Whether a value is a listing of this very frame.
fn listed_whole(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> bool {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let mut trail = Trail::from([value], 12);
    while let Some(value) = trail.step() {
        match &function.value(value).kind {
            ValueKind::Result(event, _) => {
                let listing = flow
                    .uid(frame, *event)
                    .is_some_and(|uid| matches!(flow.event(uid).kind, EventKind::Enumerate(_)));
                if listing {
                    return true;
                }
            }
            ValueKind::Op(Op::Convert | Op::Slice, inputs) => trail.follow(inputs.first()),
            ValueKind::Phi(parts) => trail.follow(parts),
            _ => {}
        }
    }
    false
}

/// Whether the key of an event is one of those that a listing gave.
pub(crate) fn looks_up_listed(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let key = flow.event(uid).kind.target().and_then(|(_, key)| key);
    key.is_some_and(|key| listed(flow, flow.frame_of(uid), key).is_some())
}

/// What was listed, where a key is one of those that a listing gave, through helpers and arguments.
pub(super) fn listed(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> Option<(FrameId, ValueId)> {
    let mut trail = Trail::from(key.value.map(|value| (frame, value)), 32);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let kind = &flow.tree.function(activation.func).value(value).kind;
        if let Some(of) = taken_from(flow, frame, value) {
            return Some((frame, of));
        }
        match kind {
            ValueKind::Element(of) => return Some((frame, *of)),
            ValueKind::Param(n) => {
                trail.follow(flow.handed_in(frame, *n));
            }
            ValueKind::Part(..)
            | ValueKind::Op(..)
            | ValueKind::Field(..)
            | ValueKind::New(..)
            | ValueKind::Result(..) => {
                trail.follow(kind.inputs().map(|input| (frame, input)));
                if let ValueKind::Result(event, _) = kind
                    && let Some(callee) = flow.callee(frame, *event)
                {
                    trail.follow(
                        flow.returned(callee, 0).into_iter().map(|(value, at)| (at, value)),
                    );
                }
            }
            _ => {}
        }
    }
    None
}

fn same(a: &[u64], b: &[u64]) -> bool {
    a.iter().any(|key| b.contains(key))
}
