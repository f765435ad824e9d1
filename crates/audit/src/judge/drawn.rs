//! Whether what is written was drawn: a key, a token, an identity. Two who draw do not draw the same, and
//! each goes on with its own.

use std::cell::RefCell;

use amorsize_facts::event::{
    ActKind, Atomicity, Block, Call, EventId, EventKind, Function, Literal, Node, Op, Root, Step,
    StoreKind, ValueId, ValueKind,
};

use rustc_hash::FxHashSet;

use super::sense::words;
use crate::flow::{Flow, FrameId, Trail, Uid, draws, parts_of};
use crate::link::{FnId, Tree};
use crate::mutators::Mutator;
use crate::slice::Pair;

/// Values looked at behind what is written.
const STEPS_MAX: u8 = 32;
/// Values within values, and helpers within helpers, that are asked whether they were drawn.
const DEPTH_MAX: u8 = 18;

/// Values that were asked about already: none was drawn, as far as is known.
type Asked = RefCell<FxHashSet<(FnId, ValueId)>>;

/// Whether an act writes what was drawn since the check found nothing there.
pub(super) fn writes_what_it_drew(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let EventKind::Act(act) = &flow.event(pair.act).kind else { return false };
    if pair.data {
        return false;
    }
    let through = flow.uids().filter(|uid| *uid > pair.act).filter_map(|uid| {
        let EventKind::Act(act) = &flow.event(uid).kind else { return None };
        let value = act.value.filter(|_| act.by_handle)?;
        Some((flow.frame_of(uid), value))
    });
    let written = act.value.map(|value| (flow.frame_of(pair.act), value));
    written.into_iter().chain(through).any(|(frame, value)| is_drawn(flow, frame, value))
        || (pair.check..pair.act).any(|uid| {
            matches!(&flow.event(uid).kind, EventKind::Call(call) if makes_a_secret(call.name.as_str()))
        })
}

/// Whether what is put under a key that was drawn for it takes nobody's place.
pub(super) fn is_put_under_drawn(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let EventKind::Act(act) = &flow.event(pair.act).kind else { return false };
    let listed = matches!(flow.event(pair.check).kind, EventKind::Enumerate(_));
    let frame = flow.frame_of(pair.act);
    let Some(key) = act.key.value.filter(|_| listed && act.kind == ActKind::Insert) else {
        return false;
    };
    is_drawn(flow, frame, key)
        || given_to_field(flow, frame, key).is_some_and(|(at, id)| is_drawn(flow, at, id))
}

/// Whether a mutator stores each entry under a key that it has drawn for it: nobody can have looked for that
/// one before.
pub(super) fn stores_under_drawn(tree: &Tree<'_>, mutator: &Mutator<'_>) -> bool {
    let stores = matches!(mutator.act.kind, ActKind::Insert | ActKind::Create);
    let key = mutator.act.key.value.filter(|_| stores);
    key.is_some_and(|key| was_drawn((tree, &Asked::default()), mutator.function, key, DEPTH_MAX))
}

/// Whether a value was drawn whichever way it came about, here or in a helper that answers with it.
fn was_drawn((tree, asked): (&Tree<'_>, &Asked), id: FnId, value: ValueId, left: u8) -> bool {
    let function = tree.function(id);
    let Some(left) = left.checked_sub(1) else { return false };
    if !asked.borrow_mut().insert((id, value)) {
        return false;
    }
    let drawn = |value: &ValueId| was_drawn((tree, asked), id, *value, left);
    let found = match &function.value(value).kind {
        // A way round a loop adds nothing to what went into it.
        ValueKind::Phi(ways) => {
            let mut anew = ways.iter().filter(|way| !is_made_of(function, **way, value)).peekable();
            anew.peek().is_some() && anew.all(drawn)
        }
        ValueKind::Part(whole, 0) => drawn(whole),
        ValueKind::New(..) => is_filled_with_drawn((tree, asked), id, value, left),
        ValueKind::Result(event, _) => {
            let Some(EventKind::Call(call)) = function.event(*event).map(|event| &event.kind)
            else {
                return false;
            };
            is_draw(call.name.as_str())
                || is_random_number(tree, id, call)
                || call.args.iter().chain(call.receiver_value.as_ref()).any(drawn)
                || tree
                    .resolve(id, None, call)
                    .iter()
                    .any(|to| answers_drawn((tree, asked), to.id, left))
        }
        ValueKind::Op(Op::Call, inputs) => {
            names_a_draw(function, inputs) || inputs.iter().any(drawn)
        }
        // What is left of a number by another one is one of a few.
        ValueKind::Op(Op::Mod, _) => false,
        ValueKind::Op(_, inputs) | ValueKind::Tuple(inputs) => inputs.iter().any(drawn),
        ValueKind::Item(of, _) | ValueKind::Field(of, _) => drawn(of),
        _ => false,
    };
    if found {
        asked.borrow_mut().remove(&(id, value));
    }
    found
}

/// Whether a value is made of another one of the function.
fn is_made_of(function: &Function, value: ValueId, of: ValueId) -> bool {
    let (mut open, mut known) = (vec![value], vec![value]);
    while let Some(next) = open.pop() {
        if next == of {
            return true;
        }
        if known.len() > usize::from(STEPS_MAX) {
            return false;
        }
        for input in function.value(next).kind.inputs() {
            if !known.contains(&input) {
                known.push(input);
                open.push(input);
            }
        }
    }
    false
}

/// Whether all that a helper answers with, besides nothing, was drawn.
fn answers_drawn((tree, asked): (&Tree<'_>, &Asked), id: FnId, left: u8) -> bool {
    let function = tree.function(id);
    let (mut some, mut all) = (false, true);
    function.each_event(|event| {
        if let EventKind::Return(ret) = &event.kind
            && let Some(first) = parts_of(function, ret).first()
            && !matches!(function.value(*first).kind, ValueKind::Literal(_))
        {
            some = true;
            all &= was_drawn((tree, asked), id, *first, left);
        }
    });
    some && all
}

/// `rand.Read(raw)`, `raw[i] = digits[n%62]`: whether what was made is given to somebody who fills it by chance, or
/// filled here with the digits of what was drawn.
fn is_filled_with_drawn(
    (tree, asked): (&Tree<'_>, &Asked),
    id: FnId,
    value: ValueId,
    left: u8,
) -> bool {
    let function = tree.function(id);
    let sequence =
        matches!(&function.value(value).kind, ValueKind::New(name, _) if name == "slice");
    let mut filled = false;
    function.each_event(|event| match &event.kind {
        EventKind::Call(call) => {
            let random = call.callee.as_str().split(['.', '/']).any(|part| part == "rand");
            filled |= random && call.args.contains(&value);
        }
        EventKind::Act(act)
            if sequence
                && act.kind == ActKind::Update
                && is_repeated(&function.body, event.id, false) =>
        {
            let store = function.store(act.store);
            filled |= store.kind == StoreKind::List
                && store.confined
                && act.value.is_some_and(|value| {
                    was_drawn((tree, asked), id, behind_digit(function, value), left)
                });
        }
        _ => {}
    });
    filled
}

/// Whether an event stands in a loop: one digit of many is little.
fn is_repeated(block: &Block, event: EventId, round: bool) -> bool {
    block.iter().any(|node| match node {
        Node::Event(found) => round && found.id == event,
        other => {
            let round = round || matches!(other, Node::Loop(_));
            other.blocks().into_iter().any(|inner| is_repeated(inner, event, round))
        }
    })
}

/// The number of which a value is one digit: `digits[n%62]`.
fn behind_digit(function: &Function, value: ValueId) -> ValueId {
    let ValueKind::Item(_, at) = function.value(value).kind else { return value };
    match &function.value(at).kind {
        ValueKind::Op(Op::Mod, inputs) => inputs.first().copied().unwrap_or(at),
        _ => at,
    }
}

/// Whether a call draws one of so many numbers that nobody draws the same: `r.Uint64()` of a source of random numbers.
fn is_random_number(tree: &Tree<'_>, id: FnId, call: &Call) -> bool {
    if !matches!(call.name.as_str(), "Uint64" | "Uint32" | "Int63" | "Int31" | "Int") {
        return false;
    }
    let field = call.receiver.as_ref().filter(|path| path.root == Root::Receiver);
    let held = || {
        let Some([Step::Field(field)]) = field.map(|path| path.steps.as_slice()) else {
            return None;
        };
        tree.field_type(tree.class_of(id)?, *field)
    };
    call.callee.as_str().starts_with("math/rand")
        || held().is_some_and(|(_, of)| {
            matches!(of.name.as_str(), "math/rand.Rand" | "math/rand/v2.Rand")
        })
}

/// What the object was given for the field by which its entry goes: `all[sb.id] = sb`.
fn given_to_field(flow: &Flow<'_, '_>, frame: FrameId, key: ValueId) -> Option<(FrameId, ValueId)> {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let field = match &function.value(key).kind {
        ValueKind::Field(_, field) => *field,
        ValueKind::Load(path) => match path.steps.last() {
            Some(Step::Field(field)) => *field,
            _ => return None,
        },
        _ => return None,
    };
    let mut given = function.given.iter().filter(|(_, name, _)| *name == field);
    let (.., value) = given.next()?;
    given.next().is_none().then_some((frame, *value))
}

/// Whether what an act stores was given a number that was counted up for it, or a name that was drawn: two who
/// make it do not make the same.
pub(super) fn is_numbered(flow: &Flow<'_, '_>, act: Uid) -> bool {
    let EventKind::Act(stored) = &flow.event(act).kind else { return false };
    let counts = |kind: &EventKind| matches!(kind, EventKind::Act(act) if act.atomicity == Atomicity::Relative);
    stored.value.is_some_and(|value| comes_from(flow, (flow.frame_of(act), value), counts))
}

fn is_drawn(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> bool {
    comes_from(flow, (frame, value), |_| false)
}

/// Whether a value was drawn, or something like it made it or a part of it.
fn comes_from(
    flow: &Flow<'_, '_>,
    (frame, value): (FrameId, ValueId),
    like: impl Fn(&EventKind) -> bool,
) -> bool {
    let mut trail = Trail::from([(frame, value)], STEPS_MAX);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let function = flow.tree.function(activation.func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Op(Op::Call, inputs) => {
                if names_a_draw(function, inputs) {
                    return true;
                }
                trail.follow(inputs.iter().map(|input| (frame, *input)));
            }
            ValueKind::Result(event, _) => {
                let Some(uid) = flow.uid(frame, *event) else { continue };
                let made = &flow.event(uid).kind;
                if like(made) {
                    return true;
                }
                let EventKind::Call(call) = made else { continue };
                if is_draw(call.name.as_str()) {
                    return true;
                }
                let inputs = call.args.iter().chain(call.receiver_value.as_ref());
                trail.follow(inputs.map(|input| (frame, *input)));
            }
            ValueKind::Param(n) => {
                trail.follow(flow.handed_in(frame, *n));
            }
            _ => trail.follow(kind.inputs().map(|input| (frame, input))),
        }
    }
    false
}

/// Whether a call that is known by its name alone, which is the first of its inputs, draws.
fn names_a_draw(function: &Function, inputs: &[ValueId]) -> bool {
    inputs.first().is_some_and(|name| {
        matches!(&function.value(*name).kind, ValueKind::Literal(Literal::Text(name))
            if is_draw(name.as_str()))
    })
}

fn is_draw(name: &str) -> bool {
    draws(name) || makes_a_secret(name)
}

/// Whether a name says that something is made which nobody else has: `generate_key`, `newPrivateKey`.
fn makes_a_secret(name: &str) -> bool {
    let words = words(name.rsplit('.').next().unwrap_or_default());
    let has = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
    let made = has(&["generate", "gen"])
        && has(&[
            "key", "secret", "token", "password", "salt", "seed", "identity", "cert", "keypair",
        ]);
    let new = has(&["new", "make", "create"])
        && has(&["private", "secret", "keypair", "password", "salt", "seed"]);
    made && !has(&["cache"]) || new
}
