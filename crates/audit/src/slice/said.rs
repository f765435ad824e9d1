//! What an error says: two errors of one type that say different things are different answers.

use amorsize_facts::event::{Function, Literal, Name, Raise, ValueId, ValueKind};

use crate::flow::{Flow, FrameId, Trail};

/// Values followed for one text.
const VALUES_MAX: u8 = 16;

/// The error's type with the constant parts of what it is made with.
pub(crate) fn said(flow: &Flow<'_, '_>, frame: FrameId, raise: &Raise) -> Name {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let mut parts = Vec::new();
    let mut trail = Trail::from(raise.value, VALUES_MAX);
    while let Some(value) = trail.step() {
        match &function.value(value).kind {
            ValueKind::Literal(Literal::Text(text)) => parts.push(text.as_str()),
            kind => trail.follow(kind.inputs()),
        }
    }
    if parts.is_empty() {
        return raise.type_name;
    }
    // The walk goes from the last to the first.
    parts.reverse();
    let kind = raise.type_name.as_str().rsplit('.').next().unwrap_or_default();
    Name::new(&format!("{kind}({:?})", parts.join("…")))
}

/// Whether the number of an error that was caught, `error.errno` or `error.args[0]`, is compared with that of what is
/// missing: a file whose look failed is.
pub(super) fn says_it_is_missing(function: &Function, number: ValueId, known: ValueId) -> bool {
    let caught = |id: ValueId| matches!(function.value(id).kind, ValueKind::Caught(_));
    let field = |id: ValueId, word: &str| matches!(&function.value(id).kind, ValueKind::Field(of, name) if *name == word && caught(*of));
    let numbers = match &function.value(number).kind {
        ValueKind::Item(of, _) => field(*of, "args"),
        _ => field(number, "errno"),
    };
    let missing = match &function.value(known).kind {
        ValueKind::Named(name) => name.as_str() == "errno.ENOENT",
        ValueKind::Load(path) => path.to_string() == "errno.ENOENT",
        _ => false,
    };
    numbers && missing
}
