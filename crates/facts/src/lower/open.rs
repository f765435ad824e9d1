//! Opening files: for reading or writing, as a mode, flags or the caller say; and reading through a
//! handle that a caller lends.

use super::body::{Body, Val};
use super::effect::Args;
use crate::event::{
    Act, ActKind, Atomicity, Confidence, EventKind, Name, Node, Op, Outcome, Path, Read, Root,
    Span, Store, Uses, ValueId, ValueKind,
};
use crate::vocabulary::Row;

impl Body<'_, '_, '_> {
    /// `file.Name()`: what the file was opened by, where that is known.
    pub(super) fn name_of_open(&mut self, args: &Args, span: Span) -> Val {
        match args.receiver.as_ref().and_then(|file| self.path_of_open(file.id)) {
            Some(id) => Val { id, ty: None, path: None },
            None => self.said_by_call(args, None, span),
        }
    }

    fn path_of_open(&self, file: ValueId) -> Option<ValueId> {
        let opening = match self.value(file) {
            ValueKind::Part(of, 0) => *of,
            _ => file,
        };
        let ValueKind::Result(event, _) = self.value(opening) else { return None };
        self.opened.get(event).copied()
    }

    pub(super) fn open(
        &mut self,
        row: &Row,
        confidence: Confidence,
        args: &Args,
        span: Span,
    ) -> Val {
        match args.get(row.value).map(|val| val.id) {
            None => {
                self.open_as(row, confidence, args, (ActKind::OpenRead, Atomicity::Plain), span)
            }
            Some(mode) if matches!(self.value(mode), ValueKind::Param(_)) => {
                self.open_either(row, confidence, args, mode, span)
            }
            Some(mode) => {
                let how = self.open_mode(mode);
                self.open_as(row, confidence, args, how, span)
            }
        }
    }

    /// `open(path, mode)` where the caller says how: both ways, on a question about the mode that
    /// the caller's constant answers.
    fn open_either(
        &mut self,
        row: &Row,
        confidence: Confidence,
        args: &Args,
        mode: ValueId,
        span: Span,
    ) -> Val {
        let writing =
            ["w", "wb", "wt", "w+", "w+b", "wb+", "x", "xb", "a", "ab", "r+", "r+b", "rb+"];
        let modes = writing
            .iter()
            .map(|mode| self.literal(crate::event::Literal::Text(Name::new(mode)), span))
            .collect();
        let modes = self.pure(ValueKind::Tuple(modes), span);
        let cond = crate::event::Cond::Value(self.op(Op::In, vec![mode, modes], span));
        let mut handles = Vec::new();
        let mut each = |this: &mut Self, kind| {
            this.within(|it| {
                handles.push(it.open_as(row, confidence, args, (kind, Atomicity::Plain), span));
            })
        };
        let then = each(self, ActKind::OpenWrite);
        let other = each(self, ActKind::OpenRead);
        self.push(Node::Branch(Box::new(crate::event::Branch { cond, then, other, span })));
        let id = self.pure(ValueKind::Phi(handles.iter().map(|val| val.id).collect()), span);
        let key = self.row_key(row, args, span);
        self.handles.insert(id, key);
        Val { id, ty: row.returns.map(|class| self.returned(class)), path: None }
    }

    fn open_as(
        &mut self,
        row: &Row,
        confidence: Confidence,
        args: &Args,
        (kind, atomicity): (ActKind, Atomicity),
        span: Span,
    ) -> Val {
        let store = self.row_store(row, None, args, confidence);
        let key = self.row_key(row, args, span);
        let failure = match (&row.miss, atomicity) {
            (Outcome::Raises(_), Atomicity::Exclusive) => {
                Outcome::Raises(vec![Name::new("FileExistsError")])
            }
            (other, _) => other.clone(),
        };
        let act = Act {
            kind,
            store,
            key: key.clone(),
            target: None,
            value: None,
            fields: Vec::new(),
            result: ValueId(0),
            means: crate::event::Meaning::Error,
            used: Uses::default(),
            atomicity,
            failure: failure.clone(),
            by_handle: false,
            expects: None,
            ttl: None,
            sql: None,
            confidence,
        };
        let id = self.push_act(act, args, span);
        if let ValueKind::Result(event, _) = self.value(id) {
            let event = *event;
            self.look(event, store, &key, failure, confidence, id);
        }
        self.handles.insert(id, key);
        let ty = row.returns.map(|class| self.returned(class));
        Val { id, ty, path: None }
    }

    /// What a mode string or a set of flags asks for.
    fn open_mode(&self, mode: ValueId) -> (ActKind, Atomicity) {
        let text = self.mode_text(mode);
        let has = |word: &str| text.contains(word);
        if has("O_") {
            let kind = if has("O_APPEND") {
                ActKind::Append
            } else if self.lends_for_both(&text) {
                ActKind::OpenRead
            } else if has("O_WRONLY") || has("O_RDWR") || has("O_CREAT") || has("O_TRUNC") {
                ActKind::OpenWrite
            } else {
                ActKind::OpenRead
            };
            return (kind, if has("O_EXCL") { Atomicity::Exclusive } else { Atomicity::Plain });
        }
        if has("x") {
            (ActKind::OpenWrite, Atomicity::Exclusive)
        } else if has("a") {
            (ActKind::Append, Atomicity::Plain)
        } else if has("w") || has("+") {
            (ActKind::OpenWrite, Atomicity::Plain)
        } else {
            (ActKind::OpenRead, Atomicity::Plain)
        }
    }

    /// Whether flags open what is there for reading and writing: that alone stores nothing. Python does so
    /// to lock a file.
    fn lends_for_both(&self, flags: &str) -> bool {
        let has = |word: &str| flags.contains(word);
        !self.cx.is_go() && has("O_RDWR") && !has("O_CREAT") && !has("O_TRUNC")
    }

    fn mode_text(&self, mode: ValueId) -> String {
        let mut out = String::new();
        let mut todo = vec![mode];
        let mut steps = 0;
        while let Some(next) = todo.pop().filter(|_| steps < 60) {
            steps += 1;
            match self.value(next) {
                ValueKind::Named(name) | ValueKind::Literal(crate::event::Literal::Text(name)) => {
                    out.push_str(name.as_str());
                    out.push(' ');
                }
                ValueKind::Op(_, parts) if out.len() < 400 => todo.extend(parts),
                // Flags that are added on one way count: `if !force { flags |= os.O_EXCL }`.
                ValueKind::Phi(parts) if self.cx.is_go() && out.len() < 400 => todo.extend(parts),
                _ => {}
            }
        }
        out
    }

    /// The open file that a caller lends: `pickle.load(file)` of a parameter.
    pub(super) fn lent(&self, args: &Args) -> Option<Path> {
        let given = args.given.first()?;
        let ValueKind::Param(n) = self.value(given.val.id) else { return None };
        let known = self.handles.contains_key(&given.val.id);
        (!known && !self.cx.is_go()).then(|| Path::root(Root::Param(*n)))
    }

    /// A read through a lent handle, of the file that its `name` says.
    pub(super) fn read_lent(&mut self, args: &Args, span: Span) -> Val {
        let file = self.lent(args).unwrap_or_else(|| Path::root(Root::Global(args.name)));
        let name = self.pure(ValueKind::Load(file.field(Name::new("name"))), span);
        let key = self.key(Some(name), span);
        let store = self.store(Store::files());
        let event = self.next_event();
        let result = self.result(event, args.name, args.inputs(), span);
        let (miss, confidence) = (Outcome::Silent, Confidence::Likely);
        self.look(event, store, &key, miss.clone(), confidence, result);
        let read =
            Read { store, key, result, miss, by_handle: true, locks: false, sql: None, confidence };
        self.emit(event, span, EventKind::Read(Box::new(read)));
        Val { id: result, ty: None, path: None }
    }
}
