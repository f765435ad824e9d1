//! Files that an object of unknown type saves: `if not os.path.exists(path): upload.save(path)`.
//!
//! Of a method that nobody knows, the name says what it does, and that the file was asked for says where.
//! What is called on the object itself, or on a class of this file, is told of where it stands.

use super::body::{Body, Val};
use super::callee::Callee;
use super::effect::{Args, Given};
use crate::event::{Confidence, Name, Path, Root, Span, StoreKind, ValueId, chosen_after};

/// Methods that write the file whose path they are given.
const SAVES: [&str; 22] = [
    "save",
    "savefig",
    "save_as",
    "save_file",
    "save_to_file",
    "save_model",
    "write_image",
    "write_html",
    "write_png",
    "write_to",
    "to_csv",
    "to_json",
    "to_parquet",
    "to_pickle",
    "to_excel",
    "to_feather",
    "to_hdf",
    "to_file",
    "download_file",
    "download_to",
    "download_to_filename",
    "fget_object",
];
/// A call that writes a file as they do.
const LIKE: &str = "numpy.save";

/// What of a call is looked at: whom it is made of, and by which name.
pub(super) struct Saver {
    receiver: Option<Val>,
    word: Name,
}

impl Saver {
    pub(super) fn of(callee: &Callee<'_>) -> Self {
        Self { receiver: callee.receiver.clone(), word: callee.word }
    }
}

impl Body<'_, '_, '_> {
    /// The file that was asked for before is written by such a method.
    pub(super) fn saved_at(&mut self, saver: &Saver, given: &[Given], span: Span) {
        let Some(receiver) = saver.receiver.clone() else { return };
        let named = SAVES.contains(&saver.word.as_str());
        let own = matches!(&receiver.path, Some(Path { root: Root::Receiver, steps }) if steps.is_empty());
        let declared = receiver.ty.as_ref().is_some_and(|of| self.cx.class_info(of).is_some());
        if self.cx.is_go() || !named || own || declared {
            return;
        }
        let asked = |given: &&Given| {
            let (id, shape) = (given.val.id, self.shape(given.val.id));
            let kind = |id: ValueId| self.value(id);
            self.seen.values().any(|seen| {
                let file = self.stores[seen.store.0 as usize].kind == StoreKind::File;
                // A name that was asked for first is used unless it is taken.
                let same = |asked: ValueId| {
                    asked == id || seen.key.shape == shape || chosen_after(&kind, (id, asked), 3)
                };
                file && seen.key.value.is_some_and(same)
            })
        };
        let Some(path) = given.iter().find(asked).cloned() else { return };
        let rows = self.cx.words.function(Name::new(LIKE));
        let Some(row) = rows.first() else { return };
        let content = Given { name: None, stars: 0, val: receiver };
        let given = vec![Given { name: None, ..path }, content];
        let args = Args { given, receiver: None, name: saver.word, pair: false };
        self.effect(row, None, Confidence::Likely, &args, span);
    }
}
