//! Containers on the class itself: `_instances = {}` in the body of a class is one for all its objects, whether they
//! call it `self._instances` or `cls._instances`.

use rustc_hash::FxHashSet;

use super::body::Body;
use super::file::FileCx;
use crate::event::{Field, Name};
use crate::syntax::{ClassDef, StmtKind};

/// Base classes looked through.
const BASES_MAX: usize = 4;

impl<'s> FileCx<'_, 's> {
    /// The containers that the body of a class makes, and that no method puts another one in the place of.
    pub(super) fn common_fields(&self, def: &ClassDef<'s>, fields: &[Field]) -> FxHashSet<Name> {
        let kept = |field: &&Field| {
            let of = field.type_ref.as_ref().map(|of| of.name);
            field.of_class && of.is_some_and(|of| is_container(of.as_str()))
        };
        let mut common: FxHashSet<Name> =
            fields.iter().filter(kept).map(|field| field.name).collect();
        if common.is_empty() {
            return common;
        }
        let mut own = Vec::new();
        for stmt in &def.body {
            let StmtKind::Function(method) = &stmt.kind else { continue };
            let of_class = method
                .decorators
                .iter()
                .any(|id| self.dotted(*id).is_some_and(|name| name == "classmethod"));
            if let (Some(receiver), Some(body), false) =
                (method.params.first(), &method.body, of_class)
            {
                self.attributes(body, receiver.name, method, &mut own, 0);
            }
        }
        for field in own {
            common.remove(&field.name);
        }
        common
    }
}

fn is_container(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    matches!(
        last,
        "dict"
            | "list"
            | "set"
            | "OrderedDict"
            | "defaultdict"
            | "WeakValueDictionary"
            | "WeakKeyDictionary"
            | "deque"
            | "Counter"
    )
}

impl Body<'_, '_, '_> {
    /// The class, of this file, whose own container a field of the object at hand is.
    pub(super) fn common_to(&self, field: Name) -> Option<Name> {
        let mut class = self.class?;
        for _ in 0..BASES_MAX {
            let info = self.cx.class_named(class)?;
            if info.common.contains(&field) {
                return Some(class);
            }
            if info.fields.contains_key(&field) {
                return None;
            }
            class = info.bases.iter().find_map(|base| {
                let own = base.name.as_str().strip_prefix('.')?;
                (!own.contains('.')).then(|| Name::new(own))
            })?;
        }
        None
    }
}
