//! One tree for all languages: what the parsers of [`front`](crate::front) make and [`lower`](crate::lower) reads.
//!
//! It borrows names from the source and keeps what matters for effects, order and control flow; formatting and most types are
//! dropped. Expressions live in an arena ([`Tree::exprs`]), so that a tree of any shape is freed without recursion; the
//! parsers bound the nesting of everything else ([`DEPTH_MAX`]).

use std::borrow::Cow;

/// Nesting of brackets and blocks past which a parser reports a gap. `CPython` stops at 200 brackets and 100 blocks.
pub(crate) const DEPTH_MAX: u32 = 120;

/// Index into [`Tree::exprs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExprId(pub(crate) u32);

/// A parsed file.
#[derive(Debug, Default)]
pub(crate) struct Tree<'s> {
    pub(crate) exprs: Vec<Expr<'s>>,
    pub(crate) body: Vec<Stmt<'s>>,
    /// Byte range and text without marks.
    pub(crate) comments: Vec<(u32, &'s str)>,
    pub(crate) gaps: Vec<(u32, u32, &'static str)>,
    pub(crate) package: &'s str,
    pub(crate) doc: Option<Cow<'s, str>>,
}

#[derive(Debug)]
pub(crate) struct Expr<'s> {
    pub(crate) kind: ExprKind<'s>,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Debug)]
pub(crate) enum ExprKind<'s> {
    Name(&'s str),
    Nil,
    Bool(bool),
    Number(&'s str),
    Text(Cow<'s, str>),
    Ellipsis,
    /// An f-string.
    Format(Vec<FormatPiece<'s>>),
    Attr(ExprId, &'s str),
    Index(ExprId, Vec<ExprId>),
    /// `a[lo:hi:step]`: the base and what bounds there are.
    Slice(ExprId, Vec<ExprId>),
    /// A slice within an index list (`a[1:2, 3]`).
    Range(Vec<ExprId>),
    Call(ExprId, Vec<Arg<'s>>),
    Unary(Unary, ExprId),
    Binary(Binary, ExprId, ExprId),
    And(Vec<ExprId>),
    Or(Vec<ExprId>),
    Conditional {
        test: ExprId,
        then: ExprId,
        other: ExprId,
    },
    Tuple(Vec<ExprId>),
    List(Vec<ExprId>),
    Set(Vec<ExprId>),
    Dict(Vec<(Option<ExprId>, ExprId)>),
    /// Go: `T{…}`; the type may be left out.
    Composite(Option<ExprId>, Vec<(Option<ExprId>, ExprId)>),
    Function(Box<FunctionDef<'s>>),
    Comprehension(Box<Comprehension<'s>>),
    Await(ExprId),
    Yield(Option<ExprId>),
    Star(ExprId),
    Walrus(&'s str, ExprId),
    AddressOf(ExprId),
    Deref(ExprId),
    TypeAssert(ExprId, Option<ExprId>),
    Receive(ExprId),
    // --- types
    MapType(ExprId, ExprId),
    SliceType(ExprId),
    ChanType(ExprId),
    FuncType,
    StructType(Vec<FieldDef<'s>>),
    InterfaceType {
        methods: Vec<&'s str>,
        embeds: Vec<ExprId>,
    },
    /// Something that did not parse.
    Error,
}

#[derive(Debug)]
pub(crate) enum FormatPiece<'s> {
    Text(Cow<'s, str>),
    Hole(ExprId),
}

#[derive(Debug)]
pub(crate) struct Arg<'s> {
    pub(crate) name: Option<&'s str>,
    /// 1: `*args`, 2: `**kw`.
    pub(crate) stars: u8,
    pub(crate) value: ExprId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Neg,
    Plus,
    Invert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Other,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Is,
    IsNot,
    In,
    NotIn,
}

#[derive(Debug)]
pub(crate) struct Comprehension<'s> {
    pub(crate) elements: Vec<ExprId>,
    pub(crate) clauses: Vec<CompClause>,
    pub(crate) _source: std::marker::PhantomData<&'s ()>,
}

#[derive(Debug)]
pub(crate) struct CompClause {
    pub(crate) target: ExprId,
    pub(crate) iter: ExprId,
    pub(crate) tests: Vec<ExprId>,
    pub(crate) is_async: bool,
}

#[derive(Debug)]
pub(crate) struct FunctionDef<'s> {
    pub(crate) name: &'s str,
    pub(crate) name_at: u32,
    pub(crate) receiver: Option<ParamDef<'s>>,
    pub(crate) params: Vec<ParamDef<'s>>,
    pub(crate) returns: Vec<ParamDef<'s>>,
    pub(crate) decorators: Vec<ExprId>,
    pub(crate) is_async: bool,
    /// `None`: a declaration only.
    pub(crate) body: Option<Vec<Stmt<'s>>>,
    pub(crate) doc: Option<Cow<'s, str>>,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct ParamDef<'s> {
    pub(crate) name: &'s str,
    pub(crate) annotation: Option<ExprId>,
    pub(crate) default: Option<ExprId>,
    pub(crate) variadic: bool,
}

#[derive(Debug)]
pub(crate) struct FieldDef<'s> {
    pub(crate) name: &'s str,
    pub(crate) annotation: Option<ExprId>,
    pub(crate) embedded: bool,
    pub(crate) at: u32,
}

#[derive(Debug)]
pub(crate) struct ClassDef<'s> {
    pub(crate) name: &'s str,
    pub(crate) bases: Vec<Arg<'s>>,
    pub(crate) decorators: Vec<ExprId>,
    pub(crate) body: Vec<Stmt<'s>>,
    pub(crate) doc: Option<Cow<'s, str>>,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Go's `type A B`, `type A = B`.
#[derive(Debug)]
pub(crate) struct TypeDef<'s> {
    pub(crate) name: &'s str,
    pub(crate) target: ExprId,
    pub(crate) doc: Option<Cow<'s, str>>,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Debug)]
pub(crate) struct Stmt<'s> {
    pub(crate) kind: StmtKind<'s>,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Debug)]
pub(crate) enum StmtKind<'s> {
    Expr(ExprId),
    /// `a = b = v` in Python has several targets; `a, b := f()` in Go one tuple.
    Assign {
        targets: Vec<ExprId>,
        value: ExprId,
        define: bool,
    },
    Augment {
        target: ExprId,
        op: Binary,
        value: ExprId,
    },
    /// `x: T = v`, `var x T = v`.
    Declare {
        names: Vec<ExprId>,
        annotation: Option<ExprId>,
        value: Option<ExprId>,
        constant: bool,
    },
    Delete(Vec<ExprId>),
    Return(Option<ExprId>),
    Raise(Option<ExprId>),
    Break,
    Continue,
    Pass,
    /// `global`, `nonlocal`.
    Outer {
        names: Vec<&'s str>,
        global: bool,
    },
    Import(Vec<ImportDef<'s>>),
    Assert(ExprId),
    If {
        test: ExprId,
        then: Vec<Stmt<'s>>,
        other: Vec<Stmt<'s>>,
    },
    While {
        test: Option<ExprId>,
        post: Vec<Stmt<'s>>,
        body: Vec<Stmt<'s>>,
        other: Vec<Stmt<'s>>,
    },
    For {
        target: Option<ExprId>,
        iter: ExprId,
        define: bool,
        is_async: bool,
        body: Vec<Stmt<'s>>,
        other: Vec<Stmt<'s>>,
    },
    Switch {
        subject: Option<ExprId>,
        cases: Vec<Case<'s>>,
        kind: SwitchKind,
    },
    Try {
        body: Vec<Stmt<'s>>,
        handlers: Vec<Except<'s>>,
        other: Vec<Stmt<'s>>,
        finally: Vec<Stmt<'s>>,
    },
    With {
        items: Vec<(ExprId, Option<ExprId>)>,
        is_async: bool,
        body: Vec<Stmt<'s>>,
    },
    Function(Box<FunctionDef<'s>>),
    Class(Box<ClassDef<'s>>),
    Type(Box<TypeDef<'s>>),
    Go(ExprId),
    Defer(ExprId),
    Send(ExprId, ExprId),
    Block(Vec<Stmt<'s>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SwitchKind {
    /// `switch x`, `match x`, `switch { case cond: }`.
    Value,
    /// `switch v := x.(type)`.
    Type,
    /// `select`.
    Select,
}

#[derive(Debug)]
pub(crate) struct Case<'s> {
    /// Empty for `default`.
    pub(crate) tests: Vec<ExprId>,
    /// `select`: the communication.
    pub(crate) comm: Option<Box<Stmt<'s>>>,
    pub(crate) guard: Option<ExprId>,
    /// Names bound by a pattern or type switch.
    pub(crate) binds: Vec<&'s str>,
    pub(crate) body: Vec<Stmt<'s>>,
    pub(crate) falls: bool,
}

#[derive(Debug)]
pub(crate) struct Except<'s> {
    pub(crate) types: Option<ExprId>,
    pub(crate) name: Option<&'s str>,
    pub(crate) body: Vec<Stmt<'s>>,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Debug)]
pub(crate) struct ImportDef<'s> {
    pub(crate) alias: Cow<'s, str>,
    pub(crate) target: Cow<'s, str>,
    pub(crate) at: u32,
    pub(crate) end: u32,
}

impl<'s> Tree<'s> {
    pub(crate) fn add(&mut self, kind: ExprKind<'s>, start: u32, end: u32) -> ExprId {
        let id = ExprId(
            u32::try_from(self.exprs.len()).expect("files are bounded far below 2^32 expressions"),
        );
        self.exprs.push(Expr { kind, start, end });
        id
    }

    pub(crate) fn expr(&self, id: ExprId) -> &Expr<'s> {
        &self.exprs[id.0 as usize]
    }

    pub(crate) fn kind(&self, id: ExprId) -> &ExprKind<'s> {
        &self.exprs[id.0 as usize].kind
    }
}
