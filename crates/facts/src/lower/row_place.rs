//! What a row of the vocabulary is carried out on: the store, and the key in it.

use super::body::Body;
use super::effect::Args;
use crate::event::{
    Confidence, Key, Path, Place, Root, Scope, Span, Store, StoreId, StoreKind, TypeRef, ValueId,
    ValueKind,
};
use crate::vocabulary::{ClassId, Row};

impl Body<'_, '_, '_> {
    pub(super) fn memory_store(
        &mut self,
        path: &Path,
        kind: StoreKind,
        class: Option<ClassId>,
        ty: Option<TypeRef>,
        confidence: Confidence,
    ) -> StoreId {
        let class = class.map(|class| self.cx.words.class(class));
        let scope = class.map_or(Scope::Thread, |class| class.scope);
        let confined = class.is_some_and(|class| class.confined);
        self.store(Store {
            kind,
            scope,
            place: Place::Path(path.clone()),
            type_ref: ty,
            confined,
            confidence,
        })
    }

    /// The store a row is about.
    pub(super) fn row_store(
        &mut self,
        row: &Row,
        class: Option<ClassId>,
        args: &Args,
        confidence: Confidence,
    ) -> StoreId {
        let of = class.map(|class| self.cx.words.class(class).clone());
        let kind =
            row.store.or(of.as_ref().and_then(|class| class.store)).unwrap_or(StoreKind::Cell);
        let scope = row.scope.or(of.as_ref().map(|class| class.scope)).unwrap_or(match kind {
            StoreKind::File => Scope::Host,
            StoreKind::Sql | StoreKind::Orm | StoreKind::Remote | StoreKind::Api => Scope::Cluster,
            _ => Scope::Thread,
        });
        let ty = args.receiver.as_ref().and_then(|val| val.ty.clone());
        let confined = of.is_some_and(|class| class.confined);
        let place = match kind {
            StoreKind::File => Place::Files,
            StoreKind::Orm => Place::Model(self.model(args)),
            _ => {
                let receiver = args.receiver.as_ref().filter(|val| {
                    val.ty.is_some()
                        || class.is_some()
                        || !matches!(self.value(val.id), ValueKind::Named(_))
                });
                match receiver.or(args.given.first().map(|given| &given.val)) {
                    Some(val) => Place::Path(self.path_of(val)),
                    None => Place::Path(Path::root(Root::Global(args.name))),
                }
            }
        };
        let ty = ty.filter(|_| !matches!(kind, StoreKind::File));
        self.store(Store { kind, scope, place, type_ref: ty, confined, confidence })
    }

    pub(super) fn row_key(&mut self, row: &Row, args: &Args, span: Span) -> Key {
        if let Some(receiver) = &args.receiver {
            if row.by_handle
                && let Some(key) = self.handles.get(&receiver.id)
            {
                return key.clone();
            }
            if let Some(key) = self.query_key(receiver, row, args, span) {
                return key;
            }
        }
        match args.get(row.key) {
            Some(val) => {
                let id = val.id;
                // What is put whole carries its key: `kv.Put(&api.KVPair{Key: name}, nil)`.
                let whole = args.get(row.value).is_some_and(|value| value.id == id);
                self.carried_key(id, args, whole).unwrap_or_else(|| self.key(Some(id), span))
            }
            None => Key { value: None, shape: 0, text: None, span },
        }
    }

    /// The key of an item that carries its own: a new one says it, one that was read has the key it
    /// was read by.
    fn carried_key(&self, id: ValueId, args: &Args, whole: bool) -> Option<Key> {
        if !self.cx.is_go() || args.given.len() != 1 && !whole {
            return None;
        }
        match self.value(id) {
            ValueKind::New(..) => self.handles.get(&id).cloned(),
            ValueKind::Part(of, 0) => match self.value(*of) {
                ValueKind::Result(event, _) => {
                    let item = args.given[0].val.ty.as_ref();
                    let item = item.is_none_or(|of| of.name.as_str().ends_with(".Item"));
                    let hands_on =
                        matches!(args.name.as_str(), "Set" | "Add" | "Replace" | "CompareAndSwap");
                    self.seen.get(event).filter(|_| item && hands_on).map(|seen| seen.key.clone())
                }
                _ => None,
            },
            _ => None,
        }
    }
}
