//! Paths that are one caller's own: made of a process's number, of the time, of what was drawn, or in a temporary
//! folder.

use amorsize_facts::event::{
    ActKind, Call, EventKind, Key, Literal, Name, Op as Operator, Path, ValueId, ValueKind,
};

use crate::flow::{Flow, FrameId, Trail};

/// Whether the name is different for every writer, or comes from whoever calls.
pub(super) fn unique(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> bool {
    names_apart(flow, frame, key, true)
}

/// Whether the name is different for every writer.
pub(super) fn names_itself(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> bool {
    names_apart(flow, frame, key, false)
}

fn names_apart(flow: &Flow<'_, '_>, frame: FrameId, key: &Key, given: bool) -> bool {
    let says = |name: Name| if given { names_one(name) } else { makes_one(name) };
    let Some(value) = key.value else { return false };
    let mut trail = Trail::from([(frame, value)], 64);
    let mut first = true;
    while let Some((frame, value)) = trail.step() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Param(_) | ValueKind::Unknown if first && given => return true,
            ValueKind::Param(n) => trail.follow(flow.handed_in(frame, *n)),
            ValueKind::Now => return true,
            ValueKind::New(made, _) if is_temporary(made.as_str()) => return true,
            ValueKind::Op(Operator::Call, inputs)
                if inputs.first().is_some_and(|word| {
                    matches!(&function.value(*word).kind,
                        ValueKind::Literal(Literal::Text(word)) if says(*word))
                }) =>
            {
                return true;
            }
            ValueKind::Named(name) if says(*name) => return true,
            ValueKind::Load(path) if given && path_names_one(path) => return true,
            // Of what a helper of the tree answers, the part that is asked for.
            ValueKind::Part(of, n) if answered(flow, frame, *of).is_some() => {
                let callee = answered(flow, frame, *of).unwrap_or(frame);
                trail.follow(always_answers(flow, callee, usize::from(*n)));
                continue;
            }
            ValueKind::Result(event, _) => {
                if let Some(uid) = flow.uid(frame, *event) {
                    match &flow.event(uid).kind {
                        EventKind::Call(call)
                            if says(call.name)
                                || says(call.callee)
                                || drawn_by_helper(flow, frame, call) =>
                        {
                            return true;
                        }
                        EventKind::Chance(_) => return true,
                        EventKind::Act(act) if act.kind == ActKind::Create => return true,
                        _ => {}
                    }
                }
                // A helper of the tree that makes the name.
                if let Some(callee) = flow.callee(frame, *event) {
                    trail.follow(always_answers(flow, callee, 0));
                    first = false;
                    continue;
                }
            }
            _ => {}
        }
        first = false;
        trail.follow(kind.inputs().map(|input| (frame, input)));
    }
    given && trail.is_cut()
}

/// Whether a helper of the tree draws a name and answers with it: `return str(uuid.uuid4())`.
fn drawn_by_helper(flow: &Flow<'_, '_>, frame: FrameId, call: &Call) -> bool {
    let from = flow.frames[frame as usize].func;
    let found = flow.tree.resolve(from, flow.class.filter(|_| frame == 0), call);
    let [callee] = found.as_slice() else { return false };
    let helper = flow.tree.function(callee.id);
    let mut answers = Vec::new();
    helper.each_event(|event| {
        if let EventKind::Return(ret) = &event.kind {
            answers.push(ret.values.clone());
        }
    });
    let [answer] = answers.as_slice() else { return false };
    let mut trail = Trail::from(answer.iter().copied(), 16);
    while let Some(value) = trail.step() {
        let kind = &helper.value(value).kind;
        if let ValueKind::Result(event, _) = kind
            && let Some(EventKind::Call(made)) = helper.event(*event).map(|event| &event.kind)
            && (makes_one(made.name) || makes_one(made.callee))
        {
            return true;
        }
        trail.follow(kind.inputs());
    }
    false
}

/// What a helper answers where it answers in one way only.
fn always_answers(flow: &Flow<'_, '_>, helper: FrameId, part: usize) -> Option<(FrameId, ValueId)> {
    match flow.returned(helper, part).as_slice() {
        [(value, frame)] => Some((*frame, *value)),
        _ => None,
    }
}

/// The frame of the helper that answers with a value.
fn answered(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<FrameId> {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    match &function.value(value).kind {
        ValueKind::Result(event, _) => flow.callee(frame, *event),
        _ => None,
    }
}

/// A file or folder of one's own: of Python, and of Go.
fn is_temporary(made: &str) -> bool {
    made.ends_with("tempfile.Unique") || made == "#file"
}

/// Whether a call gives a name that nobody else has.
fn makes_one(name: Name) -> bool {
    let name = name.as_str().to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or(&name);
    let temporary = ["tmp_dir", "tmpdir", "temp_dir", "tmp_file", "temp_file"];
    let makes = ["create", "make", "mk", "new"].iter().any(|word| last.starts_with(word));
    makes && temporary.iter().any(|word| last.contains(word))
        || matches!(
            last,
            "getpid"
                | "uuid1"
                | "uuid4"
                | "newuuid"
                | "mkstemp"
                | "mkdtemp"
                | "mkdirtemp"
                | "createtemp"
                | "tempdir"
                | "temporarydirectory"
                | "namedtemporaryfile"
                | "urandom"
                | "token_hex"
                | "token_urlsafe"
                | "get_ident"
                | "time_ns"
                | "monotonic_ns"
                | "unixnano"
        )
}

fn names_one(name: Name) -> bool {
    let name = name.as_str().to_ascii_lowercase();
    [
        "getpid",
        "uuid",
        "mkstemp",
        "mkdtemp",
        "temp",
        "random",
        "token",
        "urandom",
        "get_ident",
        "rand",
        "nonce",
        "thread_id",
        "threadid",
        "unixnano",
        "time",
        "pid",
        "secrets",
        "hostname",
        "unique",
    ]
    .iter()
    .any(|word| name.contains(word))
}

fn path_names_one(path: &Path) -> bool {
    let text = format!("{path}").to_ascii_lowercase();
    ["pid", "uuid", "random", "unique", "token"].iter().any(|word| text.contains(word))
}
