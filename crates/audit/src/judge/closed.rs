//! What closes a site at which the exploration found nothing: named by what it is, never by a guess.

use amorsize_facts::event::{Atomicity, Conflict, EventKind, SqlVerb};
use amorsize_finding::{Guard, GuardKind};

use super::explore::Draft;
use super::pattern::{Grip, LockAt};
use super::words::{lock_guard, scope};
use crate::flow::{Flow, Uid};
use crate::slice::touches;

/// What closes it.
pub(super) enum Closing<'d> {
    /// One lock over check and act, or over the act and whoever else acts.
    Lock(&'d LockAt),
    /// The key of the table: of two inserts one is refused.
    Key,
    /// The act carries its own condition.
    Act,
    /// It is looked at again before the act.
    Again(Uid),
    /// Nothing is there that had to be closed: every order ends as if nobody had come in between.
    Nothing,
}

pub(super) fn closing<'d>(flow: &Flow<'_, '_>, draft: &'d Draft) -> Closing<'d> {
    if let (Some(lock), Grip::Whole(_)) = (&draft.guard, &draft.grip) {
        return Closing::Lock(lock);
    }
    if let EventKind::Act(act) = &flow.event(draft.pair.act).kind {
        let keyed = act.sql.as_ref().is_some_and(|sql| {
            sql.verb == SqlVerb::Insert && matches!(sql.conflict, None | Some(Conflict::Error))
        });
        let conditional = act.sql.as_ref().is_some_and(|sql| {
            sql.conflict.is_some() || sql.filter.len() > 1 && sql.verb != SqlVerb::Select
        });
        if keyed {
            return Closing::Key;
        }
        if act.atomicity != Atomicity::Plain || act.expects.is_some() || conditional {
            return Closing::Act;
        }
    }
    let again = (draft.pair.check + 1..draft.pair.act).find(|uid| {
        let looks = match &flow.event(*uid).kind {
            EventKind::Check(check) => check.of.is_none(),
            EventKind::Read(_) => true,
            _ => false,
        };
        looks && touches(flow, &draft.target, *uid).is_some()
    });
    match (again, &draft.guard) {
        (Some(look), _) => Closing::Again(look),
        (None, Some(lock)) => Closing::Lock(lock),
        (None, None) => Closing::Nothing,
    }
}

impl Closing<'_> {
    /// The guard, with `code` for what the source says at an event.
    pub(super) fn guard(
        &self,
        flow: &Flow<'_, '_>,
        draft: &Draft,
        code: &dyn Fn(Uid) -> String,
    ) -> Guard {
        let (kind, name, at) = match self {
            Self::Lock(lock) => return lock_guard(lock),
            Self::Key => (GuardKind::UniqueKey, code(draft.pair.act), draft.pair.act),
            Self::Act => (GuardKind::AtomicOperation, code(draft.pair.act), draft.pair.act),
            Self::Again(look) => (GuardKind::Recheck, code(*look), *look),
            Self::Nothing => (GuardKind::Tolerance, code(draft.pair.act), draft.pair.act),
        };
        let line = Some(flow.event(at).span.line);
        Guard { kind, scope: scope(draft.target.scope), name, line, path: None }
    }

    /// What becomes of somebody who comes in between.
    pub(super) const fn says(&self) -> &'static str {
        match self {
            Self::Lock(_) => "nobody gets in between",
            Self::Key | Self::Act => {
                "others may come in between, and the act itself tells who was too late"
            }
            Self::Again(_) => {
                "others may come in between, and it is looked at again before the act"
            }
            Self::Nothing => "whoever comes in between, it ends as it does one after the other",
        }
    }
}
