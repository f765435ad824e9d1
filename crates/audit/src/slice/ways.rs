//! Ways through a block that need no look at the target: waiting, and which handler catches what.

use amorsize_facts::event::{Await, EventKind, Name};

use crate::flow::{Flow, Item};

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

/// Whether a block calls something that nobody knows, and that may fail therefore.
pub(super) fn calls(flow: &Flow<'_, '_>, items: &[Item<'_>]) -> bool {
    items.iter().any(|item| match item {
        Item::Event(uid) => matches!(flow.event(*uid).kind, EventKind::Call(_)),
        _ => flow.own_blocks(item).into_iter().any(|block| calls(flow, block)),
    })
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

/// The names under which an error may be caught.
fn above(raised: &str) -> Vec<&str> {
    let mut names = vec![raised];
    match raised {
        "FileNotFoundError" | "FileExistsError" | "PermissionError" | "IsADirectoryError"
        | "NotADirectoryError" | "OSError" | "IOError" | "EnvironmentError" => {
            names.extend(["OSError", "IOError", "EnvironmentError", "error"]);
        }
        "KeyError" | "IndexError" => names.push("LookupError"),
        "IntegrityError" | "OperationalError" => names.extend(["DatabaseError", "Error"]),
        "UniqueViolation" => names.extend(["IntegrityError", "DatabaseError", "Error"]),
        _ => {}
    }
    names
}
