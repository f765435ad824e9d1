//! Methods that are taken from an object before they are called: `put = self._put`,
//! `getattr(self, "_put")`, `put := s.put`. Called later, they are called on that object.

use super::body::{Body, Val};
use crate::event::{Name, Path, Root, Span, Step, TypeRef, ValueKind};
use crate::syntax::{Arg, ExprKind};

impl<'s> Body<'_, '_, 's> {
    /// The object and the method, where a value is a method of an object whose class is known.
    pub(super) fn bound_method(&mut self, val: &Val, span: Span) -> Option<(Val, Name)> {
        let ValueKind::Load(path) = self.value(val.id) else { return None };
        let mut path = path.clone();
        let Some(Step::Field(method)) = path.steps.pop() else { return None };
        let ty = self.type_at(&path)?;
        self.cx.method_type(&ty, method)?;
        let kind = if path == Path::root(Root::Receiver) {
            ValueKind::Receiver
        } else {
            ValueKind::Load(path.clone())
        };
        let id = self.pure(kind, span);
        Some((Val { id, ty: Some(ty), path: Some(path) }, method))
    }

    /// The type of what is kept at a path that begins at the receiver.
    fn type_at(&self, path: &Path) -> Option<TypeRef> {
        let mut ty = match path.root {
            Root::Receiver => self.receiver.as_ref()?.1.clone()?,
            _ => return None,
        };
        for step in &path.steps {
            let Step::Field(field) = step else { return None };
            ty = self.cx.field_type(&ty, *field)?.0?;
        }
        Some(ty)
    }

    /// `getattr(self, "_put")`, and what a request has if it has it: `getattr(request, "voucher", None)`.
    pub(super) fn named_field(&mut self, args: &[Arg<'s>], span: Span) -> Option<Val> {
        let tree = self.cx.tree;
        let (object, name) = match args {
            [object, name] => (object, name),
            [object, name, other]
                if matches!(tree.kind(other.value), ExprKind::Nil)
                    && matches!(
                        tree.kind(object.value),
                        ExprKind::Name("request") | ExprKind::Attr(_, "request")
                    ) =>
            {
                (object, name)
            }
            _ => return None,
        };
        let ExprKind::Text(name) = self.cx.tree.kind(name.value) else { return None };
        let base = self.expr(object.value);
        Some(self.field_of(&base, Name::new(name), span))
    }
}
