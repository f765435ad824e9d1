//! Which folder a file's path is built from: a field or a module's variable, seen through the
//! helpers that build the path. Two paths built from different ones are not in one folder.

use amorsize_facts::event::{EventKind, Key, Name, Op, Root, ValueId, ValueKind};

use crate::flow::{Flow, FrameId, Trail};
use crate::link::FnId;

/// Values followed for one path.
const VALUES_MAX: u8 = 64;

/// The fields, global variables and settings that a key is built from.
pub(super) fn folders(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> Vec<Name> {
    // A name that is taken apart in a loop has no end: the path begins with its folder all the same.
    built_from(flow, (frame, key), false)
        .or_else(|| built_from(flow, (frame, key), true))
        .unwrap_or_default()
}

/// The same, of all parts of the path or of what it begins with; `None` if that is too much to follow.
fn built_from(
    flow: &Flow<'_, '_>,
    (frame, key): (FrameId, &Key),
    begins: bool,
) -> Option<Vec<Name>> {
    let mut found = Vec::new();
    let func = flow.frames[frame as usize].func;
    let mut trail = Trail::from(key.value.map(|value| (frame, func, value)), VALUES_MAX);
    while let Some((frame, func, value)) = trail.step() {
        let kind = &flow.tree.function(func).value(value).kind;
        match kind {
            ValueKind::Load(path) if matches!(path.root, Root::Receiver | Root::Global(_)) => {
                found.push(Name::new(&flow.path(frame, path).text()));
            }
            ValueKind::Op(Op::Join, parts) if begins => {
                trail.follow(parts.first().map(|value| (frame, func, *value)));
            }
            ValueKind::Named(name) if is_setting(*name) => found.push(*name),
            ValueKind::Param(n) if func == flow.frames[frame as usize].func => {
                let args = &flow.frames[frame as usize].args;
                if let Some(arg) = args.get(usize::from(*n)).and_then(Option::as_ref) {
                    let caller = flow.frames[arg.frame as usize].func;
                    trail.follow(arg.value.map(|value| (arg.frame, caller, value)));
                }
            }
            ValueKind::Result(event, _) => match built_by(flow, frame, func, event.0) {
                Some((callee, values)) => {
                    trail.follow(values.into_iter().map(|value| (frame, callee, value)));
                }
                None => trail.follow(kind.inputs().map(|v| (frame, func, v))),
            },
            _ => trail.follow(kind.inputs().map(|value| (frame, func, value))),
        }
    }
    (!trail.is_cut()).then_some(found)
}

/// Whether a name of a module is that of a setting: `config.CACHE_DIR`, `settings.MEDIA_ROOT`.
fn is_setting(name: Name) -> bool {
    name.as_str().rsplit_once('.').is_some_and(|(_, word)| {
        word.contains(char::is_uppercase) && !word.contains(char::is_lowercase)
    })
}

/// What a helper of the same object or module returns.
fn built_by(
    flow: &Flow<'_, '_>,
    frame: FrameId,
    func: FnId,
    event: u32,
) -> Option<(FnId, Vec<ValueId>)> {
    let mut called = None;
    flow.tree.function(func).each_event(|found| {
        if found.id.0 == event
            && let EventKind::Call(call) = &found.kind
        {
            called = Some(call);
        }
    });
    let class = flow.frames[frame as usize].class;
    let [callee] = flow.tree.resolve(func, class, called?).try_into().ok()?;
    let own = callee.own || flow.tree.class_of(callee.id).is_none();
    if !own || callee.id.file != func.file || callee.id == func {
        return None;
    }
    let mut values = Vec::new();
    flow.tree.function(callee.id).each_event(|event| {
        if let EventKind::Return(ret) = &event.kind {
            values.extend(ret.values.first());
        }
    });
    Some((callee.id, values))
}
