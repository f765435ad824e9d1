//! Faults of this program: what goes wrong while it looks at one function, one package or one patch is caught,
//! so that the rest is still looked at, and told in the coverage.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

thread_local! {
    static CAUGHT: Cell<u32> = const { Cell::new(0) };
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What a fault said, and in which function it was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file that was looked at.
    pub path: String,
    /// The line of the function, if it was one.
    pub line: Option<u32>,
    /// What was looked at, and what was said.
    pub detail: String,
}

/// Does some work; a panic in it is an error that says what it said.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    CAUGHT.set(CAUGHT.get() + 1);
    // What the work leaves half done are its own notes of what it has found out before.
    let outcome = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(CAUGHT.get() - 1);
    outcome.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        SAID.take().or(text).unwrap_or_else(|| "an unknown fault".to_owned())
    })
}

/// Whether a panic is caught and told by the audit; for the hook of a program, which need say nothing of it then.
#[must_use]
pub fn is_caught(info: &PanicHookInfo<'_>) -> bool {
    let caught = CAUGHT.get() > 0;
    if caught {
        SAID.replace(Some(info.to_string().replace('\n', " ")));
    }
    caught
}
