//! What is lost where a result is kept: another result of the same computation, or what somebody set.
//!
//! Of two who find nothing and keep what they made, either one will do. Who overwrites what a caller
//! said is to be there loses that: a limit that was configured, an entry that was put in anew.

use amorsize_facts::event::{
    ActKind, Atomicity, EventId, EventKind, Lang, Literal, Op, Place, Root, StoreId, StoreKind,
    ValueId, ValueKind,
};

use super::explore::Other;
use crate::flow::{Flow, FrameId, Trail};
use crate::held::Locking;
use crate::link::FnId;
use crate::mutators::{Mutator, Mutators, home_of};
use crate::slice::Target;

/// Values between what is stored and the parameter it comes from.
const STEPS_MAX: u8 = 32;

/// Whether the other participant stores what its caller gave it, and is called for that.
pub(super) fn is_set_by_callers(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    other: &Other,
) -> bool {
    let Other::Mutator { path, line, .. } = other else { return false };
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return false;
    }
    let home = home_of(flow, target).map(|(home, _)| home);
    mutators.of_target(home.as_ref()).iter().any(|mutator| {
        mutator.event.span.line == *line
            && flow.tree.file(mutator.function).path == *path
            && stores_what_is_given(flow, mutator)
            && !looks(flow, mutator.function, Some(mutator.act.store))
            && called_to_set(flow, locking, mutator.function)
    })
}

/// Whether a value is what the caller of the function gave it to be kept: each caller has its own.
pub(super) fn is_the_callers_own(
    flow: &Flow<'_, '_>,
    from: (FrameId, ValueId),
    keys: &[u64],
) -> bool {
    if flow.tree.file(flow.entry).lang != Lang::Go {
        return false;
    }
    let mut trail = Trail::from([from], STEPS_MAX);
    while let Some((frame, value)) = trail.step() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Param(n) if frame == 0 => {
                let param = function.params.get(usize::from(*n));
                let of = param.and_then(|param| param.type_ref.as_ref());
                let kept = of.is_some_and(|of| !of.pointer && of.name != "func");
                if kept && !keys.contains(&flow.canon(frame, value)) {
                    return true;
                }
            }
            ValueKind::Param(n) => {
                trail.follow(flow.handed_in(frame, *n));
            }
            ValueKind::Part(of, 0) => trail.follow([(frame, *of)]),
            ValueKind::Op(Op::Convert, of) => trail.follow(of.first().map(|of| (frame, *of))),
            // `Item{Key: name, Value: record}`
            ValueKind::New(..) => {
                let fields = function.given.iter().filter(|(of, field, _)| {
                    let field = field.as_str().to_ascii_lowercase();
                    *of == value && matches!(field.as_str(), "value" | "val" | "data" | "object")
                });
                trail.follow(fields.map(|(.., given)| (frame, *given)));
            }
            // `json.Marshal(record)`
            ValueKind::Op(Op::Call, inputs) => {
                let marshals = inputs.first().is_some_and(|name| {
                    matches!(&function.value(*name).kind, ValueKind::Literal(Literal::Text(word))
                        if word.as_str() == "Marshal")
                });
                trail.follow(inputs.last().filter(|_| marshals).map(|of| (frame, *of)));
            }
            _ => {}
        }
    }
    false
}

fn stores_what_is_given(flow: &Flow<'_, '_>, mutator: &Mutator<'_>) -> bool {
    let act = mutator.act;
    let puts = matches!(act.kind, ActKind::Insert | ActKind::Update | ActKind::Create);
    let function = flow.tree.function(mutator.function);
    let kind = |value: ValueId| &function.value(value).kind;
    let param = |value: ValueId| match kind(value) {
        ValueKind::Param(n) => Some(*n),
        ValueKind::Load(path) => match path.root {
            Root::Param(n) => Some(n),
            _ => None,
        },
        _ => None,
    };
    // `entries[entry.Key] = entry` stores what it is given, as well.
    let key = act.key.value.and_then(|key| match kind(key) {
        ValueKind::Param(n) => Some(*n),
        _ => None,
    });
    let tells = |n: u16| {
        let of = function.params.get(usize::from(n)).and_then(|param| param.type_ref.as_ref());
        Some(n) != key && of.is_none_or(|of| of.name != "context.Context" && of.name != "func")
    };
    let mut trail = Trail::from(act.value, STEPS_MAX);
    while let Some(value) = trail.step() {
        if let Some(n) = param(value) {
            if tells(n) {
                return puts && act.atomicity == Atomicity::Plain;
            }
            continue;
        }
        match kind(value) {
            ValueKind::Part(of, 0) | ValueKind::Field(of, _) => trail.follow([*of]),
            ValueKind::Result(event, _) => {
                trail.follow(put_into_form(flow, mutator.function, *event));
            }
            ValueKind::New(_, inputs) | ValueKind::Phi(inputs) | ValueKind::Op(_, inputs) => {
                trail.follow(inputs.iter().copied());
            }
            _ => {}
        }
    }
    false
}

/// What a call is given that brings it into another form and does nothing else: `toSettings(config)`.
fn put_into_form(flow: &Flow<'_, '_>, from: FnId, event: EventId) -> Vec<ValueId> {
    let Some(EventKind::Call(call)) = flow.tree.function(from).event(event).map(|e| &e.kind) else {
        return Vec::new();
    };
    let found = flow.tree.resolve(from, None, call);
    let [callee] = found.as_slice() else { return Vec::new() };
    let mut works = call.receiver.is_some();
    flow.tree.function(callee.id).each_event(|event| {
        works |= matches!(
            event.kind,
            EventKind::Act(_)
                | EventKind::Acquire(_)
                | EventKind::Enumerate(_)
                | EventKind::Await(_)
        );
    });
    if works { Vec::new() } else { call.args.clone() }
}

/// Whether a function is one that callers use to say what is to be there. A helper of the flow's own keeps
/// what the flow made.
fn called_to_set(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, setter: FnId) -> bool {
    let helper = flow.frames[1..].iter().any(|frame| frame.func == setter);
    let called = || locking.callers(setter).any(|caller| caller != flow.entry);
    !helper && (!flow.tree.is_private(setter) || called())
}

/// Whether a function looks at a store, or at any that others share.
fn looks(flow: &Flow<'_, '_>, id: FnId, at: Option<StoreId>) -> bool {
    let function = flow.tree.function(id);
    let kept = |id: StoreId| {
        let store = function.store(id);
        let given =
            matches!(&store.place, Place::Path(path) if matches!(path.root, Root::Param(_)));
        at.map_or(store.kind != StoreKind::Cell && !given, |at| at == id)
    };
    let mut looks = false;
    function.each_event(|event| {
        looks |= match &event.kind {
            EventKind::Read(read) => kept(read.store),
            EventKind::Check(check) => kept(check.store),
            EventKind::Enumerate(listing) => kept(listing.store),
            _ => false,
        };
    });
    looks
}
