//! What is known of a file before its functions are lowered, and the order in which they are.

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use super::body::{Body, Env, Scopes};
use super::one_lock::Conditions;
use crate::event::{
    Class, Comment, Coverage, FileFacts, Function, FunctionId, FunctionKind, Gap, Global, Import,
    Lang, Name, Span, TypeRef,
};
use crate::syntax::{FunctionDef, ParamDef, Stmt, StmtKind, Tree};
use crate::vocabulary::{ClassId, Vocabulary, Words};

/// Bytes of a comment that are kept.
const COMMENT_BYTES_MAX: usize = 400;

/// What the files of one Go package declare for each other.
#[derive(Debug, Default)]
pub(crate) struct PackageTypes {
    classes: FxHashMap<Name, ClassInfo>,
    functions: FxHashMap<Name, Option<TypeRef>>,
    globals: FxHashMap<Name, Option<TypeRef>>,
    texts: FxHashMap<Name, Name>,
    constants: FxHashSet<Name>,
}

/// A class of this file.
#[derive(Clone, Debug, Default)]
pub(super) struct ClassInfo {
    pub(super) fields: FxHashMap<Name, FieldInfo>,
    pub(super) embedded: Vec<(Name, TypeRef)>,
    pub(super) bases: Vec<TypeRef>,
    /// Methods, with the declared type of the (first) result.
    pub(super) methods: FxHashMap<Name, Option<TypeRef>>,
    pub(super) underlying: Option<TypeRef>,
    pub(super) is_interface: bool,
    /// Whether its declaration has been seen, not only methods of it.
    pub(super) declared: bool,
    /// Methods that execute the statement they are given.
    pub(super) running: FxHashSet<Name>,
    /// Properties that ask whether a file is there.
    pub(super) asking: FxHashSet<Name>,
    /// Methods that do nothing but hand out a field, and whether they are properties.
    pub(super) handing: FxHashMap<Name, (Name, bool)>,
    /// Class attributes that only name a function: `_exists = staticmethod(os.path.exists)`.
    pub(super) aliases: FxHashMap<Name, Name>,
    /// Containers that the class body makes and that no method puts another one in the place of: all objects have one.
    pub(super) common: FxHashSet<Name>,
    /// Conditions of its objects, and the locks that they are made on.
    pub(super) conditions: Conditions,
}

#[derive(Clone, Debug)]
pub(super) struct FieldInfo {
    pub(super) type_ref: Option<TypeRef>,
    pub(super) of_class: bool,
}

/// Everything about the file that functions share.
pub(super) struct FileCx<'a, 's> {
    pub(super) tree: &'a Tree<'s>,
    pub(super) source: &'s str,
    pub(super) lang: Lang,
    pub(super) words: &'a Words,
    pub(super) imports: FxHashMap<Name, Name>,
    pub(super) classes: FxHashMap<Name, ClassInfo>,
    pub(super) functions: FxHashMap<Name, Option<TypeRef>>,
    pub(super) globals: FxHashMap<Name, Option<TypeRef>>,
    /// Conditions of the module, and the locks that they are made on.
    pub(super) conditions: Conditions,
    /// Fields that are used as only clients of one class are.
    pub(super) used_as: FxHashMap<Name, ClassId>,
    /// Variables and fields that are used as paths of `pathlib` in this file.
    pub(super) used_as_paths: FxHashSet<Name>,
    /// What is asked for columns as only tables of `SQLAlchemy` are: `users` of `self.users.c.name`.
    pub(super) core_tables: FxHashSet<Name>,
    /// What the constant texts of a Go file say.
    pub(super) texts: FxHashMap<Name, Name>,
    /// What a Go file declares as constant.
    pub(super) constants: FxHashSet<Name>,
    pub(super) out: RefCell<Vec<Option<Function>>>,
    /// Line starts, and the line found last: events come mostly in order.
    lines: Vec<u32>,
    last: Cell<usize>,
    /// The first place that was nested too deep to lower.
    deep: Cell<Option<(u32, u32)>>,
    pub(super) class_facts: RefCell<Vec<Class>>,
    /// Whether Redis is mentioned at all: then `client` is likely one of its.
    pub(super) mentions_redis: bool,
    /// Whether rows carry a version that `SQLAlchemy` compares when it writes them.
    pub(super) versions_rows: bool,
    /// Declarations of the whole package, this file's among them.
    pub(super) package: Option<&'a PackageTypes>,
}

/// Lowers a parsed file.
pub(crate) fn lower(
    path: &str,
    source: &str,
    tree: &Tree<'_>,
    lang: Lang,
    vocabulary: &Vocabulary,
    package_types: Option<&PackageTypes>,
) -> FileFacts {
    let mut cx = FileCx::new(source, tree, lang, vocabulary.words(lang));
    cx.package = package_types;
    let mut globals = Vec::new();
    let imports = cx.declare(&mut globals);
    cx.module(&globals);
    let lines =
        u32::try_from(cx.lines.len()).unwrap_or(u32::MAX) - u32::from(source.ends_with('\n'));
    let coverage = cx.coverage();
    let comments = cx.comments();
    let functions = cx.out.take().into_iter().flatten().collect();
    let package = match lang {
        Lang::Go => Name::new(tree.package),
        _ => Name::new(&module_name(path)),
    };
    FileFacts {
        path: path.to_owned(),
        lang,
        hash: [0; 32],
        lines,
        bytes: source.len() as u64,
        coverage,
        package,
        functions,
        classes: cx.class_facts.take(),
        globals,
        imports,
        comments,
        doc: tree.doc.as_deref().map(Into::into),
    }
}

/// Adds what a file declares to what its package does.
pub(crate) fn declare(
    source: &str,
    tree: &Tree<'_>,
    lang: Lang,
    vocabulary: &Vocabulary,
    into: &mut PackageTypes,
) {
    let mut cx = FileCx::new(source, tree, lang, vocabulary.words(lang));
    cx.declare(&mut Vec::new());
    #[expect(
        clippy::iter_over_hash_type,
        reason = "each name is added by itself: the order does not matter"
    )]
    for (name, info) in cx.classes {
        let known = into.classes.entry(name).or_default();
        let mut methods = std::mem::take(&mut known.methods);
        methods.extend(info.methods.iter().map(|(name, of)| (*name, of.clone())));
        if info.declared {
            *known = info;
        }
        known.methods = methods;
    }
    into.functions.extend(cx.functions);
    into.globals.extend(cx.globals);
    into.texts.extend(cx.texts);
    into.constants.extend(cx.constants);
}

fn module_name(path: &str) -> String {
    let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi")).unwrap_or(path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.trim_start_matches(['.', '/']).replace(['/', '\\'], ".")
}

/// Whether a word stands anywhere in a source.
pub(super) fn mentions(source: &str, word: &str) -> bool {
    memchr::memmem::find(source.as_bytes(), word.as_bytes()).is_some()
}

impl<'a, 's> FileCx<'a, 's> {
    fn new(source: &'s str, tree: &'a Tree<'s>, lang: Lang, words: &'a Words) -> Self {
        let mut lines = vec![0];
        let mentions = |word: &str| mentions(source, word);
        let ends = memchr::memchr_iter(b'\n', source.as_bytes());
        lines.extend(ends.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)));
        Self {
            tree,
            source,
            lang,
            words,
            imports: FxHashMap::default(),
            classes: FxHashMap::default(),
            functions: FxHashMap::default(),
            globals: FxHashMap::default(),
            conditions: Conditions::default(),
            used_as: FxHashMap::default(),
            used_as_paths: FxHashSet::default(),
            core_tables: FxHashSet::default(),
            texts: FxHashMap::default(),
            constants: FxHashSet::default(),
            out: RefCell::default(),
            lines,
            last: Cell::new(0),
            deep: Cell::new(None),
            class_facts: RefCell::default(),
            mentions_redis: mentions("redis") || mentions("valkey"),
            versions_rows: mentions("version_id_col"),
            package: None,
        }
    }

    /// The class of that name, in this file or its package.
    pub(super) fn class_named(&self, name: Name) -> Option<&ClassInfo> {
        let of_package = self.package.and_then(|package| package.classes.get(&name));
        of_package.or_else(|| self.classes.get(&name))
    }

    /// The function of that name: known, with or without a result.
    pub(super) fn function_named(&self, name: Name) -> Option<&Option<TypeRef>> {
        self.functions.get(&name).or_else(|| self.package?.functions.get(&name))
    }

    /// The variable of that name.
    pub(super) fn global_named(&self, name: Name) -> Option<&Option<TypeRef>> {
        self.globals.get(&name).or_else(|| self.package?.globals.get(&name))
    }

    /// Whether a variable of the package is a constant.
    pub(super) fn is_constant(&self, name: Name) -> bool {
        self.constants.contains(&name)
            || self.package.is_some_and(|package| package.constants.contains(&name))
    }

    /// What the constant of that name says, if it is a text.
    pub(super) fn text_named(&self, name: Name) -> Option<Name> {
        self.texts.get(&name).or_else(|| self.package?.texts.get(&name)).copied()
    }

    pub(super) fn is_go(&self) -> bool {
        self.lang == Lang::Go
    }

    fn line(&self, at: u32) -> usize {
        let mut line = self.last.get();
        if self.lines[line] > at || self.lines.get(line + 8).is_some_and(|start| *start <= at) {
            line = self.lines.partition_point(|start| *start <= at) - 1;
        }
        while self.lines.get(line + 1).is_some_and(|start| *start <= at) {
            line += 1;
        }
        self.last.set(line);
        line
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        let line = self.line(start);
        let end = end.max(start);
        let last = self.line(end.saturating_sub(1).max(start));
        let number = |line: usize| u32::try_from(line + 1).unwrap_or(u32::MAX);
        Span {
            start,
            end,
            line: number(line),
            end_line: number(last),
            column: start - self.lines[line] + 1,
        }
    }

    /// Notes a place that the lowering gave up on.
    pub(super) fn too_deep(&self, start: u32, end: u32) {
        if self.deep.get().is_none() {
            self.deep.set(Some((start, end)));
        }
    }

    pub(super) fn text(&self, start: u32, end: u32) -> &'s str {
        self.source.get(start as usize..end as usize).unwrap_or_default()
    }

    fn coverage(&self) -> Coverage {
        let deep = self.deep.get().map(|(start, end)| (start, end, "nested too deep"));
        if self.tree.gaps.is_empty() && deep.is_none() {
            return Coverage::Parsed;
        }
        let gaps = self.tree.gaps.iter().take(100).chain(&deep);
        let limit = u32::try_from(self.source.len()).unwrap_or(u32::MAX);
        Coverage::Partly(
            gaps.map(|(start, end, why)| Gap {
                span: self.span((*start).min(limit), (*end).min(limit)),
                why: (*why).into(),
            })
            .collect(),
        )
    }

    fn comments(&self) -> Vec<Comment> {
        let texts = self.tree.comments.iter().filter(|(_, text)| !text.is_empty());
        texts
            .map(|(at, text)| {
                let mut end = text.len().min(COMMENT_BYTES_MAX);
                while !text.is_char_boundary(end) {
                    end -= 1;
                }
                Comment {
                    line: u32::try_from(self.line(*at) + 1).unwrap_or(u32::MAX),
                    text: text[..end].into(),
                }
            })
            .collect()
    }

    /// Keeps a place for a function, so that ids follow the source.
    pub(super) fn reserve(&self) -> FunctionId {
        let mut out = self.out.borrow_mut();
        out.push(None);
        FunctionId(u32::try_from(out.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn put(&self, id: FunctionId, function: Function) {
        self.out.borrow_mut()[id.0 as usize] = Some(function);
    }

    /// Lowers the top level and, from there, everything else.
    fn module(&self, _globals: &[Global]) {
        let id = self.reserve();
        let def = FunctionDef {
            name: "<module>",
            name_at: 0,
            receiver: None,
            params: Vec::new(),
            returns: Vec::new(),
            decorators: Vec::new(),
            is_async: false,
            body: None,
            doc: None,
            start: 0,
            end: u32::try_from(self.source.len()).unwrap_or(u32::MAX),
        };
        let body = Body::new(self, id, FunctionKind::Module, Name::new("<module>"));
        body.block(|body| body.statements(&self.tree.body), &def);
    }

    /// Lowers one function.
    pub(super) fn function(&self, def: &FunctionDef<'s>, at: &Place<'_>) -> FunctionId {
        let id = self.reserve();
        let name = Name::new(def.name);
        let mut body = Body::new(self, id, at.kind, at.qualified);
        body.parent = at.parent;
        body.scopes = at.scopes.clone();
        body.class = at.class;
        body.decorators = at.decorators.clone();
        body.name = if def.name.is_empty() { at.qualified } else { name };
        body.receive(def, at);
        if let Some(statements) = &def.body {
            body.collect_assigned(statements);
            body.find_getter(statements);
            body.block(|body| body.whole(statements), def);
        } else {
            body.block(|_| {}, def);
        }
        id
    }

    /// Makes a function that only does what `row` says of `of`, with its own parameters.
    pub(super) fn forward(
        &self,
        def: &FunctionDef<'s>,
        at: &Place<'_>,
        of: Name,
        row: &'a crate::vocabulary::Row,
    ) {
        let mut body = Body::new(self, self.reserve(), at.kind, at.qualified);
        body.class = at.class;
        body.name = Name::new(def.name);
        body.receive(def, at);
        let span = self.span(def.start, def.end);
        body.block(|body| body.forwarded(of, row, span), def);
    }

    /// `from package.compat import threading`: a module of the standard library that another one hands on.
    fn handed_on<'t>(&self, target: &'t str) -> &'t str {
        match target.rsplit_once('.') {
            Some((from, module))
                if !self.is_go()
                    && !from.is_empty()
                    && matches!(
                        module,
                        "threading"
                            | "asyncio"
                            | "os"
                            | "shutil"
                            | "tempfile"
                            | "sqlite3"
                            | "queue"
                    ) =>
            {
                module
            }
            _ => target,
        }
    }

    pub(super) fn imports_of(&self, body: &[Stmt<'s>], into: &mut Vec<Import>) {
        for stmt in body {
            if let StmtKind::Import(imports) = &stmt.kind {
                for import in imports {
                    into.push(Import {
                        alias: Name::new(&import.alias),
                        target: Name::new(self.handed_on(&import.target)),
                        span: self.span(import.at, import.end),
                    });
                }
            }
        }
    }
}

/// Where a function stands.
pub(super) struct Place<'p> {
    pub(super) kind: FunctionKind,
    pub(super) qualified: Name,
    pub(super) class: Option<Name>,
    pub(super) parent: Option<FunctionId>,
    pub(super) scopes: Scopes,
    pub(super) decorators: Vec<Name>,
    /// The receiver of the enclosing method, for closures.
    pub(super) outer_receiver: Option<&'p (Name, Option<TypeRef>)>,
}

/// Parameters that are not the receiver.
pub(super) fn plain_params<'d, 's>(
    def: &'d FunctionDef<'s>,
    kind: FunctionKind,
    go: bool,
) -> &'d [ParamDef<'s>] {
    let has =
        !go && matches!(
            kind,
            FunctionKind::Method | FunctionKind::ClassMethod | FunctionKind::Constructor
        ) && def.params.first().is_some_and(|param| !param.variadic);
    if has { &def.params[1..] } else { &def.params }
}

/// An environment shared with closures.
pub(super) fn snapshot(env: &Env) -> std::rc::Rc<Env> {
    std::rc::Rc::new(env.clone())
}
