//! What is started as a thread or a goroutine may run at once: it is followed where it is started.

use amorsize_facts::event::{Block, Lang, Node, Spawn, ValueKind};

use super::build::Builder;
use super::{FrameId, Item, Uid};
use crate::link::FnId;

/// Whether a function goes round and round.
fn loops(block: &Block) -> bool {
    block.iter().any(|node| matches!(node, Node::Loop(_)) || node.blocks().into_iter().any(loops))
}

impl<'f> Builder<'_, 'f, '_> {
    /// What a thread or a goroutine that is started here does: it may run at once. One of Go that goes on
    /// and on is no part of who starts it, and one that is started under a lock waits for that.
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
            let short = go && self.held == 0 && !loops(&tree.function(closure).body);
            return if short { self.closure(frame, uid, None, *id) } else { None };
        }
        let callee = tree.spawned(func, class, spawn.target)?;
        let short = self.held == 0 && !loops(&tree.function(callee.id).body);
        if go && !short {
            return None;
        }
        self.run(frame, uid, callee, &spawn.args)
    }
}
