//! Stores that a function of Go is handed bare: `go sweep(s.data)` works on the field of whoever starts it.
//!
//! Only what one field alone is handed as is known: a function that others call with what is theirs works
//! on whatever it is given.

use amorsize_facts::event::{
    EventKind, Field, FunctionKind, Lang, Name, Path, Place, Root, Step, StoreKind, ValueId,
    ValueKind,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{ClassId, FnId, Tree};

/// A field of a class.
pub(crate) type FieldOf = (ClassId, Vec<Step>);

/// Which field each bare parameter is, by function and position.
#[derive(Debug, Default)]
pub(crate) struct HandedFields(FxHashMap<(FnId, u16), Option<FieldOf>>);

impl HandedFields {
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let wanted = bare(tree);
        let mut found = Self::default();
        if wanted.is_empty() {
            return found;
        }
        for from in tree.all().filter(|id| tree.file(*id).lang == Lang::Go) {
            if tree.is_test(from) {
                continue;
            }
            tree.function(from).each_event(|event| match &event.kind {
                EventKind::Spawn(spawn) => {
                    let callee = tree.spawned(from, None, spawn.target).map(|callee| callee.id);
                    found.hand(tree, from, (callee, &spawn.args), &wanted);
                }
                EventKind::Call(call) if call.callee.as_str().starts_with('.') => {
                    let callee = tree.free_in(from.file, call.name);
                    found.hand(tree, from, (callee, &call.args), &wanted);
                }
                _ => {}
            });
        }
        found
    }

    fn hand(
        &mut self,
        tree: &Tree<'_>,
        from: FnId,
        (callee, args): (Option<FnId>, &[ValueId]),
        wanted: &FxHashSet<(FnId, u16)>,
    ) {
        let Some(callee) = callee else { return };
        for (n, value) in (0_u16..).zip(args).filter(|(n, _)| wanted.contains(&(callee, *n))) {
            let field = field_of(tree, from, *value);
            let known = self.0.entry((callee, n)).or_insert_with(|| field.clone());
            if *known != field {
                *known = None;
            }
        }
    }

    /// The field that a parameter always is.
    pub(crate) fn field(&self, id: FnId, n: u16) -> Option<&FieldOf> {
        self.0.get(&(id, n))?.as_ref()
    }
}

/// The bare parameters that free functions work on as containers with locks of their own.
fn bare(tree: &Tree<'_>) -> FxHashSet<(FnId, u16)> {
    let mut found = FxHashSet::default();
    for id in tree.all().filter(|id| tree.file(*id).lang == Lang::Go) {
        let function = tree.function(id);
        if function.kind != FunctionKind::Free {
            continue;
        }
        found.extend(function.stores.iter().filter_map(|store| match &store.place {
            Place::Path(Path { root: Root::Param(n), steps })
                if steps.is_empty() && store.kind == StoreKind::Synchronised =>
            {
                Some((id, *n))
            }
            _ => None,
        }));
    }
    found
}

/// The field of an object that a function hands on.
fn field_of(tree: &Tree<'_>, from: FnId, value: ValueId) -> Option<FieldOf> {
    let function = tree.function(from);
    let made = |value: ValueId| match &function.value(value).kind {
        ValueKind::New(name, _) => tree.class_named(from.file, *name),
        _ => None,
    };
    // What the object was given when it was made.
    let given = function.given.iter().find(|(_, _, given)| *given == value);
    if let Some((class, field)) = given.and_then(|(of, field, _)| Some((made(*of)?, *field))) {
        return Some((class, vec![Step::Field(field)]));
    }
    match &function.value(value).kind {
        ValueKind::New(of, _) => kept_as(tree, from, value, *of),
        ValueKind::Field(of, field) => Some((made(*of)?, vec![Step::Field(*field)])),
        // `&c.items`
        ValueKind::Op(_, inputs) if inputs.len() == 1 => field_of(tree, from, inputs[0]),
        ValueKind::Load(path) => {
            let class = match &path.root {
                Root::Receiver => tree.class_of(from)?,
                Root::Captured(_) => tree.class_of(tree.parent(from)?)?,
                Root::Local { name, .. } => {
                    let origin = function.origins.iter().find(|(known, _)| known == name)?;
                    made(origin.1)?
                }
                Root::Param(n) => {
                    let param = function.params.get(usize::from(*n))?.type_ref.as_ref()?;
                    tree.class_named(from.file, param.name)?
                }
                _ => return None,
            };
            (!path.steps.is_empty()).then(|| (class, path.steps.clone()))
        }
        _ => None,
    }
}

/// The field in which an object keeps a store that was made for it before it: `data := &sync.Map{}`, then
/// `store{limit, data}`. It is the only field of that type.
fn kept_as(tree: &Tree<'_>, from: FnId, value: ValueId, of: Name) -> Option<FieldOf> {
    let keepers = tree.function(from).values.iter().filter_map(|keeper| match &keeper.kind {
        ValueKind::New(name, parts) if parts.contains(&value) => tree.class_named(from.file, *name),
        _ => None,
    });
    let [class] = keepers.collect::<Vec<_>>()[..] else { return None };
    let fitting = |field: &&Field| field.type_ref.as_ref().is_some_and(|ty| ty.name == of);
    let mut fields = tree.class(class).fields.iter().filter(fitting);
    let field = fields.next()?;
    fields.next().is_none().then(|| (class, vec![Step::Field(field.name)]))
}
