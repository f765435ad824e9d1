//! Mappers of their own: a method that is called `get_or_create` asks with the object's own `get`, and makes with its
//! own `create`, whatever these two say to the database.
//!
//! Where the method waits for a conflict, begins a transaction or takes a lock, nothing is said: somebody who does is
//! taken to know why.

use super::body::{Body, Seen as Looked, Val};
use super::callee::Callee;
use super::declare::each_body;
use crate::event::{
    Access, Act, ActKind, Atomicity, Check, CheckKind, Confidence, EventKind, FunctionKind, Name,
    Outcome, Path, Read, Root, Seen as Means, Span, StoreId, says_any,
};
use crate::syntax::{Stmt, StmtKind};

/// What such methods, or classes of one method, are called.
const MAPS: [&str; 10] = [
    "getorcreate",
    "getorinsert",
    "findorcreate",
    "firstorcreate",
    "updateorcreate",
    "createorupdate",
    "insertignore",
    "insertorignore",
    "insertifmissing",
    "upsert",
];
/// Blocks within blocks that are looked through.
const DEPTH_MAX: u32 = 12;

/// A method that looks for a row and makes it where there is none.
pub(super) struct Mapper {
    /// What its handlers catch: that there is no such row.
    missing: Vec<Name>,
}

impl<'a, 's> Body<'_, 'a, 's> {
    /// Whether this is such a method.
    pub(super) fn find_mapper(&mut self, statements: &[Stmt<'s>]) {
        if self.cx.is_go() || self.kind != FunctionKind::Method {
            return;
        }
        let Some((_, Some(of))) = &self.receiver else { return };
        let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
        let method = plain(self.name.as_str());
        let many = method.contains("many") || method.contains("bulk");
        let class = || plain(of.name.as_str());
        let named = says_any(&method, &MAPS)
            || method == "run" && MAPS.iter().any(|word| class().ends_with(word));
        if !named || many {
            return;
        }
        // Rows are what others write, too: a mapper knows of some database.
        let near = [
            "sql",
            "database",
            "engine",
            "asyncpg",
            "psycopg",
            "mongo",
            "redis",
            "dbapi",
            "django.db",
        ];
        let stores = self.cx.imports.values().any(|from| says_any(from.as_str(), &near));
        if !stores {
            return;
        }
        let mut missing = Vec::new();
        if self.handles(statements, 0, &mut missing) {
            self.mapper = Some(Mapper { missing });
        }
    }

    /// Collects what is caught; whether all of it says that something is missing, and no region is entered.
    fn handles(&self, body: &[Stmt<'s>], depth: u32, missing: &mut Vec<Name>) -> bool {
        let conflicts = ["integrity", "unique", "duplicate", "conflict", "exists", "database"];
        body.iter().all(|stmt| {
            match &stmt.kind {
                StmtKind::With { .. } => return false,
                StmtKind::Try { handlers, .. } => {
                    for handler in handlers {
                        let types =
                            handler.types.map_or_else(Vec::new, |id| self.exception_types(id));
                        let wide = types.iter().any(|name| {
                            let last = name.as_str().rsplit('.').next().unwrap_or_default();
                            matches!(last, "Exception" | "BaseException" | "Error")
                                || says_any(last, &conflicts)
                        });
                        if types.is_empty() || wide {
                            return false;
                        }
                        missing.extend(types);
                    }
                }
                _ => {}
            }
            let mut fine = depth <= DEPTH_MAX;
            each_body(stmt, &mut |inner| fine = fine && self.handles(inner, depth + 1, missing));
            fine
        })
    }

    /// A call by which such a method asks or makes.
    pub(super) fn mapped(&mut self, callee: &Callee<'a>, span: Span) -> Option<Val> {
        let mapper = self.mapper.as_ref()?;
        let missing = mapper.missing.clone();
        let base = callee.receiver.as_ref()?;
        let own =
            matches!(&base.path, Some(Path { root: Root::Receiver, steps }) if steps.is_empty());
        let of = self.receiver.as_ref()?.1.as_ref()?.name;
        let store = |body: &mut Self| body.rows_of(of);
        match callee.word.as_str() {
            _ if !own => None,
            "get" | "get_one" | "one" | "first" | "find_one" | "get_or_none" | "find" => {
                let store = store(self);
                let miss = if missing.is_empty() { Outcome::Nil } else { Outcome::Raises(missing) };
                Some(self.asks_own(store, callee.word, miss, span))
            }
            "exists" | "count" | "update" => {
                let store = store(self);
                Some(self.asks_whether(store, callee.word, span))
            }
            "create" | "insert" | "_insert" | "_create" => {
                let store = store(self);
                Some(self.makes_own(store, callee.word, span))
            }
            _ => None,
        }
    }

    fn asks_own(&mut self, store: StoreId, word: Name, miss: Outcome, span: Span) -> Val {
        let (key, confidence) = (self.rows_key(Vec::new(), span), Confidence::Likely);
        let event = self.next_event();
        let result = self.result(event, word, Vec::new(), span);
        let seen = Looked { store, key: key.clone(), miss: miss.clone(), confidence, result };
        self.seen.insert(event, seen);
        let read = Read {
            store,
            key,
            result,
            miss,
            by_handle: false,
            locks: false,
            sql: None,
            confidence,
        };
        self.emit(event, span, EventKind::Read(Box::new(read)));
        Val { id: result, ty: None, path: None }
    }

    fn asks_whether(&mut self, store: StoreId, word: Name, span: Span) -> Val {
        let (key, confidence) = (self.rows_key(Vec::new(), span), Confidence::Likely);
        let event = self.next_event();
        let result = self.result(event, word, Vec::new(), span);
        self.look(event, store, &key, Outcome::Silent, confidence, result);
        self.checks.insert(event);
        let check = Check {
            store,
            key,
            what: CheckKind::Presence,
            means: Means::Present,
            of: None,
            access: Access::Contains,
            result,
            sql: None,
            confidence,
        };
        self.emit(event, span, EventKind::Check(Box::new(check)));
        Val { id: result, ty: None, path: None }
    }

    fn makes_own(&mut self, store: StoreId, word: Name, span: Span) -> Val {
        let key = self.rows_key(Vec::new(), span);
        let event = self.next_event();
        let result = self.result(event, word, Vec::new(), span);
        let mut act = Act::plain(ActKind::Create, store, key, result);
        act.atomicity = Atomicity::Exclusive;
        act.failure = Outcome::Raises(vec![Name::new("IntegrityError")]);
        self.acts.insert(event);
        self.emit(event, span, EventKind::Act(Box::new(act)));
        Val { id: result, ty: None, path: None }
    }
}
