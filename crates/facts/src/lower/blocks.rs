//! The blocks of Go: what one declares hides what is called so outside, and ends with it.

use std::rc::Rc;

use super::body::{Body, Val};

use crate::event::Name;

/// The names that a block declares, with what they meant before.
pub(super) type Declared = Vec<(Name, Option<Rc<Val>>)>;

impl Body<'_, '_, '_> {
    /// Lowers a block of its own: what it declares is forgotten after it, what it assigns stays.
    pub(super) fn in_scope(&mut self, block: impl FnOnce(&mut Self)) {
        if !self.cx.is_go() {
            return block(self);
        }
        self.declared.push(Declared::default());
        block(self);
        for (name, before) in self.declared.pop().unwrap_or_default() {
            if let Some(before) = before {
                self.env.insert(name, before);
            }
        }
    }

    /// Remembers what a name meant before the innermost block declares it.
    pub(super) fn declares(&mut self, name: Name) {
        let before = self.env.get(&name);
        if let Some(block) = self.declared.last_mut()
            && !block.iter().any(|(known, _)| *known == name)
        {
            block.push((name, before.cloned()));
        }
    }
}
