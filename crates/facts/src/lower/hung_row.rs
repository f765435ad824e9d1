//! Rows that a request of Django brings along, and that are counted where they are saved:
//! `request.voucher.used += 1`, then `.save()`.
//!
//! Whatever hung the row on the request read it before: it is read again at the latest where its number is changed,
//! which is the smallest window there can be.

use super::body::{Body, Query};
use crate::event::{Name, Path, Root, Span, Step};
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
        let filters = vec![held.id];
        let query = Query { model, filters, locks: false, flushes: false, span };
        let ty = Some(self.returned(Name::new("model")));
        self.read_held_row(name, query, (ty, Root::Local { name, escapes: false }));
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
