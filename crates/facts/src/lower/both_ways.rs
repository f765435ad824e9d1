//! Files of Python that are opened for reading and writing: `open(path, "r+")`. Who reads first has stored nothing
//! yet; who then writes through the handle does so in place, from the first such call on. A file that is locked
//! before it is read is left as it is: its lock tells what else happens to it.

use super::body::{Body, Val};
use super::effect::Args;
use crate::event::{
    Act, ActKind, Atomicity, Block, Confidence, EventId, EventKind, Literal, Meaning, Name, Node,
    Outcome, Span, Store, Uses, ValueId, ValueKind, each_event_of_mut,
};
use crate::syntax::{Arg, ExprId, ExprKind};

impl<'s> Body<'_, '_, 's> {
    /// Tells of what a call does to such a file. Where it begins to write, the variable holds from then on what was
    /// opened for that.
    pub(super) fn both_ways(&mut self, callee: ExprId, args: &[Arg<'s>], span: Span) {
        if self.cx.is_go() || self.handles.is_empty() {
            return;
        }
        let tree = self.cx.tree;
        let (on, word) = match tree.kind(callee) {
            ExprKind::Attr(on, word) => (Some(*on), *word),
            ExprKind::Name(word) => (None, *word),
            _ => return,
        };
        let given = |n: usize| args.get(n).map(|arg| arg.value);
        let (file, writes) = match word {
            "read" | "readline" | "readlines" => (on, false),
            "load" | "safe_load" => (given(0), false),
            "write" | "writelines" | "truncate" => (on, true),
            "dump" | "safe_dump" => (given(1), true),
            _ => return,
        };
        let Some(ExprKind::Name(name)) = file.map(|file| tree.kind(file)) else { return };
        let name = Name::new(name);
        let Some(held) = self.env.get(&name).map(|val| Val::clone(val)) else { return };
        let Some(opening) = self.opened_for_both(held.id) else { return };
        if !writes {
            self.read_first.insert(opening);
        } else if self.read_first.contains(&opening) {
            let id = self.opened_again(held.id, span);
            self.env.insert(name, std::rc::Rc::new(Val { id, ..held }));
        }
    }

    /// What was opened for both and read first was opened for reading.
    pub(super) fn opened_to_be_read(&self, body: &mut Block) {
        if self.read_first.is_empty() {
            return;
        }
        each_event_of_mut(body, &mut |event| {
            if self.read_first.contains(&event.id)
                && let EventKind::Act(act) = &mut event.kind
            {
                act.kind = ActKind::OpenRead;
            }
        });
    }

    /// The opening for both that gave a handle which nothing has locked yet.
    fn opened_for_both(&self, handle: ValueId) -> Option<EventId> {
        let ValueKind::Result(opening, inputs) = self.value(handle) else { return None };
        let both = |id: &ValueId| match self.value(*id) {
            ValueKind::Literal(Literal::Text(mode)) => {
                matches!(mode.as_str(), "r+" | "r+b" | "rb+" | "r+t" | "rt+")
            }
            _ => false,
        };
        let named = |value: &ValueKind| match value {
            ValueKind::Result(event, inputs) => {
                let named = self.call_names.get(event);
                inputs.contains(&handle) && named.is_some_and(|name| name.as_str().contains("lock"))
            }
            _ => false,
        };
        let locks =
            self.stack.iter().any(acquires) || self.values.iter().any(|value| named(&value.kind));
        let opens = self.opened.contains_key(opening) && inputs.iter().any(both);
        (opens && !locks).then_some(*opening)
    }

    fn opened_again(&mut self, handle: ValueId, span: Span) -> ValueId {
        let key = self.handles.get(&handle).cloned().unwrap_or_else(|| self.key(None, span));
        let act = Act {
            kind: ActKind::OpenWrite,
            store: self.store(Store::files()),
            key: key.clone(),
            target: None,
            value: None,
            fields: Vec::new(),
            result: ValueId(0),
            means: Meaning::Error,
            used: Uses::default(),
            atomicity: Atomicity::Plain,
            failure: Outcome::Silent,
            by_handle: false,
            expects: None,
            ttl: None,
            sql: None,
            confidence: Confidence::Likely,
        };
        let args = Args { given: Vec::new(), receiver: None, name: Name::new("open"), pair: false };
        let id = self.push_act(act, &args, span);
        self.handles.insert(id, key);
        id
    }
}

/// Whether anything is locked in a block so far.
fn acquires(block: &Block) -> bool {
    block.iter().any(|node| match node {
        Node::Event(event) => matches!(event.kind, EventKind::Acquire(_)),
        other => other.blocks().into_iter().any(acquires),
    })
}
