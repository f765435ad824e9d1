//! What is started as a thread or a goroutine may run at once: it is followed where it is started.

use amorsize_facts::event::{Block, Lang, Node, Spawn, ValueKind};

use super::build::Builder;
use super::{FrameId, Item, Uid};
use crate::link::FnId;

/// Whether a function goes round and round.
fn loops(block: &Block) -> bool {
    block.iter().any(|node| matches!(node, Node::Loop(_)) || node.blocks().into_iter().any(loops))
}

/// What runs once the locks are given back.
fn after<'f>(mut held: Vec<Item<'f>>, run: Item<'f>) -> Option<Item<'f>> {
    if held.is_empty() {
        return Some(run);
    }
    held.push(run);
    Some(Item::Within(held))
}

impl<'f> Builder<'_, 'f, '_> {
    /// What a thread or a goroutine that is started here does: it may run at once. One of Go that goes on
    /// and on is no part of who starts it, and one that is started under a lock runs once that is given back.
    pub(super) fn started(
        &mut self,
        frame: FrameId,
        uid: Uid,
        spawn: &'f Spawn,
    ) -> Option<Item<'f>> {
        let (func, class) =
            (self.flow.frames[frame as usize].func, self.flow.frames[frame as usize].class);
        let tree = self.flow.tree;
        let go = tree.file(func).lang == Lang::Go;
        if let ValueKind::Closure(id) = &tree.function(func).value(spawn.target).kind {
            let closure = FnId { file: func.file, func: id.0 };
            let short = go && self.held.is_empty() && !loops(&tree.function(closure).body);
            return if short { self.closure(frame, uid, None, *id) } else { None };
        }
        let callee = tree.spawned(func, class, spawn.target)?;
        // Who is told under a lock on which entry to work comes to it once the starter has left.
        let told = self.held.is_empty() || !spawn.args.is_empty() && self.leaves;
        if go && (!told || loops(&tree.function(callee.id).body)) {
            return None;
        }
        let held = if go { self.given_back(uid) } else { Vec::new() };
        let run = self.run(frame, uid, callee, &spawn.args)?;
        after(held, run)
    }

    /// The locks under which something is started: it waits until they are given back.
    fn given_back(&self, uid: Uid) -> Vec<Item<'f>> {
        self.held.iter().map(|lock| Item::Unlock(uid, lock.clone())).collect()
    }
}
