//! Places of a machine that all processes of one user, or of all users, share: what lies there under a name that
//! does not depend on who runs is met by the next process of the same program.

use amorsize_facts::event::{
    EventId, EventKind, FunctionKind, Key, Lang, Literal, Name, Op, Path, Place, Root, Step,
    ValueId, ValueKind,
};

use crate::flow::{Flow, FrameId, Trail};
use crate::link::{FnId, Tree};

/// Values looked at behind a path.
const STEPS_MAX: u8 = 120;

/// Whether a path leads to such a place; one of Go's to the home of whoever runs the program.
pub(super) fn is_everybodys(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> bool {
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    let told = if go { is_a_home } else { is_a_place };
    let id_of = |frame: FrameId| flow.frames[frame as usize].func;
    let mut trail =
        Trail::from(key.value.map(|value| (Some(frame), id_of(frame), value)), STEPS_MAX);
    while let Some((frame, id, value)) = trail.step() {
        let function = flow.tree.function(id);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Named(name) if gives_a_place(*name) => return true,
            ValueKind::Named(name) => {
                let set = set_by_module(flow.tree, id, *name);
                trail.follow(set.map(|(module, value)| (None, module, value)));
            }
            ValueKind::Literal(Literal::Text(text)) if told(text.as_str()) => return true,
            ValueKind::Field(_, name) if names_a_place(name.as_str()) => return true,
            ValueKind::Op(Op::Call, inputs)
                if inputs.first().is_some_and(|word| {
                    matches!(&function.value(*word).kind,
                        ValueKind::Literal(Literal::Text(word)) if gives_a_place(*word))
                }) =>
            {
                return true;
            }
            ValueKind::Result(event, _) => {
                let called = function.event(*event).map(|event| &event.kind);
                let gives = match called {
                    Some(EventKind::Call(call)) => {
                        gives_a_place(call.name) || gives_a_place(call.callee)
                    }
                    Some(EventKind::Read(read)) => {
                        matches!(&function.store(read.store).place, Place::Path(path)
                            if ends_at_a_place(path))
                    }
                    _ => false,
                };
                if gives {
                    return true;
                }
                trail.follow(answered(flow, frame, id, *event));
                trail.follow(kind.inputs().map(|input| (frame, id, input)));
            }
            ValueKind::Param(n) => {
                let given = frame.and_then(|frame| flow.handed_in(frame, *n));
                trail.follow(given.map(|(frame, value)| (Some(frame), id_of(frame), value)));
            }
            ValueKind::Load(path) if ends_at_a_place(path) => return true,
            ValueKind::Load(Path { root: Root::Global(name), steps }) if steps.is_empty() => {
                let set = set_by_module(flow.tree, id, *name);
                trail.follow(set.map(|(module, value)| (None, module, value)));
            }
            _ => trail.follow(kind.inputs().map(|input| (frame, id, input))),
        }
    }
    false
}

/// What a helper of the tree answers that finds the place.
fn answered(
    flow: &Flow<'_, '_>,
    frame: Option<FrameId>,
    id: FnId,
    event: EventId,
) -> Vec<(Option<FrameId>, FnId, ValueId)> {
    if let Some(callee) = frame.and_then(|frame| flow.callee(frame, event)) {
        let given = flow.returned(callee, 0).into_iter();
        return given.map(|(value, at)| (Some(at), flow.frames[at as usize].func, value)).collect();
    }
    let called = flow.tree.function(id).event(event).map(|event| &event.kind);
    let Some(EventKind::Call(call)) = called else { return Vec::new() };
    let found = flow.tree.resolve(id, None, call);
    let [helper] = found.as_slice() else { return Vec::new() };
    let mut answers = Vec::new();
    flow.tree.function(helper.id).each_event(|event| {
        if let EventKind::Return(ret) = &event.kind {
            answers.extend(ret.values.iter().map(|value| (None, helper.id, *value)));
        }
    });
    answers
}

/// What a module puts into its variable: that of the function, or the one that it imports it from.
fn set_by_module(tree: &Tree<'_>, id: FnId, name: Name) -> Option<(FnId, ValueId)> {
    let text = name.as_str();
    let (file, own) = match text.rsplit_once('.') {
        Some(("", own)) => (id.file, own),
        Some((module, own)) => (*tree.module(module).first()?, own),
        None => return None,
    };
    let of_module =
        |other: &FnId| other.file == file && tree.function(*other).kind == FunctionKind::Module;
    let module = tree.all().find(of_module)?;
    let here = Name::new(&format!(".{own}"));
    let mut found = None;
    tree.function(module).each_event(|event| {
        let put = match &event.kind {
            EventKind::Act(act) => match &tree.function(module).store(act.store).place {
                Place::Path(path) if path.root == Root::Global(here) && path.steps.is_empty() => {
                    act.value
                }
                _ => None,
            },
            EventKind::Assign(assign) => (assign.variable == *own).then_some(assign.value),
            _ => None,
        };
        found = put.or(found);
    });
    found.map(|value| (module, value))
}

/// Whether a path begins in such a folder, or a text is the name under which the environment tells of one.
fn is_a_place(path: &str) -> bool {
    let told = ["HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"];
    told.contains(&path)
        || path.starts_with('~')
        || ["/tmp/", "/var/", "/run/"].iter().any(|place| path.starts_with(place))
}

/// Whether a text is the name under which the environment tells of the folder of a user.
fn is_a_home(path: &str) -> bool {
    ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"].contains(&path)
}

/// Whether a field holds the folder of a user: `AppDirs("tool").user_data_dir`, `current.HomeDir`.
fn names_a_place(field: &str) -> bool {
    field == "HomeDir"
        || field.starts_with("user_") && (field.ends_with("_dir") || field.ends_with("_path"))
}

fn ends_at_a_place(path: &Path) -> bool {
    matches!(path.steps.last(), Some(Step::Field(name)) if names_a_place(name.as_str()))
}

/// Whether a call gives the folder of a user, or the one for temporary files.
fn gives_a_place(name: Name) -> bool {
    let last = name.as_str().rsplit('.').next().unwrap_or_default();
    matches!(
        last,
        "expanduser"
            | "home"
            | "gettempdir"
            | "user_cache_dir"
            | "user_cache_path"
            | "user_data_dir"
            | "user_data_path"
            | "user_state_dir"
            | "user_runtime_dir"
            | "site_data_dir"
            | "site_cache_dir"
            | "UserHomeDir"
            | "UserCacheDir"
            | "UserConfigDir"
            | "HomeDir"
    ) || name.as_str().ends_with("homedir.Dir")
        || name.as_str().ends_with("homedir.Get")
}
