//! Whether what is written was drawn: a key, a token, an identity. Two who draw do not draw the same, and
//! each goes on with its own.

use amorsize_facts::event::{ActKind, EventKind, Literal, Op, Step, ValueId, ValueKind};

use super::sense::words;
use crate::flow::{Flow, FrameId, Trail, draws};
use crate::slice::Pair;

/// Values looked at behind what is written.
const STEPS_MAX: u8 = 32;

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

fn is_drawn(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> bool {
    let mut trail = Trail::from([(frame, value)], STEPS_MAX);
    while let Some((frame, value)) = trail.step() {
        let activation = &flow.frames[frame as usize];
        let function = flow.tree.function(activation.func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Op(Op::Call, inputs) => {
                let named = inputs.first().is_some_and(|name| {
                    matches!(&function.value(*name).kind, ValueKind::Literal(Literal::Text(name))
                        if is_draw(name.as_str()))
                });
                if named {
                    return true;
                }
                trail.follow(inputs.iter().map(|input| (frame, *input)));
            }
            ValueKind::Result(event, _) => {
                let Some(uid) = flow.uid(frame, *event) else { continue };
                let EventKind::Call(call) = &flow.event(uid).kind else { continue };
                if is_draw(call.name.as_str()) {
                    return true;
                }
                let inputs = call.args.iter().chain(call.receiver_value.as_ref());
                trail.follow(inputs.map(|input| (frame, *input)));
            }
            ValueKind::Param(n) => {
                trail.follow(flow.handed_in(frame, *n));
            }
            _ => trail.follow(kind.inputs().into_iter().map(|input| (frame, input))),
        }
    }
    false
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
