//! Places of a machine that all processes of one user, or of all users, share: what lies there under a name that
//! does not depend on who runs is met by the next process of the same program.

use amorsize_facts::event::{
    EventKind, FunctionKind, Key, Lang, Literal, Name, Op, Place, Root, ValueId, ValueKind,
};

use crate::flow::{Flow, FrameId, Trail};
use crate::link::{FnId, Tree};

/// Values looked at behind a path.
const STEPS_MAX: u8 = 40;

/// Whether a path of Python leads to such a place.
pub(super) fn is_everybodys(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> bool {
    if flow.tree.file(flow.entry).lang != Lang::Python {
        return false;
    }
    let id_of = |frame: FrameId| flow.frames[frame as usize].func;
    let mut trail =
        Trail::from(key.value.map(|value| (Some(frame), id_of(frame), value)), STEPS_MAX);
    while let Some((frame, id, value)) = trail.step() {
        let function = flow.tree.function(id);
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Named(name) if gives_a_place(*name) => return true,
            ValueKind::Literal(Literal::Text(text)) if is_a_place(text.as_str()) => return true,
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
                if let Some(EventKind::Call(call)) = called
                    && gives_a_place(call.name)
                {
                    return true;
                }
                // A helper of the tree that finds the place.
                if let Some(callee) = frame.and_then(|frame| flow.callee(frame, *event)) {
                    let given = flow.returned(callee, 0).into_iter();
                    trail.follow(given.map(|(value, at)| (Some(at), id_of(at), value)));
                }
                trail.follow(kind.inputs().map(|input| (frame, id, input)));
            }
            ValueKind::Param(n) => {
                let given = frame.and_then(|frame| flow.handed_in(frame, *n));
                trail.follow(given.map(|(frame, value)| (Some(frame), id_of(frame), value)));
            }
            ValueKind::Load(path) if path.steps.is_empty() => {
                if let Root::Global(name) = &path.root
                    && let Some((module, value)) = set_by_module(flow.tree, id, *name)
                {
                    trail.follow([(None, module, value)]);
                }
            }
            _ => trail.follow(kind.inputs().map(|input| (frame, id, input))),
        }
    }
    false
}

/// What the module of a function puts into its variable.
fn set_by_module(tree: &Tree<'_>, id: FnId, name: Name) -> Option<(FnId, ValueId)> {
    let of_module =
        |other: &FnId| other.file == id.file && tree.function(*other).kind == FunctionKind::Module;
    let module = tree.all().find(of_module)?;
    let mut found = None;
    tree.function(module).each_event(|event| {
        let put = match &event.kind {
            EventKind::Act(act) => match &tree.function(module).store(act.store).place {
                Place::Path(path) if path.root == Root::Global(name) && path.steps.is_empty() => {
                    act.value
                }
                _ => None,
            },
            EventKind::Assign(assign) => name
                .as_str()
                .strip_prefix('.')
                .filter(|own| assign.variable == **own)
                .map(|_| assign.value),
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
    )
}
