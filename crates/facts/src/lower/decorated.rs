//! Decorators that hold a lock around a whole function: `@synchronized`, `@lockutils.synchronized("name", external=True)`.
//!
//! An external one is a file lock of that name, which other processes take as well; what it is called by is part of
//! which lock it is.

use super::file::FileCx;
use crate::event::{Name, Path, Root, Scope, Step};
use crate::syntax::{Arg, ExprId, ExprKind};

/// What stands between a decorator and the name of the lock that processes share.
const EXTERNAL: &str = "(external ";

impl FileCx<'_, '_> {
    /// What a decorator is called by where it takes a lock that other processes take as well.
    pub(super) fn external_lock(&self, name: Name, args: &[Arg<'_>]) -> Option<Name> {
        let external = args.iter().any(|arg| {
            arg.name == Some("external")
                && matches!(self.tree.kind(arg.value), ExprKind::Bool(true))
        });
        let key = args.iter().find(|arg| arg.name.is_none() || arg.name == Some("name"))?;
        (external && is_synchronised(name.as_str()))
            .then(|| Name::new(&format!("{name}{EXTERNAL}{})", self.words_of(key.value))))
    }

    /// The text of an expression in one line.
    fn words_of(&self, id: ExprId) -> String {
        let expr = self.tree.expr(id);
        self.text(expr.start, expr.end).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The lock that a decorator holds, and whom it keeps out.
pub(super) fn held_by(decorator: Name) -> (Path, Scope) {
    let steps = vec![Step::Getter(decorator)];
    match decorator.as_str().split_once(EXTERNAL) {
        // A name that says nothing of the object is one for all objects.
        Some((_, key)) if !["self", "{", "lambda"].iter().any(|word| key.contains(word)) => {
            (Path { root: Root::Global(decorator), steps: Vec::new() }, Scope::Host)
        }
        Some(_) => (Path { root: Root::Receiver, steps }, Scope::Host),
        None => (Path { root: Root::Receiver, steps }, Scope::Thread),
    }
}

/// Whether a decorator is one that holds a lock, by what it is called.
pub(super) fn is_synchronised(decorator: &str) -> bool {
    let name = decorator.split_once(EXTERNAL).map_or(decorator, |(name, _)| name);
    let word = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(
        word.as_str(),
        "synchronized" | "synchronised" | "locked" | "with_lock" | "synchronized_method"
    ) || word.ends_with("lock())")
}
