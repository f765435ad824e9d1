//! What is collected because it is old: the delete runs only for what was judged so.

use amorsize_facts::event::{CheckKind, EventKind, Lang, Name, Op, Predicate, StoreKind};

use super::compile::{Compiler, Pair};
use super::target::{listed, touches};
use crate::explore::{OpKind, Reg, Test};
use crate::flow::Uid;

impl Compiler<'_, '_, '_> {
    /// Whether an act of Go is on what a listing gave.
    pub(super) fn lists_in_go(&self, uid: Uid) -> bool {
        let go = self.flow.tree.file(self.flow.entry).lang == Lang::Go;
        let key = self.flow.event(uid).kind.target().and_then(|(_, key)| key);
        let listed = key.and_then(|key| listed(self.flow, self.flow.frame_of(uid), key));
        go && listed.is_some()
    }

    /// The first look before an act that judges what the act is about, by its age or by something else, with
    /// the look it rests on and what that saw.
    fn judged(&self, act: Uid, aged: bool) -> Option<(Uid, Uid, Reg)> {
        (0..act).find_map(|check| match &self.flow.event(check).kind {
            EventKind::Check(found)
                if aged && found.what == CheckKind::Expiry
                    || !aged
                        && found.what == CheckKind::State
                        && self.target.kind != StoreKind::Sql =>
            {
                touches(self.flow, self.target, check)?;
                let base = found.of.and_then(|of| self.flow.uid(self.flow.frame_of(check), of));
                let base = base.unwrap_or(check);
                Some((check, base, self.known(base)?))
            }
            _ => None,
        })
    }

    /// The query before whose bound on a column the statement repeats: `SELECT … WHERE seen < ?`, and then
    /// `DELETE … WHERE id = ? AND seen < ?`.
    pub(super) fn asks_age_again(&self, uid: Uid, filter: &[Predicate]) -> Option<Reg> {
        let bounds = |filter: &[Predicate], op: Op, column: Name| {
            matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge)
                && !column.is_empty()
                && filter.iter().any(|other| other.column == column && other.op == op)
        };
        (0..uid).rev().find_map(|look| {
            let EventKind::Read(read) = &self.flow.event(look).kind else { return None };
            let asked = read.sql.as_ref()?;
            let again = filter.len() > 1
                && filter.iter().any(|own| bounds(&asked.filter, own.op, own.column));
            again.then(|| self.known(look)).flatten()
        })
    }

    /// Rows that were collected because they had expired: the delete runs only for those.
    pub(super) fn collected_by_age(&mut self, uid: Uid) -> Option<crate::explore::Pc> {
        // How old it is decides, whatever else is asked of it before: `e.expires > 0 && now > e.expires`.
        let judged = [true, false].into_iter().find_map(|aged| self.judged(uid, aged));
        let (check, base, reg) = judged?;
        if self.guards.iter().any(|guard| *guard > check && self.lists_in_go(uid)) {
            // It is looked at again before it goes.
            return None;
        }
        if self
            .guards
            .iter()
            .any(|guard| matches!(&self.flow.event(*guard).kind, EventKind::Check(_)))
        {
            return None;
        }
        let (run, skip) = (self.label(), self.label());
        let shown = base;
        self.pairs.push(Pair { check: shown, act: uid, data: false });
        let aged = matches!(&self.flow.event(check).kind, EventKind::Check(found)
            if found.what == CheckKind::Expiry);
        let test = if aged { Test::Expired(reg) } else { Test::Initial(reg) };
        self.aging = aged || self.aging;
        self.emit(OpKind::Branch { test, yes: run, no: skip });
        self.here(run);
        Some(skip)
    }
}

/// A condition on how old a row is.
pub(super) fn is_age(predicate: &Predicate) -> bool {
    let text = format!("{} {}", predicate.column, predicate.text).to_ascii_lowercase();
    ["expir", "ttl", "valid_until", "deadline", "stale", "not_after"]
        .iter()
        .any(|word| text.contains(word))
}
