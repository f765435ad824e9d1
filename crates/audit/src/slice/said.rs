//! What an error says: two errors of one type that say different things are different answers.

use amorsize_facts::event::{Literal, Name, Raise, ValueKind};

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
