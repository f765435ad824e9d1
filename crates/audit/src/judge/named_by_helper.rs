//! Paths that a helper of the same object puts together: `self._path(key)` is in `self.cache_dir` wherever it is
//! asked for. What its fields are called counts as what the path itself is called would.

use amorsize_facts::event::{
    ActKind, Event, EventKind, Function, Key, Lang, Name, Place, Root, Step, ValueId, ValueKind,
};

use crate::flow::{Flow, FrameId, Trail};
use crate::link::FnId;

/// The fields that a helper of Python makes a path of, but for those that hold a folder of the caller's own.
pub(super) fn by_helper(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> String {
    let mut text = String::new();
    let mut trail = Trail::from(key.value.map(|value| (frame, value)), 24);
    while let Some((frame, value)) = trail.step() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Param(n) => trail.follow(flow.handed_in(frame, *n)),
            ValueKind::Result(event, _) => {
                let uid = flow.uid(frame, *event);
                let helper = uid.and_then(|uid| called(flow, frame, &flow.event(uid).kind));
                for field in helper.into_iter().flat_map(|helper| joins(flow, helper)) {
                    text.push(' ');
                    text.push_str(field.as_str());
                }
            }
            _ => {}
        }
        trail.follow(kind.inputs().map(|input| (frame, input)));
    }
    text
}

/// The method of Python that a call runs.
fn called(flow: &Flow<'_, '_>, frame: FrameId, kind: &EventKind) -> Option<FnId> {
    let EventKind::Call(call) = kind else { return None };
    let from = flow.frames[frame as usize].func;
    let found = flow.tree.resolve(from, flow.class.filter(|_| frame == 0), call);
    let [callee] = found.as_slice() else { return None };
    let python = flow.tree.file(callee.id).lang == Lang::Python;
    (python && flow.tree.function(callee.id).receiver.is_some()).then_some(callee.id)
}

/// The fields that what a helper answers is made of.
fn joins(flow: &Flow<'_, '_>, helper: FnId) -> Vec<Name> {
    let function = flow.tree.function(helper);
    let mut answers = Vec::new();
    function.each_event(|event| {
        if let EventKind::Return(ret) = &event.kind {
            answers.extend(ret.values.iter().copied());
        }
    });
    let mut fields = Vec::new();
    let mut trail = Trail::from(answers, 24);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        if let ValueKind::Load(path) = kind
            && let (Root::Receiver, [Step::Field(field)]) = (&path.root, path.steps.as_slice())
        {
            fields.push(*field);
        }
        trail.follow(kind.inputs());
    }
    fields.retain(|field| !holds_own_folder(flow, helper, *field));
    fields
}

/// Whether a method of the object sets the field to a folder that it made for itself: `self.cache = mkdtemp()`.
fn holds_own_folder(flow: &Flow<'_, '_>, helper: FnId, field: Name) -> bool {
    let Some(class) = flow.tree.class_of(helper) else { return false };
    let sets = |event: &Event, function: &Function| match &event.kind {
        EventKind::Act(act) => act.value.filter(|_| {
            matches!(&function.store(act.store).place, Place::Path(path)
                if path.root == Root::Receiver
                    && matches!(path.steps.as_slice(), [Step::Field(name)] if *name == field))
        }),
        _ => None,
    };
    flow.tree.methods_of(class).any(|method| {
        let function = flow.tree.function(method);
        let mut given: Vec<ValueId> = function
            .given
            .iter()
            .filter(|(_, name, _)| *name == field)
            .map(|(.., value)| *value)
            .collect();
        function.each_event(|event| given.extend(sets(event, function)));
        given.into_iter().any(|value| is_made_for_itself(function, value))
    })
}

fn is_made_for_itself(function: &Function, value: ValueId) -> bool {
    let mut trail = Trail::from([value], 16);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::New(name, _) if name.as_str().starts_with("tempfile.") => return true,
            ValueKind::Result(event, _) => {
                let made = function.event(*event).is_some_and(|event| match &event.kind {
                    EventKind::Act(act) => act.kind == ActKind::Create,
                    EventKind::Call(call) => call.name.as_str().contains("temp"),
                    _ => false,
                });
                if made {
                    return true;
                }
            }
            _ => {}
        }
        trail.follow(kind.inputs());
    }
    false
}
