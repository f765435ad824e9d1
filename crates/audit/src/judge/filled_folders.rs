//! Folders that are taken for whole because they are there: `if not exists(dest): makedirs(dest); unpack(archive, dest)`,
//! and the path goes to whoever asked. Who comes while the folder is filled finds it, and works with half of it. A folder
//! that is only seen to, and filled by whoever needs it, is not meant.

use amorsize_facts::event::{ActKind, Call, EventKind, Key, Op, StoreKind, ValueId, ValueKind};

use super::explore::Draft;
use super::kept::kept_for_others;
use super::sense::{own_or_tool, words};
use super::taken_for_whole::{holds, leaves, looked_before, met_half_done, sees_to_it};
use crate::flow::{Flow, FrameId, Item, Trail, Uid};
use crate::held::Locking;
use crate::slice::Pair;

/// Judges every folder that the entry makes.
pub(super) fn filled_folders(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Vec<Draft> {
    flow.uids().filter_map(|uid| filled_later(flow, locking, uid)).collect()
}

fn filled_later(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, made: Uid) -> Option<Draft> {
    let EventKind::Act(act) = &flow.event(made).kind else { return None };
    let folder = act.kind == ActKind::Create && act.value.is_none();
    if !folder || flow.is_doubtful(made) {
        return None;
    }
    let target = flow.target(made)?;
    if target.kind != StoreKind::File || target.confined {
        return None;
    }
    let keys = flow.keys_of(flow.frame_of(made), &act.key);
    let look = looked_before(flow, locking, made, &keys)?;
    let pair = Pair { check: look, act: made, data: false };
    // Who only sees to it that there is a file in the folder may put it there whole.
    let given_back = is_given_back(flow, &keys);
    let counts = |uid: Uid| {
        let renamed =
            matches!(&flow.event(uid).kind, EventKind::Act(act) if act.kind == ActKind::Rename);
        fills(flow, uid, &keys) && (given_back || !renamed && sees_to_it(flow))
    };
    let filled = flow
        .uids()
        .filter(|uid| *uid > made && counts(*uid))
        .any(|uid| is_on_one_way(flow, &flow.items, (look, made, uid)));
    if !filled || own_or_tool(flow, &target, pair) || !kept_for_others(flow, pair, false) {
        return None;
    }
    met_half_done(flow, locking, &target, pair)
}

/// Whether an event puts something into the folder.
fn fills(flow: &Flow<'_, '_>, uid: Uid, keys: &[u64]) -> bool {
    let frame = flow.frame_of(uid);
    match &flow.event(uid).kind {
        EventKind::Act(act) => {
            let key = act.target.as_ref().unwrap_or(&act.key);
            // A note that all write alike says nothing of the rest.
            let more = match act.kind {
                ActKind::OpenWrite => !flow.content_of(uid, act).is_empty(),
                ActKind::Create => act.value.is_some(),
                kind => kind == ActKind::Rename,
            };
            more && is_within(flow, frame, key, keys)
        }
        EventKind::Call(call) => is_handed_to_be_filled(flow, frame, call, keys),
        _ => false,
    }
}

/// Whether a path begins with the folder, and goes on.
fn is_within(flow: &Flow<'_, '_>, frame: FrameId, key: &Key, keys: &[u64]) -> bool {
    let mut trail = Trail::from(key.value.map(|value| (frame, value, false)), 16);
    while let Some((frame, value, goes_on)) = trail.step() {
        if goes_on && keys.contains(&flow.canon(frame, value)) {
            return true;
        }
        match &flow.tree.function(flow.frames[frame as usize].func).value(value).kind {
            ValueKind::Op(Op::Join, parts) => {
                trail.follow(parts.first().map(|part| (frame, *part, true)));
            }
            ValueKind::Op(Op::Convert, parts) => {
                trail.follow(parts.first().map(|part| (frame, *part, goes_on)));
            }
            ValueKind::Param(n) => {
                let given = flow.handed_in(frame, *n);
                trail.follow(given.map(|(frame, value)| (frame, value, goes_on)));
            }
            _ => {}
        }
    }
    false
}

fn is_handed_to_be_filled(flow: &Flow<'_, '_>, frame: FrameId, call: &Call, keys: &[u64]) -> bool {
    let said = words(call.name.as_str()).into_iter().any(|word| {
        matches!(
            word.as_str(),
            "extract"
                | "extractall"
                | "unzip"
                | "untar"
                | "unpack"
                | "decompress"
                | "download"
                | "clone"
                | "copytree"
                | "install"
        )
    });
    let named = call.named.iter().map(|(_, value)| value);
    said && call.args.iter().chain(named).any(|value| keys.contains(&flow.canon(frame, *value)))
}

/// Whether the folder is made and filled on one way, which who finds it there does not go.
fn is_on_one_way(
    flow: &Flow<'_, '_>,
    items: &[Item<'_>],
    (look, made, filled): (Uid, Uid, Uid),
) -> bool {
    let Some(at) = items.iter().position(|item| holds(flow, std::slice::from_ref(item), made))
    else {
        return false;
    };
    let (before, after) = items.split_at(at);
    let asked = before.iter().position(|item| holds(flow, std::slice::from_ref(item), look));
    // `if exists(dest): return dest`
    let left = asked.is_some_and(|asked| {
        before[asked..].iter().any(|item| {
            let ways = flow.own_blocks(item);
            matches!(item, Item::Branch(_)) && ways.into_iter().any(|way| leaves(flow, way))
        })
    });
    if left && holds(flow, after, filled) {
        return true;
    }
    let ways = match &items[at] {
        Item::Call(inlined) => vec![inlined.body.as_slice()],
        item => flow.own_blocks(item),
    };
    ways.into_iter().filter(|way| holds(flow, way, made)).any(|way| {
        let here = asked.is_some() && matches!(items[at], Item::Branch(_));
        here && holds(flow, way, filled) || is_on_one_way(flow, way, (look, made, filled))
    })
}

/// Whether the path, or what is made of it, goes to whoever asked.
fn is_given_back(flow: &Flow<'_, '_>, keys: &[u64]) -> bool {
    let leads_there = |frame: FrameId, value: ValueId| {
        let kind = &flow.tree.function(flow.frames[frame as usize].func).value(value).kind;
        let made_of = match kind {
            ValueKind::New(_, parts)
            | ValueKind::Phi(parts)
            | ValueKind::Op(Op::Convert, parts)
            | ValueKind::Result(_, parts) => parts.as_slice(),
            _ => &[],
        };
        made_of.iter().chain([&value]).any(|part| keys.contains(&flow.canon(frame, *part)))
    };
    flow.returned(0, 0).into_iter().any(|(value, frame)| leads_there(frame, value))
}
