//! A file that takes its time to be written, and the rename by which others get to see it.

use amorsize_facts::event::{Act, Outcome};

use super::compile::Compiler;
use crate::explore::{Lost, OpKind, Value, When};
use crate::flow::Uid;

/// A write that others may meet half done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Publishing {
    pub write: Uid,
    /// The rename by which the file becomes what everybody reads, which is cell 1.
    pub rename: Option<Uid>,
}

impl Compiler<'_, '_, '_> {
    /// Emits the rename that publishes the target; whether the act is that.
    pub(super) fn publishes(&mut self, uid: Uid, act: &Act) -> bool {
        if self.publishing.and_then(|publishing| publishing.rename) != Some(uid) {
            return false;
        }
        let (lost, detour) = match &act.failure {
            Outcome::Raises(_) => self.losing(uid, act, When::Present),
            _ => (Lost::Raise("the temporary file has gone"), None),
        };
        self.emit(OpKind::Rename { from: 0, to: 1, lost });
        self.detour(detour);
        true
    }

    /// Emits the first half of a write that takes its time; the condition of the other half. What
    /// somebody else has moved away meanwhile is written on where it is now.
    pub(super) fn bit_by_bit(&mut self, uid: Uid, when: When) -> When {
        let Some(publishing) = self.publishing.filter(|publishing| publishing.write == uid) else {
            return when;
        };
        let (value, into, lost) = (Value::Torn, self.reg(uid), Lost::Ignore);
        self.emit(OpKind::Write { cell: 0, value, when, into, lost });
        if publishing.rename.is_some() { When::Present } else { When::Always }
    }
}
