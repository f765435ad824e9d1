//! Fields whose class is told by how the file uses them: `self.db.hset(…)`, `self.db.set(k, v, nx=True)`.
//!
//! A client that a constructor is handed has no type, and `get` and `delete` are the words of many.
//! One call that only clients of one kind know says it for all uses of the field in the file. A path of `pathlib`
//! that comes from elsewhere, by whichever name, is told in the same way: `if not TRASH.is_dir(): TRASH.mkdir()`.

use std::cell::LazyCell;

use super::file::{FileCx, mentions};
use crate::event::{Name, StoreKind};
use crate::syntax::{Arg, Binary, ExprKind};
use crate::vocabulary::ClassId;

impl FileCx<'_, '_> {
    /// Notes the fields of Python objects that are used as clients of one kind of server.
    pub(super) fn learn_from_use(&mut self) {
        if self.is_go() {
            return;
        }
        let tree = self.tree;
        // Paths of what is kept by a service are asked in the same words, and mean no files.
        let services =
            ["boto", "s3path", "cloudpath", "CloudPath", "azure", "google.cloud", "sftp"];
        let source = self.source;
        let of_files = LazyCell::new(|| !services.iter().any(|word| mentions(source, word)));
        for expr in &tree.exprs {
            if let ExprKind::Attr(columns, _) = &expr.kind
                && let ExprKind::Attr(table, "c" | "columns") = tree.kind(*columns)
                && let ExprKind::Name(name) | ExprKind::Attr(_, name) = tree.kind(*table)
            {
                self.core_tables.insert(Name::new(name));
            }
            if let Some(name) = self.told_path(&expr.kind).filter(|_| *of_files) {
                self.used_as_paths.insert(name);
            }
            if let ExprKind::Call(callee, args) = &expr.kind
                && let ExprKind::Attr(base, method) = tree.kind(*callee)
                && let ExprKind::Attr(owner, field) = tree.kind(*base)
                && matches!(tree.kind(*owner), ExprKind::Name("self" | "cls"))
                && let Some(class) = self.told_by(method, args)
            {
                self.used_as.insert(Name::new(field), class);
            }
        }
    }

    /// The name of what only a path of `pathlib` can be, where it is used like this: `name.is_dir()`,
    /// `name.mkdir(parents=True)`, `name / "index.json"`.
    fn told_path(&self, kind: &ExprKind<'_>) -> Option<Name> {
        let tree = self.tree;
        let named = |id| match tree.kind(id) {
            ExprKind::Name(name) | ExprKind::Attr(_, name) => Some(Name::new(name)),
            _ => None,
        };
        match kind {
            ExprKind::Binary(Binary::Div, left, right) => {
                let text = matches!(tree.kind(*right), ExprKind::Text(_) | ExprKind::Format(_));
                named(*left).filter(|_| text)
            }
            ExprKind::Call(callee, args) => {
                let ExprKind::Attr(base, method) = tree.kind(*callee) else { return None };
                let plain = args
                    .iter()
                    .all(|arg| matches!(arg.name, Some("parents" | "exist_ok" | "mode")));
                let of_path = |class: ClassId| self.words.class(class).name == "path";
                let only = || self.words.distinct(Name::new(method)).is_some_and(of_path);
                (*method == "mkdir" && plain || only()).then(|| named(*base)).flatten()
            }
            _ => None,
        }
    }

    /// The class of server whose clients alone are called like this.
    fn told_by(&self, method: &str, args: &[Arg<'_>]) -> Option<ClassId> {
        let words = self.words;
        let named = |wanted: &[&str]| {
            args.iter().any(|arg| arg.name.is_some_and(|it| wanted.contains(&it)))
        };
        if method == "set" && named(&["nx", "xx", "px"])
            || matches!(method, "setnx" | "setex" | "psetex")
        {
            return words.class_named("redis");
        }
        let class = words.distinct(Name::new(method))?;
        (words.class(class).store == Some(StoreKind::Remote)).then_some(class)
    }
}
