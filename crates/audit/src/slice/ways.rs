//! Ways through a block that need no look at the target: waiting, and which handler catches what.

use amorsize_facts::event::{
    Await, EventKind, Function, Lang, Literal, Name, Outcome, ValueId, ValueKind,
};

use super::compile::Around;
use crate::flow::{Flow, Item, Trail};

/// Whether a block waits for time to pass or for somebody to call.
pub(super) fn waits(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) => match &flow.event(*uid).kind {
            EventKind::Await(how) => matches!(how, Await::Sleep | Await::Channel),
            EventKind::Call(call) => matches!(call.name.as_str(), "sleep" | "Sleep"),
            _ => false,
        },
        Item::Branch(fork) => waits(flow, &fork.then) || waits(flow, &fork.other),
        Item::With(region) => waits(flow, &region.body),
        Item::Try(attempt) => waits(flow, &attempt.body) || waits(flow, &attempt.finally),
        Item::Within(items) => waits(flow, items),
        Item::Loop(_) | Item::Call(_) | Item::Unlock(..) => false,
    })
}

/// Whether a coroutine may give its turn to another one within a block.
pub(super) fn gives_way(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) => matches!(flow.event(*uid).kind, EventKind::Await(_)),
        Item::Call(inlined) => gives_way(flow, &inlined.body),
        _ => flow.own_blocks(item).into_iter().any(|block| gives_way(flow, block)),
    })
}

/// Whether a block calls something that nobody knows, and that may fail therefore.
pub(super) fn calls(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) => matches!(flow.event(*uid).kind, EventKind::Call(_)),
        _ => flow.own_blocks(item).into_iter().any(|block| calls(flow, block)),
    })
}

/// Whether the entry is refused with an error that says that it is there already: the code expects
/// somebody else to have made it.
pub(crate) fn refuses(flow: &Flow<'_, '_>) -> bool {
    let function = flow.tree.function(flow.entry);
    flow.tree.file(flow.entry).lang == Lang::Go
        && flow.events.iter().any(|ev| {
            ev.frame == 0
                && matches!(&ev.event.kind, EventKind::Return(ret)
                    if ret.values.last().is_some_and(|value| says_it_exists(function, *value)))
        })
}

fn says_it_exists(function: &Function, value: ValueId) -> bool {
    let there = |text: &str| {
        let text = text.to_ascii_lowercase();
        let missing = [
            "not exist",
            "notexist",
            "not_exist",
            "noexist",
            "n't exist",
            "no such",
            "not found",
            "no ",
            "n't find",
        ];
        let there = ["exist", "already", " found", "in use", "is taken"];
        there.iter().any(|word| text.contains(word))
            && !missing.iter().any(|word| text.contains(word))
    };
    let mut trail = Trail::from([value], 12);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        let says = match kind {
            ValueKind::Literal(Literal::Text(text)) => there(text.as_str()),
            ValueKind::Named(name) => there(name.as_str()),
            ValueKind::Load(path) => there(&path.to_string()),
            _ => false,
        };
        if says {
            return true;
        }
        trail.follow(kind.inputs());
    }
    false
}

/// Whether a handler catches one of these errors.
pub(super) fn catches(handler: &[Name], raised: &[Name]) -> bool {
    fn last(name: &str) -> &str {
        name.rsplit('.').next().unwrap_or(name)
    }
    handler.is_empty()
        || handler.iter().any(|caught| {
            let caught = last(caught.as_str());
            matches!(caught, "Exception" | "BaseException" | "Throwable" | "StandardError")
                || raised.iter().any(|raised| above(last(raised.as_str())).contains(&caught))
        })
}

/// Whether a handler around here answers this failure.
pub(super) fn answered(around: &[Around<'_, '_>], failure: &Outcome) -> bool {
    let Outcome::Raises(raised) = failure else { return false };
    around.iter().any(|around| {
        matches!(around, Around::Try { types, .. }
            if types.iter().any(|handler| catches(handler.types, raised)))
    })
}

/// Whether an error says that a row is there already.
pub(crate) fn names_a_conflict(error: &str) -> bool {
    matches!(error, "IntegrityError" | "DBDuplicateEntry")
}

/// The names under which an error may be caught.
fn above(raised: &str) -> Vec<&str> {
    let mut names = vec![raised];
    match raised {
        "FileNotFoundError" | "FileExistsError" | "PermissionError" | "IsADirectoryError"
        | "NotADirectoryError" | "OSError" | "IOError" | "EnvironmentError" => {
            names.extend(["OSError", "IOError", "EnvironmentError", "error"]);
        }
        "KeyError" | "IndexError" => names.push("LookupError"),
        "IntegrityError" => {
            names.extend([
                "DatabaseError",
                "Error",
                "SQLAlchemyError",
                "DBDuplicateEntry",
                "DBError",
            ]);
        }
        "OperationalError" => names.extend(["DatabaseError", "Error"]),
        "UniqueViolation" => names.extend(["IntegrityError", "DatabaseError", "Error"]),
        _ => {}
    }
    names
}
