//! Managers of related rows: `user.token_set` has the rows of `Token` that belong to the user, and whatever was asked by
//! `user.votes.filter(…)` has rows that `user.votes.create(…)` makes.

use super::body::{Body, Val};
use crate::event::{Name, Path, Step};
use crate::vocabulary::ClassId;

/// What related rows are asked for, and how one more is made.
const METHODS: [&str; 12] = [
    "filter",
    "exclude",
    "exists",
    "count",
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "first",
    "get",
    "all",
    "delete",
];

impl Body<'_, '_, '_> {
    /// The model whose rows a field has by the name that Django gives it.
    pub(super) fn related_rows(&self, path: &Path) -> Option<Name> {
        let Some(Step::Field(field)) = path.steps.last() else { return None };
        let stem = field.as_str().strip_suffix("_set").filter(|stem| !stem.is_empty())?;
        let django = |from: &Name| {
            let from = from.as_str();
            from.starts_with("django") || from.starts_with("rest_framework")
        };
        if self.cx.is_go() || !self.cx.imports.values().any(django) {
            return None;
        }
        let stem = stem.replace('_', "");
        let named = |name: &Name| name.as_str().eq_ignore_ascii_case(&stem);
        let own = self.cx.classes.keys().filter(|name| named(name)).map(|name| name.as_str()).min();
        let own = own.map(|name| Name::new(&format!(".{name}")));
        let others = || {
            let known = self.cx.imports.iter().filter(|(name, _)| named(name));
            known.map(|(_, from)| from.as_str()).min().map(Name::new)
        };
        Some(own.or_else(others).unwrap_or_else(|| Name::new(&path.to_string())))
    }

    /// The class of a manager of related rows, where a method of it is called.
    pub(super) fn related_manager(&self, base: &Val, method: Name) -> Option<ClassId> {
        let path = base.path.as_ref().filter(|_| METHODS.contains(&method.as_str()))?;
        let model = || Name::new(&path.to_string());
        let field = matches!(path.steps.last(), Some(Step::Field(_)));
        // Who was asked by a filter before has rows.
        let asked = || {
            let model = model();
            field && method == "create" && self.queries.values().any(|query| query.model == model)
        };
        let manager = self.related_rows(path).is_some() || asked();
        self.cx.words.class_named("queryset").filter(|_| manager)
    }
}
