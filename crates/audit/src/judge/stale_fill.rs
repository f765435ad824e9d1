//! A cache that is filled with what was read before somebody else changed the source.
//!
//! Look into the cache, miss, read the source, fill: whoever changes the source meanwhile and brings the cache up to
//! date does so before the fill, and the fill puts the old value back. The cache and its source are two cells of one
//! scene; the other party is another function of the tree that changes both.

use std::borrow::Cow;
use std::cell::LazyCell;

use amorsize_facts::event::{
    ActKind, Atomicity, CheckKind, Confidence, EventKind, Key, Lang, Scope, StoreKind, ValueId,
    ValueKind,
};
use amorsize_finding::Consequence;
use rustc_hash::FxHashSet;

use super::consequence::Harm;
use super::draft::draft;
use super::explore::{Draft, Found, is_own};
use super::fill_scene::{changer, filler, party};
use super::targets::guarded;
use crate::explore::{Domain, Scene, Verdict as Explored, When, interleave_within};
use crate::flow::{AbsPath, AbsRoot, Flow, FrameId, Touching, Uid, build};
use crate::held::{Locking, begins, is_test};
use crate::link::FnId;
use crate::mutators::Mutators;
use crate::shared::{Sharing, class_around, deals_with_threads, sharing};
use crate::slice::{AbsPlace, Locks, Pair, Target};
use crate::turns::lives_on_a_loop;

/// The rule of what is found here.
const RULE: u16 = 111;
/// Other functions that are looked at.
const RIVALS_MAX: usize = 60;
/// What one function may do to the two stores.
const STEPS_MAX: usize = 8;

/// What an event does to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Looks,
    Puts(When),
    Drops,
}

/// An event on a store.
#[derive(Clone, Debug)]
pub(super) struct Touch {
    pub uid: Uid,
    pub place: AbsPlace,
    /// Whether it is about what is in the store, not about the field in which the store stands.
    pub keyed: bool,
    pub does: Does,
}

/// Look, read and fill of one function.
pub(super) struct Fill<'a> {
    pub touches: &'a [Touch],
    pub cache: AbsPlace,
    pub source: AbsPlace,
    pub look: Uid,
    pub read: Uid,
    pub fill: Uid,
    pub keyed: bool,
}

impl Fill<'_> {
    const fn pair(&self) -> Pair {
        Pair { check: self.look, act: self.fill, data: true }
    }
}

/// Judges what the entry fills a cache with.
pub(crate) fn stale_fill(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    touching: &Touching,
) -> Option<Draft> {
    if !fills_something(flow) {
        return None;
    }
    let touches = touches(flow);
    let mut fills = fills(flow, &touches).into_iter();
    let fill = fills.find(|fill| is_own(flow, fill.pair()) && is_read_alone(flow, fill))?;
    let target = target(flow, &fill);
    let sharing = sharing(flow, &target, guarded(flow, mutators, &target));
    // That an object of Python's might be used by several threads is no reason to tell of it.
    let python = flow.tree.file(flow.entry).lang == Lang::Python;
    let unshared = match sharing {
        Sharing::No => true,
        Sharing::If(_) => python,
        Sharing::Yes(_) => false,
    };
    if unshared || has_moved_on(flow, &fill) || locks_by_name(flow, fill.read) {
        return None;
    }
    rivals(flow, &fill).into_iter().find_map(|id| {
        let other = build(flow.tree, touching, id, flow.class);
        let changes = changes((flow, &fill), &other)?;
        let mut locks = Locks::default();
        let program = filler((flow, locking), &fill, &mut locks);
        let mut changer = changer((&other, locking), &fill, &changes, &mut locks);
        let party = party((&other, locking), (&changes, &mut changer));
        let scene = Scene {
            programs: vec![program, changer],
            cells: vec![Domain::PLAIN, Domain::LIVE],
            locks: locks.0.len(),
            silent: vec![true, true],
        };
        let Explored::Witness(witness) = interleave_within(&scene, &flow.purse) else {
            return None;
        };
        let found = Found {
            sure: true,
            met: false,
            witness: *witness,
            harm: Harm { consequence: Consequence::StaleAnswer, answer_only: false },
            other: party,
            pair: fill.pair(),
            recomputed: false,
            anew: false,
            set: false,
        };
        let draft = draft(flow, (locking, mutators), &target, &sharing, found)?;
        Some(Draft { rule: RULE, ..draft })
    })
}

/// Whether a value is put anywhere at all after two looks.
fn fills_something(flow: &Flow<'_, '_>) -> bool {
    let mut looks = 0;
    flow.uids().any(|uid| {
        let kind = &flow.event(uid).kind;
        let (does, gives) = match kind {
            EventKind::Act(act) => (of_event(kind), act.value.is_some() && !act.by_handle),
            EventKind::Call(call) => (by_name(call.name.as_str()), true),
            _ => (of_event(kind), false),
        };
        looks += u32::from(does == Some(Does::Looks));
        gives && looks > 1 && matches!(does, Some(Does::Puts(_)))
    })
}

/// What the events of a flow do to stores that others may get at, in their order.
fn touches(flow: &Flow<'_, '_>) -> Vec<Touch> {
    let touch = |uid: Uid| {
        let (place, keyed, does) = match &flow.event(uid).kind {
            EventKind::Call(call) => {
                let does = by_name(call.name.as_str())?;
                let path = flow.path(flow.frame_of(uid), call.receiver.as_ref()?);
                (!path.steps.is_empty()).then_some((AbsPlace::Path(path), true, does))?
            }
            kind => {
                let target = flow.store_of(uid)?;
                if target.confined || target.kind == StoreKind::Atomic {
                    return None;
                }
                let keyed = kind.target().is_some_and(|(_, key)| is_keyed(target.kind, kind, key));
                (target.place, keyed, of_event(kind)?)
            }
        };
        let known = match &place {
            AbsPlace::Path(path) => {
                matches!(path.root, AbsRoot::Receiver | AbsRoot::Global(..) | AbsRoot::Class(_))
            }
            _ => true,
        };
        known.then_some(Touch { uid, place, keyed, does })
    };
    flow.uids().filter_map(touch).collect()
}

/// Whether an event is about an entry of a store or all of them, not about the field in which the store stands.
fn is_keyed(store: StoreKind, kind: &EventKind, key: Option<&Key>) -> bool {
    let whole = matches!(kind, EventKind::Enumerate(_))
        || matches!(kind, EventKind::Act(act) if act.kind == ActKind::Clear);
    !matches!(store, StoreKind::Cell | StoreKind::Map | StoreKind::List)
        || whole
        || key.is_some_and(|key| key.value.is_some())
}

fn of_event(kind: &EventKind) -> Option<Does> {
    match kind {
        EventKind::Check(check) => {
            (check.of.is_none() && check.what == CheckKind::Presence).then_some(Does::Looks)
        }
        EventKind::Read(_) | EventKind::Enumerate(_) => Some(Does::Looks),
        EventKind::Act(act) => match act.kind {
            ActKind::OpenRead => Some(Does::Looks),
            ActKind::Delete | ActKind::Take | ActKind::Clear => Some(Does::Drops),
            ActKind::Insert if act.atomicity == Atomicity::Conditional => {
                Some(Does::Puts(When::Absent))
            }
            ActKind::Enqueue => None,
            _ => Some(Does::Puts(When::Always)),
        },
        _ => None,
    }
}

/// What a method of a store does whose class nobody knows, by the first word of its name.
fn by_name(name: &str) -> Option<Does> {
    let name = name.trim_start_matches('_');
    let end = name
        .char_indices()
        .skip(1)
        .find(|(_, c)| *c == '_' || c.is_ascii_uppercase())
        .map_or(name.len(), |(at, _)| at);
    let word = match name[..end].starts_with(|first: char| first.is_ascii_uppercase()) {
        true => Cow::Owned(name[..end].to_ascii_lowercase()),
        false => Cow::Borrowed(&name[..end]),
    };
    match word.as_ref() {
        "get" | "load" | "fetch" | "read" | "lookup" | "find" | "has" | "contains" | "exists"
        | "retrieve" | "resolve" => Some(Does::Looks),
        "set" | "put" | "add" | "store" | "save" | "write" | "insert" | "update" | "upsert"
        | "replace" => Some(Does::Puts(When::Always)),
        "del" | "delete" | "remove" | "clear" | "pop" | "purge" | "evict" | "invalidate"
        | "discard" | "flush" | "expire" | "forget" | "erase" => Some(Does::Drops),
        _ => None,
    }
}

/// Each fill of a cache with what was read elsewhere after a look into it.
fn fills<'a>(flow: &Flow<'_, '_>, touches: &'a [Touch]) -> Vec<Fill<'a>> {
    let mut found = Vec::new();
    for (at, fill) in touches.iter().enumerate() {
        if !matches!(fill.does, Does::Puts(_)) {
            continue;
        }
        let looks = || touches[..at].iter().filter(|touch| touch.does == Does::Looks);
        let own = || looks().filter(|it| it.place == fill.place && it.keyed == fill.keyed);
        let Some(first) = own().next() else { continue };
        let elsewhere = |read: &&Touch| {
            read.keyed && first.uid < read.uid && are_apart(&read.place, &fill.place)
        };
        // What a value is made from takes long to find.
        let made_from = LazyCell::new(|| made_from(flow, fill.uid));
        for read in looks().filter(elsewhere).filter(|read| made_from.contains(&read.uid)) {
            let before = |look: &&Touch| look.uid < read.uid;
            let look = own().filter(before).find(|look| share_a_key(flow, look.uid, fill.uid));
            found.extend(look.map(|look| Fill {
                touches,
                cache: fill.place.clone(),
                source: read.place.clone(),
                look: look.uid,
                read: read.uid,
                fill: fill.uid,
                keyed: fill.keyed,
            }));
        }
    }
    found
}

/// Whether two events are about one entry, or one of them about all.
fn share_a_key(flow: &Flow<'_, '_>, look: Uid, fill: Uid) -> bool {
    let (look, fill) = (keys(flow, look), keys(flow, fill));
    look.is_empty() || fill.is_empty() || look.iter().any(|key| fill.contains(key))
}

/// The numbers that the key of an event goes by; of a method that nobody knows, each argument may be it.
fn keys(flow: &Flow<'_, '_>, uid: Uid) -> Vec<u64> {
    let frame = flow.frame_of(uid);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    // What all calls of a request are handed is no key.
    let context = |value: &ValueId| {
        let ValueKind::Param(n) = function.value(*value).kind else { return false };
        let of = function.params.get(usize::from(n)).and_then(|param| param.type_ref.as_ref());
        of.is_some_and(|of| of.name.as_str().ends_with("Context"))
    };
    match &flow.event(uid).kind {
        EventKind::Call(call) => {
            let args = call.args.iter().filter(|value| !context(value));
            args.map(|value| flow.canon(frame, *value)).collect()
        }
        kind => {
            let key = kind.target().and_then(|(_, key)| key);
            key.map(|key| flow.keys_of(frame, key)).unwrap_or_default()
        }
    }
}

/// Whether the entry asks for a lock by a name that nothing is known of before it reads: one for each key.
fn locks_by_name(flow: &Flow<'_, '_>, read: Uid) -> bool {
    let named = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("lock") && !name.contains("unlock") && !name.contains("block")
    };
    let called = (0..read).any(
        |uid| matches!(&flow.event(uid).kind, EventKind::Call(call) if named(call.name.as_str())),
    );
    called
        || flow
            .frames
            .iter()
            .skip(1)
            .any(|frame| named(flow.tree.function(frame.func).name.as_str()))
}

/// The events and calls whose results what is put is made from.
fn made_from(flow: &Flow<'_, '_>, uid: Uid) -> FxHashSet<Uid> {
    let frame = flow.frame_of(uid);
    let values = match &flow.event(uid).kind {
        EventKind::Act(act) if act.by_handle => return FxHashSet::default(),
        EventKind::Act(act) => act.value.into_iter().collect(),
        EventKind::Call(call) => call.args.clone(),
        _ => Vec::new(),
    };
    let mut found = FxHashSet::default();
    for value in values {
        let deps = flow.deps(frame, value, None);
        found.extend(deps.events.iter().chain(&deps.asked).copied());
    }
    found
}

/// Whether two stores are not one, nor the one a part of the other.
fn are_apart(a: &AbsPlace, b: &AbsPlace) -> bool {
    match (a, b) {
        (AbsPlace::Path(a), AbsPlace::Path(b)) => {
            a.root != b.root || !a.steps.starts_with(&b.steps) && !b.steps.starts_with(&a.steps)
        }
        _ => a != b,
    }
}

/// Whether the entry changes the source nowhere, and others come in between the reading and the fill.
fn is_read_alone(flow: &Flow<'_, '_>, fill: &Fill<'_>) -> bool {
    let changes =
        |touch: &Touch| touch.does != Does::Looks && touch.keyed && touch.place == fill.source;
    let waits =
        || (fill.read..fill.fill).any(|uid| matches!(flow.event(uid).kind, EventKind::Await(_)));
    let func = |uid: Uid| flow.frames[flow.frame_of(uid) as usize].func;
    // What two calls of one helper look up and fill is told of the helper.
    let of_two_calls =
        flow.frame_of(fill.look) != flow.frame_of(fill.fill) && func(fill.look) == func(fill.fill);
    !of_two_calls && !fill.touches.iter().any(changes) && (!runs_on_a_loop(flow) || waits())
}

/// Whether something else of the object is looked at after the reading, on which the fill may depend: a number of
/// the generation, a mark that it is out of date.
fn has_moved_on(flow: &Flow<'_, '_>, fill: &Fill<'_>) -> bool {
    (fill.read + 1..fill.fill).any(|uid| {
        let asks = matches!(flow.event(uid).kind, EventKind::Check(_) | EventKind::Read(_));
        let cell = || {
            flow.store_of(uid).is_some_and(|target| {
                matches!(target.kind, StoreKind::Cell | StoreKind::Atomic)
                    && matches!(&target.place, AbsPlace::Path(path) if counts_changes(path))
            })
        };
        asks && cell()
    })
}

/// Whether a field is called like a number that each change moves on.
fn counts_changes(path: &AbsPath) -> bool {
    let text = path.text().to_ascii_lowercase();
    let last = text.rsplit('.').next().unwrap_or_default();
    ["gen", "version", "epoch", "revision", "stamp", "dirty", "valid", "serial", "seq", "rev"]
        .iter()
        .any(|word| last.contains(word))
}

/// The cache as a target. Behind a field of whose class nothing is known stands a container: in Go, where it would have
/// to lock itself, one made for concurrent use.
fn target(flow: &Flow<'_, '_>, fill: &Fill<'_>) -> Target {
    let kind = match flow.tree.file(flow.entry).lang {
        Lang::Go => StoreKind::Synchronised,
        _ => StoreKind::Map,
    };
    let known = flow.target(fill.fill).or_else(|| flow.store_of(fill.fill));
    // Where it is looked into, filled and emptied like one, its name is no longer all there is to show that it is one.
    let shown = |target: &Target| target.confidence.max(Confidence::Likely);
    match known {
        Some(target) if target.kind == StoreKind::Cell && fill.keyed => {
            Target { kind, confidence: shown(&target), ..target }
        }
        Some(target) => Target { confidence: shown(&target), ..target },
        None => Target {
            place: fill.cache.clone(),
            kind,
            scope: Scope::Thread,
            confined: false,
            confidence: Confidence::Likely,
            keys: Vec::new(),
            key_uid: fill.look,
            size: false,
            room: false,
        },
    }
}

/// The other functions that may change both: the methods of the class, or what stands in the same file.
fn rivals(flow: &Flow<'_, '_>, fill: &Fill<'_>) -> Vec<FnId> {
    let tree = flow.tree;
    let of_object = matches!(&fill.cache, AbsPlace::Path(path) if path.root == AbsRoot::Receiver);
    let class = flow.class.or_else(|| class_around(tree, flow.entry));
    let mut found: Vec<FnId> = match class.filter(|_| of_object) {
        Some(class) => {
            tree.ancestry(class).into_iter().flat_map(|class| tree.methods_of(class)).collect()
        }
        None => tree.all().filter(|id| id.file == flow.entry.file).collect(),
    };
    found.retain(|id| *id != flow.entry && !begins(tree, *id) && !is_test(&tree.file(*id).path));
    found.truncate(RIVALS_MAX);
    found
}

/// What another function does to both stores, if it changes both.
fn changes((flow, fill): (&Flow<'_, '_>, &Fill<'_>), other: &Flow<'_, '_>) -> Option<Vec<Touch>> {
    // Who fills the cache on the way, as the entry does, is no change of somebody else's.
    let fills = flow.frames[flow.frame_of(fill.fill) as usize].func;
    let by_entry = |uid: Uid| {
        let mut funcs = other.chain(uid).into_iter().map(|frame| other.frames[frame as usize].func);
        funcs.any(|func| func != other.entry && (func == flow.entry || func == fills))
    };
    let mut found = touches(other);
    found.retain(|touch| {
        let on_cache = touch.place == fill.cache && may_meet((flow, fill.fill), (other, touch.uid));
        let on_source = touch.keyed
            && touch.place == fill.source
            && may_meet((flow, fill.read), (other, touch.uid));
        touch.does != Does::Looks && (on_cache || on_source) && !by_entry(touch.uid)
    });
    let on = |place: &AbsPlace| found.iter().any(|touch| touch.place == *place);
    let both = on(&fill.cache) && on(&fill.source);
    (both && found.len() <= STEPS_MAX).then_some(found)
}

/// Whether two events may be about one entry: of two constant keys only if they are the same.
fn may_meet((flow, own): (&Flow<'_, '_>, Uid), (other, uid): (&Flow<'_, '_>, Uid)) -> bool {
    let key = |flow: &Flow<'_, '_>, uid: Uid| {
        let frame = flow.frame_of(uid);
        match &flow.event(uid).kind {
            EventKind::Call(_) => None,
            kind => kind.target().and_then(|(_, key)| settled(flow, frame, key?)),
        }
    };
    match (key(flow, own), key(other, uid)) {
        (Some(own), Some(other)) => own == other,
        _ => true,
    }
}

/// The number of a key that hangs on no argument and on nothing that is read.
fn settled(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> Option<u64> {
    let value = key.value?;
    let deps = flow.deps(frame, value, None);
    let fixed = !deps.params && !deps.other && !deps.calls && deps.events.is_empty();
    fixed.then(|| flow.canon(frame, value))
}

/// Whether one task of a loop runs at a time.
pub(super) fn runs_on_a_loop(flow: &Flow<'_, '_>) -> bool {
    lives_on_a_loop(flow) && !deals_with_threads(flow.tree, flow.entry.file)
}
