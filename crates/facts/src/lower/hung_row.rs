//! Rows that a request of Django brings along, and that are counted where they are saved:
//! `request.voucher.used += 1`, then `.save()`.
//!
//! Whatever hung the row on the request read it before: it is read again at the latest where its number is changed,
//! which is the smallest window there can be.

use std::rc::Rc;

use super::body::{Body, Query, Seen, Val};
use crate::event::{Confidence, Name, Outcome, Path, Root, Span, Step};
use crate::syntax::{Binary, ExprId, ExprKind};

impl Body<'_, '_, '_> {
    /// Begins `row.field += 1` with the read of the row that it relies on, where a variable holds one of the request.
    pub(super) fn read_hung_row(&mut self, row: ExprId, op: Binary, span: Span) {
        let ExprKind::Name(name) = self.cx.tree.kind(row) else { return };
        let name = Name::new(name);
        let Some(held) = self.env.get(&name).cloned() else { return };
        let fits = !self.cx.is_go() && matches!(op, Binary::Add | Binary::Sub);
        if !fits || self.queries.contains_key(&held.id) || !self.imports_django() {
            return;
        }
        let Some(model) = held.path.as_ref().and_then(|path| self.hung_model(path)) else { return };
        let store = self.rows_of(model);
        let key = self.key(Some(held.id), span);
        let (miss, confidence) = (Outcome::Silent, Confidence::Likely);
        let event = self.next_event();
        let result = self.result(event, name, vec![held.id], span);
        self.plain_read(event, span, Seen { store, key, miss, confidence, result });
        let query = Query { model, filters: vec![held.id], locks: false, flushes: false, span };
        self.queries.insert(result, query);
        let ty = Some(self.returned(Name::new("model")));
        let path = Some(Path::root(Root::Local { name, escapes: false }));
        self.env.insert(name, Rc::new(Val { id: result, ty, path }));
    }

    fn imports_django(&self) -> bool {
        self.cx.imports.values().any(|target| {
            let target = target.as_str();
            target == "django" || target.starts_with("django.")
        })
    }

    /// The model of what hangs on a request, by the name under which it hangs there: `request.access_code`.
    fn hung_model(&self, path: &Path) -> Option<Name> {
        let request = match &path.root {
            Root::Param(n) => {
                self.param_names.get(usize::from(*n)).is_some_and(|name| *name == "request")
            }
            Root::Local { name, .. } => *name == "request",
            Root::Receiver => path.steps.first() == Some(&Step::Field(Name::new("request"))),
            _ => false,
        };
        let Some(Step::Field(last)) = path.steps.last().filter(|_| request) else { return None };
        if *last == "request" || *last == "session" {
            return None;
        }
        let mut model = String::new();
        for word in last.as_str().split('_').filter(|word| !word.is_empty()) {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            model.push_str(&first.to_uppercase());
            model.push_str(rest);
        }
        (!model.is_empty()).then(|| Name::new(&model))
    }
}
