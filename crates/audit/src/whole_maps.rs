//! Maps of Go that are set as a whole: to nothing, to an empty one, or made at the first use. None of it
//! stores an entry.

use amorsize_facts::event::{
    Act, EventKind, Function, Literal, Seen, StoreKind, ValueId, ValueKind,
};

/// Whether an act replaces a whole map by nothing, or by a new one; of a variable that entries are kept in,
/// where `kept` says that they are.
pub(crate) fn empties(function: &Function, act: &Act, kept: bool) -> bool {
    let kind = function.store(act.store).kind;
    let cell = kind == StoreKind::Cell;
    let empty = |value: ValueId| match &function.value(value).kind {
        ValueKind::Literal(Literal::Nil) => true,
        ValueKind::New(name, inputs) => inputs.is_empty() && (!cell || *name == "map"),
        _ => false,
    };
    let container = matches!(kind, StoreKind::Map | StoreKind::Synchronised) || cell && kept;
    container && act.key.value.is_none() && act.value.is_some_and(empty)
}

/// Whether the function asks whether the variable that it sets is nothing: `if c.all == nil { c.all = … }`.
pub(crate) fn fills_nothing(function: &Function, act: &Act) -> bool {
    let place = &function.store(act.store).place;
    let mut asks = false;
    function.each_event(|event| {
        asks |= matches!(&event.kind, EventKind::Check(check)
            if check.means == Seen::Absent
                && check.key.value.is_none()
                && function.store(check.store).place == *place);
    });
    asks
}
