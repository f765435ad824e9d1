//! Texts that a Go package gives a name: statements, names of files, prefixes of keys.
//!
//! A constant says what it says wherever it stands. A variable may be given another text, and is
//! taken at its word only where it holds a statement: nobody changes those while a program runs.

use super::declare::cut;
use super::file::FileCx;
use crate::event::Name;
use crate::syntax::{Binary, ExprId, ExprKind};

/// Parts of a text that is put together.
const DEPTH_MAX: u8 = 12;

impl FileCx<'_, '_> {
    /// The text that a declaration gives its name.
    pub(super) fn constant_text(&self, id: ExprId, constant: bool) -> Option<Name> {
        let mut text = String::new();
        self.add_text(id, &mut text, DEPTH_MAX)?;
        (constant || is_statement(&text)).then(|| Name::new(cut(&text)))
    }

    fn add_text(&self, id: ExprId, into: &mut String, left: u8) -> Option<()> {
        let left = left.checked_sub(1)?;
        match self.tree.kind(id) {
            ExprKind::Text(text) => into.push_str(text),
            ExprKind::Name(name) => into.push_str(self.text_named(Name::new(name))?.as_str()),
            ExprKind::Binary(Binary::Add, first, second) => {
                self.add_text(*first, into, left)?;
                self.add_text(*second, into, left)?;
            }
            _ => return None,
        }
        Some(())
    }
}

fn is_statement(text: &str) -> bool {
    let verb = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    matches!(verb.as_str(), "select" | "insert" | "update" | "delete" | "with" | "replace")
}
