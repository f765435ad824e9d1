//! Rows of a model without a key of its own: where neither the class nor one above it says that no two rows may be
//! alike, the second row is made as well as the first, and nobody is refused.
//!
//! Only a class whose ancestors are all known is taken at its word: a mixin of elsewhere may have the constraint.

use std::sync::Arc;

use amorsize_facts::Vocabulary;
use amorsize_facts::event::{
    Act, ActKind, Atomicity, EventId, EventKind, FileFacts, Function, Lang, Name, Outcome, Place,
    StoreKind, TypeRef,
};

use super::tables::Tables;
use super::tree::{ClassId, FnId, Tree};

/// Turns rows that nothing refuses into such as are made whatever there is.
pub(crate) fn spare_rows(files: &mut [FileFacts], made_anyway: Vec<(FnId, EventId)>) {
    for (id, event) in made_anyway {
        let function = &mut files[id.file as usize].functions[id.func as usize];
        if let Some(event) = function.event_mut(event)
            && let EventKind::Act(act) = &mut event.kind
        {
            (act.atomicity, act.failure) = (Atomicity::Plain, Outcome::Silent);
        }
    }
}

/// Whether a row is made by an act on such a store whatever there is.
pub(crate) fn takes_spare_rows(of: StoreKind, act: &Act) -> bool {
    of == StoreKind::Orm && act.kind == ActKind::Create && act.atomicity == Atomicity::Plain
}

/// The acts that make a row whatever there is.
pub(crate) fn made_anyway(
    files: &[FileFacts],
    tables: &Arc<Tables>,
    vocabulary: &Vocabulary,
) -> Vec<(FnId, EventId)> {
    let mut asked = Vec::new();
    for (file, facts) in (0_u32..).zip(files).filter(|(_, facts)| facts.lang == Lang::Python) {
        for (func, function) in (0_u32..).zip(&facts.functions) {
            function.each_event(|event| {
                if let Some(model) = refused(function, &event.kind) {
                    asked.push((FnId { file, func }, event.id, model));
                }
            });
        }
    }
    if asked.is_empty() {
        return Vec::new();
    }
    let tree = Tree::on(files, tables);
    let keyless = |file: u32, model: Name| match tree.class_named(file, model) {
        Some(class) => is_keyless(&tree, class),
        None => vocabulary.takes_equal_rows(model),
    };
    asked.retain(|(id, _, model)| keyless(id.file, *model));
    asked.into_iter().map(|(id, event, _)| (id, event)).collect()
}

/// The model whose key is taken to refuse a second row.
fn refused(function: &Function, event: &EventKind) -> Option<Name> {
    let EventKind::Act(act) = event else { return None };
    let store = function.store(act.store);
    let Place::Model(model) = store.place else { return None };
    let refuses = act.kind == ActKind::Create
        && act.atomicity == Atomicity::Exclusive
        && store.kind == StoreKind::Orm;
    (refuses && !model.is_empty()).then_some(model)
}

/// Whether nothing from the class up to the mapper's own speaks of something unique.
fn is_keyless(tree: &Tree<'_>, class: ClassId) -> bool {
    let above = tree.ancestry(class);
    let mut mapped = false;
    let known = above.iter().all(|at| {
        let facts = tree.class(*at);
        !facts.unique
            && facts.bases.iter().all(|base| {
                let mapper = is_mapper(base);
                mapped |= mapper;
                mapper || tree.class_named(at.file, base.name).is_some_and(|it| above.contains(&it))
            })
    });
    known && mapped
}

/// Whether a base is that of all rows of a mapper.
fn is_mapper(base: &TypeRef) -> bool {
    let name = base.name.as_str();
    let own = ["django.db.models.Model", "django.contrib.gis.db.models.Model"];
    own.contains(&name) || name.ends_with(".db.Model")
}
