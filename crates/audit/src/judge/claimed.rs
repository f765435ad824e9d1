//! Claims of Go of which only the error is asked for: `err := client.SetNX(ctx, "lock", token, ttl).Err()` tells
//! that the server answered, and not who got the lock.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventKind, Lang, Meaning, StoreKind, ValueKind,
};

use super::kept::spelled;
use super::sense::words;
use crate::flow::{Flow, Uid};

/// Whether a function claims something for its caller, says by its error alone whether it has it, and asks
/// only whether the server was reached.
pub(super) fn claims_by_error(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let frame = flow.frame_of(uid);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let claims = act.atomicity == Atomicity::Conditional
        && act.means == Meaning::Won
        && act.kind == ActKind::Create
        && function.store(act.store).kind == StoreKind::Remote;
    let only_error = matches!(function.returns.as_slice(), [of] if of.name == "error");
    frame == 0
        && claims
        && only_error
        && flow.tree.file(flow.entry).lang == Lang::Go
        && is_for_one(flow, act)
        && !is_heard(flow, uid, act)
}

/// Whether the names say that one alone is to have it.
fn is_for_one(flow: &Flow<'_, '_>, act: &Act) -> bool {
    let entry = flow.tree.function(flow.entry).qualified;
    let said = format!("{} {entry}", spelled(flow, 0, &act.key));
    words(&said).iter().any(|word| {
        matches!(
            word.as_str(),
            "lock"
                | "locker"
                | "acquire"
                | "claim"
                | "lease"
                | "reserve"
                | "mutex"
                | "leader"
                | "obtain"
        )
    })
}

/// Whether anybody asks for more than the error.
fn is_heard(flow: &Flow<'_, '_>, uid: Uid, act: &Act) -> bool {
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    let own = flow.event(uid).id;
    let mut heard = function.values.iter().any(|value| match &value.kind {
        ValueKind::Part(of, part) => *of == act.result && *part == 0,
        kind => kind.inputs().any(|input| input == act.result),
    });
    function.each_event(|event| {
        heard |= match &event.kind {
            EventKind::Check(check) => check.of == Some(own),
            EventKind::Return(ret) => ret.values.contains(&act.result),
            EventKind::Call(call) => call.args.contains(&act.result),
            _ => false,
        };
    });
    heard || !act.used.tested && !act.used.returned
}
