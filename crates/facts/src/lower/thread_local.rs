//! Attributes of what each thread has for itself: `_local = threading.local()` in a class or a module, and
//! `cls._local.found`, also through `__dict__`.

use super::file::FileCx;
use super::one_lock::plain;
use crate::event::{Name, Path, Root, Step, TypeRef};

impl FileCx<'_, '_> {
    /// Whether a path goes through an attribute of something that each thread has for itself.
    pub(super) fn is_of_one_thread(&self, class: Option<Name>, path: &Path) -> bool {
        let steps = path.steps.as_slice();
        let (of, rest) = match (&path.root, steps) {
            (Root::Receiver, [Step::Field(field), rest @ ..]) => {
                (class.and_then(|class| self.type_in(class, *field)), rest)
            }
            (Root::Class(class), [Step::Field(field), rest @ ..]) => {
                (self.type_in(plain(*class), *field), rest)
            }
            (Root::Global(name), rest) => {
                (self.globals.get(&plain(*name)).and_then(Option::as_ref), rest)
            }
            _ => return false,
        };
        let apart = of.and_then(|of| self.class_of(of));
        // What its class assigns in its body is one for all threads.
        let shared = |field: &Name| {
            let class = of.and_then(|of| self.classes.get(&plain(of.name)));
            class.and_then(|class| class.fields.get(field)).is_some_and(|field| field.of_class)
        };
        matches!(rest.first(), Some(Step::Field(field)) if !shared(field))
            && apart.is_some_and(|of| self.words.class(of).confined)
    }

    fn type_in(&self, class: Name, field: Name) -> Option<&TypeRef> {
        self.classes.get(&class)?.fields.get(&field)?.type_ref.as_ref()
    }
}
