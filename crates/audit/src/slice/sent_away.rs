//! Requests that are sent away by what is written to them: a handler of Go returns nothing, and who is refused is
//! told so by `http.Error(w, …)` before the handler leaves.

use amorsize_facts::event::{
    Call, EventKind, Function, Lang, Literal, Path, Root, TypeRef, ValueKind,
};

use crate::flow::{Flow, Uid};
use crate::link::Tree;

/// Whether a return leaves a handler of requests that was told before that it failed.
pub(super) fn is_sent_away(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let EventKind::Return(ret) = &flow.event(uid).kind else { return false };
    let frame = flow.frame_of(uid);
    let function = flow.tree.function(flow.frames[frame as usize].func);
    if !ret.values.is_empty() || flow.tree.file(flow.entry).lang != Lang::Go {
        return false;
    }
    let Some(writer) = writer_of(function) else { return false };
    // What a helper does stands between the call of it and the return.
    let before = (0..uid).rev().find(|before| flow.frame_of(*before) == frame);
    before.is_some_and(|before| match &flow.event(before).kind {
        EventKind::Call(call) => writes_to(call, writer) && tells_of_failure(flow, before, call),
        _ => false,
    })
}

/// Whether a handler of requests sends some of them away, and returns nothing to anybody.
pub(crate) fn sends_away(flow: &Flow<'_, '_>) -> bool {
    flow.uids().any(|uid| {
        let frame = flow.frame_of(uid);
        let own = frame == 0 || flow.frames[frame as usize].lexical == Some(0);
        own && is_sent_away(flow, uid)
    })
}

/// Which parameter of a function that returns nothing is what it answers a request by.
fn writer_of(function: &Function) -> Option<u16> {
    let answers = |of: &TypeRef| {
        let name = of.name.as_str();
        Tree::type_word(of) == "ResponseWriter"
            || ["gin.Context", "gin/v2.Context", "iris.Context", "context.Context"]
                .iter()
                .any(|known| name.ends_with(known) && of.pointer)
    };
    let mut params = function.params.iter().zip(0_u16..);
    let found = params.find(|(param, _)| param.type_ref.as_ref().is_some_and(answers));
    found.filter(|_| function.returns.is_empty()).map(|(_, n)| n)
}

fn writes_to(call: &Call, writer: u16) -> bool {
    let is = |path: &Path| matches!(path.root, Root::Param(n) if n == writer);
    call.receiver.as_ref().is_some_and(is) || call.paths.iter().any(|(_, path)| is(path))
}

/// Whether what is written says that it did not work: by the name of the call, or of a status that it is given.
fn tells_of_failure(flow: &Flow<'_, '_>, uid: Uid, call: &Call) -> bool {
    const WORDS: [&str; 14] = [
        "err",
        "abort",
        "fail",
        "deny",
        "denied",
        "reject",
        "refuse",
        "forbid",
        "unauthorized",
        "notfound",
        "badrequest",
        "conflict",
        "toomany",
        "invalid",
    ];
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    };
    let function = flow.tree.function(flow.frames[flow.frame_of(uid) as usize].func);
    let given = call.args.iter().any(|arg| match &function.value(*arg).kind {
        ValueKind::Named(name) => name.as_str().contains(".Status") && says(name.as_str()),
        ValueKind::Load(path) => {
            let text = path.to_string();
            text.contains("Status") && says(&text)
        }
        ValueKind::Literal(Literal::Int(code)) => (400..600).contains(code),
        _ => false,
    });
    given || says(call.name.as_str())
}
