//! What tells by its name what it says: a sentinel of the module, an error, a function that judges.

use amorsize_facts::event::{EventKind, Literal, Op, Path, Place, Root, ValueId, ValueKind};

use super::compile::Compiler;
use super::probe::Probe;
use crate::flow::{FrameId, Trail};

/// Whether a value is by its name one of the errors there are.
pub(super) fn is_an_error(kind: &ValueKind) -> bool {
    let name = match kind {
        ValueKind::Load(Path { root: Root::Global(name), steps }) if steps.is_empty() => name,
        ValueKind::Named(name) => name,
        _ => return false,
    };
    let name = name.as_str().rsplit('.').next().unwrap_or_default();
    name.starts_with("Err") || name.starts_with("err")
}

/// Whether a name of the module stands for an entry that is not there: `get(key, MISSING) is MISSING`.
fn stands_for_nothing(path: &Path) -> bool {
    let Root::Global(name) = &path.root else { return false };
    let name = name.as_str().rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let words = ["sentinel", "missing", "marker", "undefined", "nothing", "absent", "unset"];
    path.steps.is_empty()
        && (words.iter().any(|word| name.contains(word))
            || matches!(
                name.trim_matches('_'),
                "miss"
                    | "empty"
                    | "default"
                    | "not_set"
                    | "notset"
                    | "not_found"
                    | "no_value"
                    | "novalue"
            ))
}

/// Whether a function says by its name that it judges what it is given: `self._is_valid(found)`.
pub(super) fn asks_by_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let judges = |word: &str| {
        matches!(
            word,
            "valid"
                | "fresh"
                | "stale"
                | "expired"
                | "outdated"
                | "current"
                | "alive"
                | "usable"
                | "ok"
                | "good"
                | "complete"
                | "ready"
        )
    };
    let first = words.next().unwrap_or_default();
    matches!(first, "is" | "has" | "should" | "needs" | "can" | "still")
        || judges(first)
        || words.any(judges)
        || name.starts_with("isvalid")
}

impl Compiler<'_, '_, '_> {
    /// Whether a call of something outside is of this name.
    pub(super) fn is_called(&self, frame: FrameId, name: ValueId, word: &str) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        matches!(&function.value(name).kind, ValueKind::Literal(Literal::Text(name)) if *name == word)
    }

    /// What an error of a helper tells that is compared with one by its name: that it failed.
    pub(super) fn error(&self, frame: FrameId, value: ValueId, left: u8) -> Option<(Probe, bool)> {
        let found = self.probe(frame, value, left - 1)?;
        matches!(found.0, Probe::Ret(..)).then_some(found)
    }

    /// What a variable tells that holds the answer of a helper, or nothing on the ways where that gave none:
    /// `except KeyError: found = None`.
    pub(super) fn or_nothing(
        &self,
        frame: FrameId,
        variable: ValueId,
        left: u8,
    ) -> Option<(Probe, bool)> {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let (mut answer, mut nothing) = (None, false);
        let mut trail = Trail::from([variable], 8);
        while let Some(value) = trail.step() {
            match &function.value(value).kind {
                ValueKind::Phi(ways) => trail.follow(ways.iter().copied()),
                ValueKind::Literal(Literal::Nil | Literal::Bool(false)) => nothing = true,
                _ if answer.is_none_or(|known| known == value) => answer = Some(value),
                _ => return None,
            }
        }
        if trail.is_cut() || !nothing {
            return None;
        }
        let found = self.probe(frame, answer?, left - 1)?;
        matches!(found.0, Probe::Ret(..)).then_some(found)
    }

    /// Whether a question compares with what stands for nothing.
    pub(super) fn asks_for_nothing(&self, frame: FrameId, inputs: &[ValueId]) -> bool {
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        inputs.iter().any(|question| {
            matches!(&function.value(*question).kind, ValueKind::Op(Op::Is | Op::IsNot, sides)
                if sides.iter().any(|side| self.is_nothing(frame, *side)))
        })
    }

    /// Whether a value is a name of the module that stands for an entry that is not there.
    pub(super) fn is_nothing(&self, frame: FrameId, value: ValueId) -> bool {
        if self.in_go() {
            return false;
        }
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Load(path) => stands_for_nothing(path),
            ValueKind::Result(event, _) => self.flow.uid(frame, *event).is_some_and(|uid| {
                matches!(&self.flow.event(uid).kind, EventKind::Read(read)
                    if matches!(&function.store(read.store).place, Place::Path(path)
                        if stands_for_nothing(path)))
            }),
            _ => false,
        }
    }
}
