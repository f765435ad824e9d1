//! What a listing of a folder in Go gives: `entry.Name()` is the name of a file in it, `entry.Info()` a look at that
//! file; and the function that `filepath.Walk` runs is a loop over files that it has looked at.

use std::rc::Rc;

use super::body::{Body, Val};
use super::effect::{Args, Given};
use super::judge::is_age;
use crate::event::{Confidence, EventId, Name, Op, Span, StoreKind, TypeRef, ValueId, ValueKind};
use crate::syntax::{ExprId, ExprKind, FunctionDef, ParamDef};

/// The function whose effect is that of a look at an entry.
const LOOK: &str = "os.Lstat";

impl<'s> Body<'_, '_, 's> {
    /// `entry.Name()`, `entry.Info()` and `info.ModTime()`, of what a folder holds.
    pub(super) fn of_entry(&mut self, of: &Val, word: &str, span: Span) -> Option<Val> {
        match word {
            // A time, whatever else it is a time of.
            "ModTime" => {
                let id = self.op(Op::Convert, vec![of.id], span);
                Some(Val { id, ty: Some(TypeRef::plain(Name::new("time.Time"))), path: None })
            }
            "Name" => {
                self.folder(of.id)?;
                let id = self.entry_name(of.id, span);
                Some(Val { id, ty: None, path: None })
            }
            "Info" => {
                let path = self.entry_path(of.id, span)?;
                self.look_at(path, span)
            }
            _ => None,
        }
    }

    /// Whether a function that walks a folder removes what it comes by. One that only lists is a helper's
    /// own business.
    pub(super) fn sweeps(&self, function: ExprId, def: &FunctionDef<'_>) -> bool {
        let tree = self.cx.tree;
        let [path, _, _] = def.params.as_slice() else { return false };
        // What a function is made of was read before it, one by one.
        let within = &tree.exprs[..function.0 as usize];
        within.iter().rev().take_while(|expr| expr.start >= def.start).any(|expr| {
            let ExprKind::Call(callee, args) = &expr.kind else { return false };
            let (ExprKind::Attr(_, word) | ExprKind::Name(word)) = tree.kind(*callee) else {
                return false;
            };
            let word = word.to_ascii_lowercase();
            ["remove", "delete", "unlink"].iter().any(|verb| word.starts_with(verb))
                && args.iter().any(|arg| matches!(tree.kind(arg.value), ExprKind::Name(name) if *name == path.name))
        })
    }

    /// The parameters of a function that walks a folder: the path, what is known of it, and what went wrong.
    pub(super) fn walks(
        &mut self,
        element: ValueId,
        lazily: bool,
        params: &[ParamDef<'s>],
        span: Span,
    ) {
        let path = self.pure(ValueKind::Part(element, 0), span);
        let looked = if lazily { None } else { self.look_at(path, span) };
        for (part, param) in (0_u8..).zip(params) {
            let id = match (part, &looked) {
                (0, _) => path,
                (_, Some(looked)) => self.pure(ValueKind::Part(looked.id, part - 1), span),
                _ => self.pure(ValueKind::Part(element, part), span),
            };
            let ty = param.annotation.and_then(|id| self.cx.type_of(id));
            self.env.insert(Name::new(param.name), Rc::new(Val { id, ty, path: None }));
        }
    }

    fn look_at(&mut self, path: ValueId, span: Span) -> Option<Val> {
        let name = Name::new(LOOK);
        let row = self.cx.words.function(name).iter().find(|row| row.applies(1, &|_| false))?;
        let val = Val { id: path, ty: None, path: None };
        let given = vec![Given { name: None, stars: 0, val }];
        let args = Args { given, receiver: None, name: Name::new("Lstat"), pair: true };
        Some(self.effect(row, None, Confidence::Certain, &args, span))
    }

    fn entry_name(&mut self, entry: ValueId, span: Span) -> ValueId {
        self.pure(ValueKind::Field(entry, Name::new("name")), span)
    }

    fn entry_path(&mut self, entry: ValueId, span: Span) -> Option<ValueId> {
        if let ValueKind::Part(element, 1) = *self.value(entry)
            && let ValueKind::Element(list) = *self.value(element)
            && matches!(self.value(list), ValueKind::Result(event, _) if self.walked.contains(event))
        {
            return Some(self.pure(ValueKind::Part(element, 0), span));
        }
        let folder = self.folder(entry)?;
        let name = self.entry_name(entry, span);
        Some(self.op(Op::Join, vec![folder, name], span))
    }

    /// The folder whose listing gave an entry.
    fn folder(&self, entry: ValueId) -> Option<ValueId> {
        let element = match self.value(entry) {
            ValueKind::Part(element, 1) => *element,
            _ => entry,
        };
        let ValueKind::Element(list) = self.value(element) else { return None };
        let list = match self.value(*list) {
            ValueKind::Part(of, 0) => *of,
            _ => *list,
        };
        let ValueKind::Result(event, _) = self.value(list) else { return None };
        self.listed_folder(*event)
    }

    fn listed_folder(&self, event: EventId) -> Option<ValueId> {
        let listed = self.seen.get(&event)?;
        let file = self.stores[listed.store.0 as usize].kind == StoreKind::File;
        let walked = self.walked.contains(&event);
        (file && !walked).then_some(listed.key.value?)
    }
}

/// Whether a field says when something was, or until when it is good.
pub(super) fn is_moment(name: &str) -> bool {
    is_age(name)
        || matches!(name, "at" | "when" | "time" | "timestamp" | "stamp" | "atime" | "ctime")
        || name.starts_with("last_")
}
