//! The witness in words: who does what in which order, and what each is told.

use amorsize_facts::event::{CheckKind, EventKind, Literal};
use amorsize_finding::{Actor, Step, Witness};

use super::explore::Other;
use super::outside::outsider;
use super::pattern::Grip;
use super::tokens::DIED;
use super::words::{Words, shorten};
use crate::explore::{Cell, End, NOTHING, Witness as Schedule, actor};

impl Words<'_, '_, '_> {
    pub(super) fn witness(&self) -> Witness {
        let Some(found) = &self.draft.witness else { return Witness::default() };
        let entry = self.flow.tree.function(self.flow.entry).qualified.as_str();
        let other = match &self.draft.other {
            Other::Same | Other::Coin => entry.to_owned(),
            Other::Mutator { label, .. } => label.clone(),
            Other::Outside(_) => outsider(self.flow, &self.draft.target).to_owned(),
        };
        let coin = self.draft.other == Other::Coin;
        let runs = |what: &str, how: &str| {
            if coin { format!("{what}, {how}") } else { what.to_owned() }
        };
        let mut actors = vec![
            Actor { name: "A".to_owned(), runs: runs(entry, "clean-up runs") },
            Actor { name: "B".to_owned(), runs: runs(&other, "clean-up does not run") },
        ];
        if found.steps.iter().all(|step| step.thread == 0) {
            actors.truncate(1);
        }
        let steps = self.steps(found);
        if self.draft.rule == 111 {
            return self.stale_fill(actors, steps);
        }
        // Where a decision rests on another store, that one is the second cell.
        let cell = usize::from(self.is_across());
        let initial = match found.start.get(cell) {
            Some(Cell::Absent) => "nothing is there",
            Some(Cell::Live(_)) => "an entry is there",
            Some(Cell::Expired(_)) => "an expired entry is there",
            None => "",
        };
        let answers = self.answers(&found.outcome.ends);
        let mut outcome = found.summary.get(cell).cloned().unwrap_or_default();
        if found.summary.len() == 1 || !self.is_across() {
            outcome = found.summary.join("; ");
        }
        if !answers.is_empty() {
            outcome = format!("{outcome}; {answers}");
        }
        Witness {
            initial: initial.to_owned(),
            actors,
            steps,
            outcome,
            not_serial: if coin {
                "the state is the same, only the coin differs".to_owned()
            } else if self.is_across() {
                "one after the other, what is decided is still so when it is acted upon".to_owned()
            } else if self.draft.rule == 162 {
                "set in one step with its end, the entry goes when its time is over".to_owned()
            } else if self.draft.rule == 142 {
                "through the handle, both steps are about one file".to_owned()
            } else if matches!(self.draft.rule, 163 | 301 | 302) {
                "a caller who is told the truth learns that nothing was stored".to_owned()
            } else {
                let serial = self.answers(&found.serial_ends);
                let same = found.serial == found.summary;
                let ends = match (same, serial.is_empty() || serial == answers) {
                    (true, true) => "the same is left, but the answers differ".to_owned(),
                    (true, false) => format!("the same is left, but {serial}"),
                    (false, true) => found.serial.join("; "),
                    (false, false) => format!("{}; {serial}", found.serial.join("; ")),
                };
                format!("one after the other, in either order: {ends}")
            },
            eviction: None,
        }
    }

    fn steps(&self, found: &Schedule) -> Vec<Step> {
        let mut steps: Vec<Step> = found.steps.iter().filter_map(|step| self.step(step)).collect();
        let mut failed = false;
        for step in &mut steps {
            let result = step.result.clone().unwrap_or_default();
            // A transaction that is left on an error is not committed.
            if failed && result == "commits" {
                step.result = Some("rolls back".to_owned());
            }
            failed = result.starts_with("fails");
        }
        steps
    }

    /// A witness over a cache and its source: which of them keeps what.
    fn stale_fill(&self, actors: Vec<Actor>, steps: Vec<Step>) -> Witness {
        let store = self.store();
        Witness {
            initial: format!("nothing is in `{store}`, the old value is in its source"),
            actors,
            steps,
            outcome: format!("`{store}` keeps the old value, its source holds it no longer"),
            not_serial: format!(
                "one after the other, in either order: `{store}` holds what its source holds, or nothing"
            ),
            eviction: None,
        }
    }

    /// Whether the decision rests on another store than the act changes.
    fn is_across(&self) -> bool {
        self.draft.witness.as_ref().is_some_and(|found| found.start.len() > 1)
            && matches!(self.draft.rule, 108 | 120)
    }

    /// What the callers answer, as the code writes it: `A returns True, B returns False`.
    fn answers(&self, ends: &[End]) -> String {
        let callers = if matches!(self.draft.other, Other::Same) { ends.len() } else { 1 };
        let said: Vec<Option<String>> = ends
            .iter()
            .zip(0_u8..)
            .take(callers)
            .map(|(end, thread)| Some(format!("{} {}", actor(thread), self.answer(*end)?)))
            .collect();
        // Half an answer explains nothing.
        if said.is_empty() || said.iter().any(Option::is_none) {
            return String::new();
        }
        let said: Vec<String> = said.into_iter().flatten().collect();
        said.join(", ")
    }

    fn answer(&self, end: End) -> Option<String> {
        match end {
            End::Label(NOTHING) => None,
            End::Label(label) => {
                let constant = self.flow.events.iter().find_map(|ev| {
                    let EventKind::Return(ret) = &ev.event.kind else { return None };
                    let [value] = ret.values.as_slice() else { return None };
                    #[expect(clippy::cast_possible_truncation, reason = "half a hash is a tag")]
                    let tag = match ret.constant.as_ref()? {
                        Literal::Bool(yes) => u32::from(*yes),
                        _ => self.flow.canon(ev.frame, *value) as u32,
                    };
                    (ev.frame == 0 && tag == label).then_some(value)
                })?;
                let text = self.sources.text(self.flow.entry.file);
                let code =
                    self.flow.tree.function(self.flow.entry).value(*constant).span.text(text);
                (!code.is_empty() && code.len() < 24).then(|| format!("returns {code}"))
            }
            End::Raised(DIED) => Some("dies".to_owned()),
            End::Raised(error) => Some(format!("fails with {error}")),
            End::Seen(_) | End::Made(_) | End::Stuck => None,
        }
    }

    fn step(&self, step: &crate::explore::Step) -> Option<Step> {
        let name = actor(step.thread).to_string();
        if step.result == "the coin says no" {
            return None;
        }
        if step.thread == 0 || matches!(self.draft.other, Other::Same | Other::Coin) {
            let kind = &self.flow.event(step.site).kind;
            let counts = matches!(kind, EventKind::Check(check) if check.what == CheckKind::Size)
                || matches!(kind, EventKind::Read(read)
                    if read.sql.as_ref().is_some_and(|sql| sql.aggregate));
            // How many there are decides nothing about this entry.
            if counts && !self.draft.target.size && step.result.starts_with("sees") {
                return None;
            }
            let pair = [self.draft.pair.check, self.draft.pair.act];
            if step.result == "changes nothing" && !pair.contains(&step.site) {
                return None;
            }
            let lock = matches!(kind, EventKind::Acquire(_) | EventKind::Release(_));
            if step.result == "gives the lock back" && !lock && self.draft.grip == Grip::None {
                return None;
            }
        }
        if step.thread > 0 && !matches!(self.draft.other, Other::Same | Other::Coin) {
            let (path, line, effect) = match &self.draft.other {
                Other::Mutator { steps, .. } if !steps.is_empty() => {
                    let party = usize::try_from(step.site).ok().and_then(|at| steps.get(at))?;
                    let path = &self.flow.tree.files[party.file as usize].path;
                    let own = self.flow.tree.file(self.flow.entry).path == *path;
                    let code = shorten(party.span.text(self.sources.text(party.file)));
                    ((!own).then(|| path.clone()), Some(party.span.line), code)
                }
                Other::Mutator { path, line, label, .. } => {
                    let own = self.flow.tree.file(self.flow.entry).path == *path;
                    ((!own).then(|| path.clone()), Some(*line), label.clone())
                }
                Other::Outside(what) => (None, None, (*what).to_owned()),
                Other::Same | Other::Coin => return None,
            };
            let result = Some(step.result.clone());
            return Some(Step { actor: name, line, path, effect, result, note: None });
        }
        let (_, file) = self.source(step.site);
        let own = self.flow.tree.file(self.flow.entry).path == file.path;
        let result = match step.result.strip_prefix("raises ") {
            Some(DIED) => format!("is not reached: {DIED}"),
            _ => step.result.clone(),
        };
        Some(Step {
            actor: name,
            line: Some(self.flow.event(step.site).span.line),
            path: (!own).then(|| file.path.clone()),
            effect: self.code(step.site),
            result: Some(result),
            note: None,
        })
    }
}
