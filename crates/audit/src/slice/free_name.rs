//! Names that are used unless they are taken: `if os.path.exists(path): path = another(path)`, and the file is made there.

use amorsize_facts::event::{
    Access, Act, CheckKind, EventKind, Lang, StoreKind, ValueId, ValueKind, chosen_after,
};

use super::compile::{Compiler, Pair};
use crate::explore::{Answer, OpKind, Test};
use crate::flow::{Flow, FrameId, Item, Question, Uid};

/// The answer of who made something under another name.
const ELSEWHERE: u32 = u32::MAX - 1;
/// Parts of parts of a path that are compared.
const PARTS_MAX: u8 = 3;

impl Compiler<'_, '_, '_> {
    /// Leaves where the name was found taken: what is made is then made under another one, and that is another answer.
    pub(super) fn leaves_if_taken(&mut self, uid: Uid, act: &Act) {
        if self.target.kind != StoreKind::File || self.in_go() {
            return;
        }
        let frame = self.flow.frame_of(uid);
        let onto = act.target.as_ref().unwrap_or(&act.key);
        let look = onto.value.and_then(|path| asked_first(self.flow, frame, path));
        let Some((look, reg)) = look.and_then(|look| Some((look, self.known(look)?))) else {
            return;
        };
        if !self.guards.contains(&look) {
            self.pairs.push(Pair { check: look, act: uid, data: false });
        }
        let (make, leave) = (self.label(), self.label());
        self.emit(OpKind::Branch { test: Test::Absent(reg), yes: make, no: leave });
        self.here(leave);
        self.leave(0);
        self.emit(OpKind::Return(Answer::Label(ELSEWHERE)));
        self.here(make);
    }
}

/// The look at one of two names that a path comes to: it is the other one where there was such a file.
pub(super) fn asked_first(flow: &Flow<'_, '_>, frame: FrameId, path: ValueId) -> Option<Uid> {
    if frame != 0 || flow.tree.file(flow.entry).lang != Lang::Python {
        return None;
    }
    let function = flow.tree.function(flow.entry);
    if !matches!(function.value(path).kind, ValueKind::Phi(_) | ValueKind::Op(..)) {
        return None;
    }
    let kind = |id: ValueId| &function.value(id).kind;
    let chosen = |asked: ValueId| chosen_after(&kind, (path, asked), PARTS_MAX);
    flow.uids().find(|uid| {
        flow.frame_of(*uid) == 0
            && matches!(&flow.event(*uid).kind, EventKind::Check(check)
                if check.what == CheckKind::Presence
                    && check.access == Access::Contains
                    && function.store(check.store).kind == StoreKind::File
                    && check.key.value.is_some_and(chosen)
                    && decides(flow, &flow.items, check.result))
    })
}

/// Whether a block that may choose another name is reached where the look said that there is such a file.
fn decides(flow: &Flow<'_, '_>, items: &[Item<'_>], answer: ValueId) -> bool {
    let notes = |item: &Item<'_>| {
        matches!(item, Item::Event(uid)
        if matches!(flow.event(*uid).kind, EventKind::Assign(_)))
    };
    items.iter().any(|item| {
        let here = match item {
            Item::Branch(fork) => fork.other.iter().all(notes) && says_yes(&fork.cond, answer),
            _ => false,
        };
        here || flow.own_blocks(item).into_iter().any(|block| decides(flow, block, answer))
    })
}

fn says_yes(question: &Question<'_>, answer: ValueId) -> bool {
    match question {
        Question::Value(frame, value) => *frame == 0 && *value == answer,
        Question::All(clauses) => clauses.iter().any(|(_, clause)| says_yes(clause, answer)),
        _ => false,
    }
}
