//! Event graphs as short text, for tests and for people who debug a rule.

use super::{
    Block, Cond, Event, EventKind, Function, Key, Literal, LockMode, Node, Op, Piece, Place,
    StoreId, Text, ValueId, ValueKind,
};

impl Function {
    /// The function as indented text, one event a line. Not for machines: the form may change.
    #[must_use]
    pub fn outline(&self) -> String {
        let mut out = String::new();
        line(
            &mut out,
            format_args!("{} ({:?}) line {}", self.qualified, self.kind, self.span.line),
        );
        self.write_block(&mut out, &self.body, 1);
        out
    }

    fn write_block(&self, out: &mut String, block: &Block, depth: usize) {
        for node in block {
            let pad = "  ".repeat(depth);
            match node {
                Node::Event(event) => {
                    line(out, format_args!("{pad}{}: {}", event.span.line, self.event_text(event)));
                }
                Node::Branch(branch) => {
                    self.write_cond(out, &branch.cond, depth);
                    line(out, format_args!("{pad}if {}", self.cond_text(&branch.cond)));
                    self.write_block(out, &branch.then, depth + 1);
                    if !branch.other.is_empty() {
                        line(out, format_args!("{pad}else"));
                        self.write_block(out, &branch.other, depth + 1);
                    }
                }
                Node::Loop(each) => {
                    self.write_block(out, &each.head, depth);
                    let cond =
                        each.cond.as_ref().map_or(String::new(), |cond| self.cond_text(cond));
                    line(out, format_args!("{pad}loop {:?} {cond}", each.kind));
                    self.write_block(out, &each.body, depth + 1);
                    self.write_block(out, &each.otherwise, depth + 1);
                }
                Node::Try(tried) => {
                    line(out, format_args!("{pad}try"));
                    self.write_block(out, &tried.body, depth + 1);
                    for handler in &tried.handlers {
                        line(
                            out,
                            format_args!(
                                "{pad}except {:?} -> {:?}",
                                handler.types, handler.disposition
                            ),
                        );
                        self.write_block(out, &handler.body, depth + 1);
                    }
                    self.write_block(out, &tried.otherwise, depth + 1);
                    if !tried.finally.is_empty() {
                        line(out, format_args!("{pad}finally"));
                        self.write_block(out, &tried.finally, depth + 1);
                    }
                }
                Node::With(with) => {
                    line(out, format_args!("{pad}with"));
                    self.write_block(out, &with.enter, depth + 1);
                    line(out, format_args!("{pad} body"));
                    self.write_block(out, &with.body, depth + 1);
                    if !with.exit.is_empty() {
                        line(out, format_args!("{pad} exit"));
                        self.write_block(out, &with.exit, depth + 1);
                    }
                }
            }
        }
    }

    fn write_cond(&self, out: &mut String, cond: &Cond, depth: usize) {
        match cond {
            Cond::Unknown | Cond::Value(_) => {}
            Cond::Not(inner) => self.write_cond(out, inner, depth),
            Cond::All(clauses) | Cond::Any(clauses) => {
                for clause in clauses {
                    self.write_block(out, &clause.before, depth);
                    self.write_cond(out, &clause.cond, depth);
                }
            }
        }
    }

    fn cond_text(&self, cond: &Cond) -> String {
        match cond {
            Cond::Unknown => "?".to_owned(),
            Cond::Value(id) => self.value_text(*id, 0),
            Cond::Not(inner) => format!("not {}", self.cond_text(inner)),
            Cond::All(clauses) => self.joined(clauses, " and "),
            Cond::Any(clauses) => self.joined(clauses, " or "),
        }
    }

    fn joined(&self, clauses: &[super::Clause], word: &str) -> String {
        let texts: Vec<String> =
            clauses.iter().map(|clause| self.cond_text(&clause.cond)).collect();
        format!("({})", texts.join(word))
    }

    fn event_text(&self, event: &Event) -> String {
        let e = event.id.0;
        match &event.kind {
            EventKind::Check(it) => {
                let of = it.of.map_or(String::new(), |of| format!(" of e{}", of.0));
                let (store, key) = (self.store_text(it.store), self.key_text(&it.key));
                format!("e{e} check {:?} {:?}{of} {store} {key}", it.what, it.means)
            }
            EventKind::Read(it) => {
                let locks = if it.locks { " locking" } else { "" };
                format!("e{e} read{locks} {} {}", self.store_text(it.store), self.key_text(&it.key))
            }
            EventKind::Act(it) => {
                let used = [
                    (it.used.tested, "T"),
                    (it.used.returned, "R"),
                    (it.used.stored, "S"),
                    (it.used.passed, "P"),
                ];
                let used: String =
                    used.iter().filter(|(on, _)| *on).map(|(_, letter)| *letter).collect();
                let value =
                    it.value.map_or(String::new(), |id| format!(" = {}", self.value_text(id, 0)));
                let target = it
                    .target
                    .as_ref()
                    .map_or(String::new(), |key| format!(" -> {}", self.key_text(key)));
                format!(
                    "e{e} act {:?} {:?} {} {}{target}{value} used:{used}",
                    it.kind,
                    it.atomicity,
                    self.store_text(it.store),
                    self.key_text(&it.key)
                )
            }
            EventKind::Call(it) => {
                let args: Vec<String> = it.args.iter().map(|id| self.value_text(*id, 1)).collect();
                format!("e{e} call {}({})", it.callee, args.join(", "))
            }
            EventKind::Assign(it) => {
                format!("e{e} {} = {}", it.variable, self.value_text(it.value, 0))
            }
            EventKind::Return(it) => {
                let values: Vec<String> =
                    it.values.iter().map(|id| self.value_text(*id, 0)).collect();
                format!("return {}", values.join(", "))
            }
            EventKind::Raise(it) => format!("raise {}", it.type_name),
            EventKind::Break => "break".to_owned(),
            EventKind::Continue => "continue".to_owned(),
            _ => self.guard_text(event),
        }
    }

    /// Locks, transactions, and what lets others run.
    fn guard_text(&self, event: &Event) -> String {
        let e = event.id.0;
        match &event.kind {
            EventKind::Acquire(it) => {
                format!("e{e} acquire {} {:?} {:?}", it.lock, it.mode, it.scope)
            }
            EventKind::Release(it) => {
                format!(
                    "e{e} release {}{}",
                    it.lock,
                    if it.mode == LockMode::Shared { " Shared" } else { "" }
                )
            }
            EventKind::Wait(it) => format!("e{e} wait {}", it.cond),
            EventKind::TxBegin(it) => format!("e{e} begin {:?}", it.isolation),
            EventKind::TxEnd(it) => {
                format!("e{e} {}", if it.commit { "commit" } else { "rollback" })
            }
            EventKind::Await(it) => format!("e{e} {it:?}"),
            EventKind::Spawn(it) => format!("e{e} spawn {}", self.value_text(it.target, 0)),
            EventKind::Enumerate(it) => {
                let live = if it.live { " live" } else { "" };
                format!(
                    "e{e} enumerate{live} {} {}",
                    self.store_text(it.store),
                    self.key_text(&it.key)
                )
            }
            EventKind::Prune(it) => {
                format!("e{e} prune {} by {}", self.store_text(it.store), it.call)
            }
            EventKind::Chance(it) => format!("e{e} chance {:?}", it.probability),
            _ => String::new(),
        }
    }

    fn store_text(&self, id: StoreId) -> String {
        let store = self.store(id);
        let place = match &store.place {
            Place::Path(path) => path.to_string(),
            Place::Table(name) => format!("table {name}"),
            Place::Model(name) => format!("model {name}"),
            Place::Files => "files".to_owned(),
        };
        let confined = if store.confined { " confined" } else { "" };
        format!("{place}:{:?}{confined}", store.kind)
    }

    fn key_text(&self, key: &Key) -> String {
        let text = key.text.as_ref().map_or(String::new(), |text| text.to_string());
        match key.value {
            None => "[*]".to_owned(),
            Some(id) if text.is_empty() || text == "{}" => format!("[{}]", self.value_text(id, 0)),
            Some(_) => format!("[{text}]"),
        }
    }

    /// A value as text, to a small depth.
    #[must_use]
    pub fn value_text(&self, id: ValueId, depth: u8) -> String {
        if depth > 3 {
            return format!("v{}", id.0);
        }
        let many = |ids: &[ValueId]| {
            let texts: Vec<String> =
                ids.iter().take(8).map(|id| self.value_text(*id, depth + 1)).collect();
            texts.join(", ")
        };
        match &self.value(id).kind {
            ValueKind::Unknown => format!("?{}", id.0),
            ValueKind::Receiver => "self".to_owned(),
            ValueKind::Param(n) => {
                self.params.get(usize::from(*n)).map_or("?", |param| param.name.as_str()).to_owned()
            }
            ValueKind::Literal(literal) => literal_text(literal),
            ValueKind::Load(path) => path.to_string(),
            ValueKind::Result(event, _) => format!("e{}", event.0),
            ValueKind::Part(of, n) => format!("{}#{n}", self.value_text(*of, depth + 1)),
            ValueKind::Field(of, name) => format!("{}.{name}", self.value_text(*of, depth + 1)),
            ValueKind::Item(of, at) => {
                format!("{}[{}]", self.value_text(*of, depth + 1), self.value_text(*at, depth + 1))
            }
            ValueKind::Element(of) => format!("each {}", self.value_text(*of, depth + 1)),
            ValueKind::Op(op, ids) => op_text(*op, &many(ids)),
            ValueKind::Phi(ids) => format!("phi({})", many(ids)),
            ValueKind::Tuple(ids) => format!("({})", many(ids)),
            ValueKind::New(name, _) => format!("new {name}"),
            ValueKind::Closure(id) => format!("closure f{}", id.0),
            ValueKind::Named(name) => name.to_string(),
            ValueKind::Now => "now".to_owned(),
            ValueKind::Caught(_) => "caught".to_owned(),
        }
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
    out.push('\n');
}

fn op_text(op: Op, inner: &str) -> String {
    format!("{op:?}({inner})")
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Nil => "nil".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Float(value) => value.to_string(),
        Literal::Text(value) => format!("{value:?}"),
        Literal::Other => "...".to_owned(),
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Fixed(text) => f.write_str(text.as_str())?,
                Piece::Hole(_, source) => write!(f, "{{{source}}}")?,
            }
        }
        Ok(())
    }
}
