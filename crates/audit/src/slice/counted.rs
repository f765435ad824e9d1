//! Counts that tell whether something was there: a server's, which counts only what it has, and the number of rows
//! that an update changed or a deletion took away.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventKind, Name, Outcome, StoreKind, ValueId,
};

use super::compile::{Around, Compiler};
use super::probe::Probe;
use super::ways::catches;
use crate::flow::{FrameId, Uid};

impl Compiler<'_, '_, '_> {
    /// Whether a server counts only what is there, and somebody asks whether it did: by the error that it raises
    /// elsewhere, or by the nothing that it gives.
    pub(super) fn needs_an_entry(&self, act: &Act) -> bool {
        let caught = |types: &[Name]| {
            self.around.iter().any(|around| {
                matches!(around, Around::Try { types: handlers, .. }
                    if handlers.iter().any(|handler| catches(handler.types, types)))
            })
        };
        self.target.kind == StoreKind::Remote
            && match &act.failure {
                Outcome::Raises(types) => caught(types),
                Outcome::Nil => true,
                _ => false,
            }
    }

    /// Whether an act is a count that gives nothing where nothing is there.
    pub(super) fn counts_or_nothing(&self, uid: Uid) -> bool {
        matches!(&self.flow.event(uid).kind, EventKind::Act(act)
            if act.atomicity == Atomicity::Relative && act.failure == Outcome::Nil)
    }

    /// What the number of rows tells that an update changed or a deletion took away.
    pub(super) fn changed(&self, frame: FrameId, of: ValueId, left: u8) -> Option<(Probe, bool)> {
        let found = self.probe(frame, of, left - 1)?;
        let Probe::Won(uid) = found.0 else { return None };
        matches!(&self.flow.event(uid).kind, EventKind::Act(act)
            if matches!(act.kind, ActKind::Update | ActKind::Delete))
        .then_some(found)
    }
}

/// Whether a field of what was executed says how many rows it changed.
pub(super) fn counts_rows(name: Name) -> bool {
    matches!(name.as_str(), "rowcount" | "rows_affected" | "matched_count")
}
