//! What each event of a flow is about, found when it is first asked for: the store, and what of it.

use amorsize_facts::event::{EventKind, Name, StoreKind};

use super::folder::folders;
use super::lockfile::only_locked;
use super::maintenance::{collects, lists, maintains};
use super::target::{AbsPlace, listed};
use crate::flow::{Flow, Uid};

/// Where the store of an event stands, in the words of its flow.
pub(crate) fn placed<'a>(flow: &'a Flow<'_, '_>, uid: Uid) -> Option<&'a AbsPlace> {
    let find = || {
        let (store, _) = flow.event(uid).kind.target()?;
        (!only_locked(flow, uid)).then(|| flow.place_of(flow.frame_of(uid), store))
    };
    flow.places[uid as usize].get_or_init(find).as_ref()
}

/// What of its store an event is about, in the words of its flow.
#[derive(Debug)]
pub(crate) struct Seat {
    pub keys: Vec<u64>,
    pub onto: Vec<u64>,
    pub keyed: bool,
    pub listed: bool,
    pub maintains: bool,
    /// What a listed file's path is built from.
    pub folders: Vec<Name>,
}

/// The same, of the entry.
pub(super) fn seat<'a>(flow: &'a Flow<'_, '_>, uid: Uid) -> &'a Seat {
    flow.seats[uid as usize].get_or_init(|| Box::new(sit(flow, uid)))
}

fn sit(flow: &Flow<'_, '_>, uid: Uid) -> Seat {
    let frame = flow.frame_of(uid);
    let event = &flow.event(uid).kind;
    let key = event.target().and_then(|(_, key)| key);
    let onto = match event {
        EventKind::Act(act) => match &act.target {
            Some(to) => flow.keys_of(frame, to),
            None => flow.made_of(uid),
        },
        _ => Vec::new(),
    };
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let listed = key.is_some_and(|key| lists(function, key) || listed(flow, frame, key).is_some());
    // Of anything but files that a listing gave, nobody asks who maintains, and what their paths are built from.
    let asked = listed && placed(flow, uid) == Some(&AbsPlace::Files);
    let maintains = asked && (frame != 0 && maintains(flow, frame) || collects(flow, frame));
    Seat {
        keys: key.map(|key| flow.keys_of(frame, key)).unwrap_or_default(),
        onto,
        keyed: key.is_some(),
        listed,
        maintains,
        folders: match key {
            Some(key) if maintains => folders(flow, frame, key),
            _ => Vec::new(),
        },
    }
}

/// Whether an event only looks at the variable that holds a store.
pub(super) fn is_plain(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let store = match &flow.event(uid).kind {
        EventKind::Check(check) => check.store,
        EventKind::Read(read) => read.store,
        _ => return false,
    };
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    function.store(store).kind == StoreKind::Cell
}
