//! A class's own way to run a statement: `self._query("SELECT …", args)`, whose body gives the text that it was
//! given to a cursor.

use super::body::{Body, Val};
use super::declare::each_body;
use super::file::FileCx;
use crate::event::{Confidence, Name, Path, Root, Step};
use crate::syntax::{ExprId, ExprKind, FunctionDef, Stmt, StmtKind};

/// Blocks within blocks, and calls upon calls, that are looked through.
const DEPTH_MAX: u32 = 8;

impl Body<'_, '_, '_> {
    /// How sure it is that a receiver which is given a statement carries it out.
    pub(super) fn prepares(&self, receiver: Option<&Val>, method: Name) -> Confidence {
        let of = receiver.and_then(|val| val.ty.as_ref());
        let class = of.and_then(|of| self.cx.class_of(of));
        let connection =
            class.is_some_and(|class| self.cx.words.class(class).name.as_str() == "sql");
        let own = of.and_then(|of| self.cx.class_info(of));
        let runs = own.is_some_and(|info| info.running.contains(&method));
        let layer = || {
            let path = receiver.and_then(|val| val.path.as_ref());
            !self.cx.is_go() && path.is_some_and(is_a_database) && runs_by_name(method)
        };
        if connection || runs || layer() { Confidence::Likely } else { Confidence::Guess }
    }
}

impl<'s> FileCx<'_, 's> {
    /// Whether a method executes what it is given.
    pub(super) fn runs_statements(&self, method: &FunctionDef<'s>) -> bool {
        let body = method.body.as_deref().unwrap_or_default();
        !self.is_go() && self.runs_in(body, method, 0)
    }

    fn runs_in(&self, body: &[Stmt<'s>], method: &FunctionDef<'s>, depth: u32) -> bool {
        body.iter().filter(|_| depth < DEPTH_MAX).any(|stmt| {
            let runs = match &stmt.kind {
                StmtKind::Expr(id) | StmtKind::Return(Some(id)) => self.executes(*id, method, 0),
                StmtKind::Assign { value, .. } => self.executes(*value, method, 0),
                _ => false,
            };
            let mut within = false;
            each_body(stmt, &mut |inner| within |= self.runs_in(inner, method, depth + 1));
            runs || within
        })
    }

    /// `cursor.execute(sql, args)`, and what is asked of it: `….fetchall()`.
    fn executes(&self, id: ExprId, method: &FunctionDef<'s>, depth: u32) -> bool {
        let id = match self.tree.kind(id) {
            ExprKind::Await(inner) => *inner,
            _ => id,
        };
        let ExprKind::Call(callee, args) = self.tree.kind(id) else { return false };
        let ExprKind::Attr(base, word) = self.tree.kind(*callee) else { return false };
        let given = || {
            matches!(args.first().map(|arg| self.tree.kind(arg.value)), Some(ExprKind::Name(name))
                if method.params.iter().any(|param| param.name == *name))
        };
        matches!(*word, "execute" | "executemany") && given()
            || depth < DEPTH_MAX && self.executes(*base, method, depth + 1)
    }
}

/// Whether the last name of a path is what people call a database, or a way to it.
fn is_a_database(path: &Path) -> bool {
    let name = match (path.steps.last(), &path.root) {
        (Some(Step::Field(name) | Step::Getter(name)), _) | (None, Root::Global(name)) => *name,
        (None, Root::Local { name, .. }) => *name,
        _ => return false,
    };
    let name = name.as_str().to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| {
        matches!(
            word,
            "db" | "database"
                | "conn"
                | "connection"
                | "cursor"
                | "cur"
                | "sqlite"
                | "mysql"
                | "postgres"
                | "pg"
                | "tx"
        )
    })
}

/// Whether a method says that it carries out what it is given.
fn runs_by_name(method: Name) -> bool {
    let name = method.as_str().to_ascii_lowercase();
    let mut words = name.split('_');
    words.any(|word| {
        matches!(
            word,
            "execute"
                | "exec"
                | "query"
                | "run"
                | "fetch"
                | "select"
                | "insert"
                | "update"
                | "delete"
                | "scalar"
                | "one"
                | "all"
        )
    })
}
