//! The rows by language, and how a call, a type or a receiver's name is looked up in them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::row::{self, RawFile, Row, compile};
use crate::event::{Lang, Name, Scope, StoreKind};

/// Which calls have which effects.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    languages: [Words; 2],
    rows: usize,
}

/// The rows of one language.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    classes: Vec<Class>,
    class_ids: FxHashMap<Name, ClassId>,
    /// Type name to class.
    pub(super) types: FxHashMap<Name, ClassId>,
    /// The modules that its types are of.
    pub(super) modules: FxHashSet<Name>,
    /// Well-known global values.
    pub(super) values: FxHashMap<Name, ClassId>,
    pub(super) functions: FxHashMap<Name, Vec<Row>>,
    pub(super) methods: FxHashMap<(ClassId, Name), Vec<Row>>,
    /// Method names that tell the class by themselves.
    pub(super) distinct: FxHashMap<Name, ClassId>,
    /// Words that receivers of a class are often called by.
    pub(super) guesses: FxHashMap<Name, ClassId>,
}

/// Index of a class of receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClassId(u16);

/// A class of receivers.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) name: Name,
    pub(crate) store: Option<StoreKind>,
    pub(crate) scope: Scope,
    pub(crate) like: Option<ClassId>,
    pub(crate) confined: bool,
    pub(crate) lock: bool,
}

/// A vocabulary that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

const BUILTIN: [(&str, &str); 15] = [
    ("python/builtins.toml", include_str!("../../api/python/builtins.toml")),
    ("python/files.toml", include_str!("../../api/python/files.toml")),
    ("python/locks.toml", include_str!("../../api/python/locks.toml")),
    ("python/caches.toml", include_str!("../../api/python/caches.toml")),
    ("python/sql.toml", include_str!("../../api/python/sql.toml")),
    ("python/remote.toml", include_str!("../../api/python/remote.toml")),
    ("go/builtins.toml", include_str!("../../api/go/builtins.toml")),
    ("go/files.toml", include_str!("../../api/go/files.toml")),
    ("go/sync.toml", include_str!("../../api/go/sync.toml")),
    ("go/caches.toml", include_str!("../../api/go/caches.toml")),
    ("go/sql.toml", include_str!("../../api/go/sql.toml")),
    ("go/remote.toml", include_str!("../../api/go/remote.toml")),
    ("go/filesystems.toml", include_str!("../../api/go/filesystems.toml")),
    ("go/keyvalue.toml", include_str!("../../api/go/keyvalue.toml")),
    ("go/embedded.toml", include_str!("../../api/go/embedded.toml")),
];

impl Vocabulary {
    /// The rows that come with the program.
    ///
    /// # Panics
    /// Never: the rows are checked by the tests of this crate.
    #[must_use]
    pub fn builtin() -> Self {
        let mut vocabulary = Self::default();
        for (name, text) in BUILTIN {
            let lang = if name.starts_with("go/") { Lang::Go } else { Lang::Python };
            if let Err(error) = vocabulary.add(text, Some(lang)) {
                unreachable!("{name}: {error}");
            }
        }
        vocabulary
    }

    /// Adds the rows of a user's `amorsize.toml`: its `[[audit.type]]` and `[[audit.api]]` tables, each with a `lang`. They stand
    /// before the rows that come with the program.
    ///
    /// # Errors
    /// If the text is not TOML, or a row is not understood: says which row, which word, and what would be.
    pub fn extend(&mut self, text: &str) -> Result<(), Error> {
        self.add(text, None)
    }

    /// How many call rows there are.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Whether a model of a Python library takes any number of equal rows.
    #[must_use]
    pub fn takes_equal_rows(&self, model: Name) -> bool {
        let words = self.words(Lang::Python);
        words.types.get(&model).is_some_and(|id| words.class(*id).name == "keyless-model")
    }

    fn add(&mut self, text: &str, lang: Option<Lang>) -> Result<(), Error> {
        let file: RawFile = match lang {
            Some(_) => toml::from_str(text).map_err(|e| Error::new(e.to_string()))?,
            None => row::user_rows(text)?,
        };
        self.rows += compile(self, &file, lang)?;
        Ok(())
    }

    pub(crate) fn words(&self, lang: Lang) -> &Words {
        match lang {
            Lang::Go => &self.languages[1],
            _ => &self.languages[0],
        }
    }

    pub(super) fn words_mut(&mut self, lang: Lang) -> &mut Words {
        match lang {
            Lang::Go => &mut self.languages[1],
            _ => &mut self.languages[0],
        }
    }
}

impl Words {
    pub(crate) fn class(&self, id: ClassId) -> &Class {
        &self.classes[id.0 as usize]
    }

    /// The class of a type, by its full name.
    pub(crate) fn class_of(&self, type_name: Name) -> Option<ClassId> {
        self.types.get(&type_name).copied().or_else(|| {
            let lock = self.types.get(&file_lock(type_name)?)?;
            self.class(*lock).lock.then_some(*lock)
        })
    }

    /// Whether a module, or one it lies in, has a type that is described.
    pub(crate) fn is_module(&self, import: Name) -> bool {
        let first = import.as_str().split('.').next().unwrap_or_default();
        self.modules.contains(&Name::new(first))
    }

    pub(crate) fn class_named(&self, name: &str) -> Option<ClassId> {
        self.class_ids.get(&Name::new(name)).copied()
    }

    /// The class of a well-known global.
    pub(crate) fn value(&self, name: Name) -> Option<ClassId> {
        self.values.get(&name).copied()
    }

    pub(crate) fn function(&self, name: Name) -> &[Row] {
        let known = self.functions.get(&name);
        known.or_else(|| self.functions.get(&file_lock(name)?)).map_or(&[], Vec::as_slice)
    }

    /// Rows for `method` of `class` or of what it is like, nearest first.
    pub(crate) fn method(&self, class: ClassId, method: Name) -> &[Row] {
        let mut next = Some(class);
        for _ in 0..8 {
            let Some(id) = next else { break };
            if let Some(rows) = self.methods.get(&(id, method)) {
                return rows;
            }
            next = self.class(id).like;
        }
        &[]
    }

    pub(crate) fn distinct(&self, method: Name) -> Option<ClassId> {
        self.distinct.get(&method).copied()
    }

    /// The class that a receiver called `word` probably is of.
    pub(crate) fn guess(&self, word: &str) -> Option<ClassId> {
        let lower = word.trim_start_matches('_').to_ascii_lowercase();
        if let Some(id) = self.guesses.get(&Name::new(&lower)) {
            return Some(*id);
        }
        let tail = lower.rsplit('_').next()?;
        if tail.len() < lower.len() {
            return self.guesses.get(&Name::new(tail)).copied();
        }
        let camel = word.rfind(|c: char| c.is_ascii_uppercase()).filter(|at| *at > 0)?;
        self.guesses.get(&Name::new(&word[camel..].to_ascii_lowercase())).copied()
    }

    pub(super) fn add_class(&mut self, class: Class) -> ClassId {
        if let Some(id) = self.class_ids.get(&class.name) {
            return *id;
        }
        let id = ClassId(u16::try_from(self.classes.len()).unwrap_or(u16::MAX));
        self.class_ids.insert(class.name, id);
        self.classes.push(class);
        id
    }
}

/// The bare name of a file lock, whatever module hands it on or makes one of its own: what it is called says whom it
/// keeps out.
fn file_lock(name: Name) -> Option<Name> {
    let name = Some(name.as_str()).filter(|name| name.ends_with("Lock"))?;
    let (_, word) = name.rsplit_once('.')?;
    matches!(word, "FileLock" | "SoftFileLock" | "InterProcessLock").then(|| Name::new(word))
}
