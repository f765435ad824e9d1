//! Who reads which files: functions of one module, by the form of the path they read. And who hears of half a value:
//! what does not parse is nothing to them, and they make the value again.

use amorsize_facts::event::{
    ActKind, Block, Call, Disposition, EventKind, Function, Handler, Key, Lang, Literal, Name,
    Node, Op as Operator, Piece, Place, Root, StoreKind, ValueId, ValueKind, says_any,
};
use rustc_hash::FxHashMap;

use crate::link::{FnId, Tree};

/// Who reads which files, by file of the tree and shape of the path.
pub(crate) struct Readers(FxHashMap<(u32, String), Vec<Reader>>);

/// A function that reads a file, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub id: FnId,
    pub line: u32,
    /// Whether it is known to read what the file holds, and not what is said of it.
    pub opens: bool,
    /// Whether what does not parse is nothing to it.
    takes_torn: bool,
}

impl Readers {
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let mut all: FxHashMap<(u32, String), Vec<Reader>> = FxHashMap::default();
        for id in tree.all() {
            let function = tree.function(id);
            function.each_event(|event| {
                let (value, text) = match &event.kind {
                    EventKind::Act(act) if act.kind == ActKind::OpenRead => {
                        (act.key.value, spelled(&act.key))
                    }
                    EventKind::Read(read)
                        if function.store(read.store).kind == StoreKind::File
                            && !read.by_handle =>
                    {
                        (read.key.value, spelled(&read.key))
                    }
                    EventKind::Call(call) if reads(function, call) => {
                        (call.args.first().copied(), None)
                    }
                    _ => return,
                };
                let opens = !matches!(event.kind, EventKind::Read(_));
                let last = value.and_then(|value| last_part(function, value));
                let own = value.and_then(|value| shape(function, value));
                let made = value.and_then(|value| by_helper(function, value, tree.file(id).lang));
                let kept = value.and_then(|value| kept_as(function, value));
                for shape in own.into_iter().chain(text).chain(last).chain(made).chain(kept) {
                    let line = event.span.line;
                    let takes_torn = takes_torn_for_none(&function.body, line);
                    let reader = Reader { id, line, opens, takes_torn };
                    all.entry((id.file, shape)).or_default().push(reader);
                }
            });
        }
        Self(all)
    }

    /// Those that read a file of that form in the same module.
    pub(super) fn of_form(&self, file: u32, form: String) -> Option<&[Reader]> {
        self.0.get(&(file, form)).map(Vec::as_slice)
    }
}

impl Reader {
    /// Whether none of them stumbles over half a value.
    pub(super) fn none_stumbles(readers: &[Self]) -> bool {
        let mut opening = readers.iter().filter(|reader| reader.opens).peekable();
        opening.peek().is_some() && opening.all(|reader| reader.takes_torn)
    }
}

/// Whether what is read at a line and does not parse is nothing to the function.
pub(super) fn takes_torn_for_none(block: &Block, line: u32) -> bool {
    block.iter().any(|node| {
        let here = match node {
            Node::Try(tried) => tried.handlers.iter().any(|handler| {
                goes_on(handler)
                    && (is_for_torn(handler) || takes_all(handler) && reads_at(&tried.body, line))
            }),
            _ => false,
        };
        here || node.blocks().into_iter().any(|inner| takes_torn_for_none(inner, line))
    })
}

/// Whether the caller hears nothing of the error.
const fn goes_on(handler: &Handler) -> bool {
    !matches!(handler.disposition, Disposition::Raises | Disposition::Retries)
}

fn takes_all(handler: &Handler) -> bool {
    let all = |name: &Name| matches!(name.as_str(), "Exception" | "BaseException");
    handler.types.is_empty() || handler.types.iter().any(all)
}

/// Whether a handler is there for what does not parse.
fn is_for_torn(handler: &Handler) -> bool {
    handler.types.iter().any(|name| {
        let last = name.as_str().rsplit('.').next().unwrap_or_default();
        matches!(last, "ValueError" | "EOFError" | "UnpicklingError" | "PickleError")
            || last.ends_with("DecodeError")
            || last.ends_with("ParseError")
    })
}

fn reads_at(block: &Block, line: u32) -> bool {
    block.iter().any(|node| match node {
        Node::Event(event) => event.span.line == line,
        other => other.blocks().into_iter().any(|inner| reads_at(inner, line)),
    })
}

/// Whether a call is a helper's that reads the file it is given.
fn reads(function: &Function, call: &Call) -> bool {
    let name = call.name.as_str();
    let mode = |value: &ValueId| match &function.value(*value).kind {
        ValueKind::Literal(Literal::Text(mode)) => matches!(mode.as_str(), "r" | "rb" | "rt"),
        _ => false,
    };
    if says_any(name, &["open"]) {
        let named = call.named.iter().map(|(_, value)| value);
        return call.args.len() == 1 || call.args.iter().skip(1).chain(named).any(mode);
    }
    says_any(name, &["load", "read"])
}

/// The form of a path that two functions of one module can be compared by.
pub(super) fn shape(function: &Function, value: ValueId) -> Option<String> {
    let mut shape = String::new();
    let mut left = 24;
    spell(function, value, &mut shape, &mut left);
    let constant = matches!(function.value(value).kind, ValueKind::Unknown);
    (!shape.is_empty() && !constant && left > 0).then_some(shape)
}

/// The field of its object in which a method keeps the path that it is given: others know it by that.
fn kept_as(function: &Function, value: ValueId) -> Option<String> {
    if !matches!(function.value(value).kind, ValueKind::Param(_)) {
        return None;
    }
    let mut field = None;
    function.each_event(|event| {
        if let EventKind::Act(act) = &event.kind
            && act.value == Some(value)
            && let Place::Path(path) = &function.store(act.store).place
            && path.root == Root::Receiver
            && path.steps.len() == 1
        {
            field = Some(path.to_string());
        }
    });
    let mut shape = String::new();
    write_hole(&mut shape, &field?);
    Some(shape)
}

/// The fixed name of a file in a folder that is built from what else is known: `*/index.json`.
pub(super) fn last_part(function: &Function, value: ValueId) -> Option<String> {
    let ValueKind::Op(Operator::Join, parts) = &function.value(value).kind else { return None };
    let ValueKind::Literal(Literal::Text(name)) = &function.value(*parts.last()?).kind else {
        return None;
    };
    (parts.len() > 1 && name.as_str().contains('.')).then(|| format!("*/{name}"))
}

/// The helper of the same object, in Python of the same module as well, that makes a path: what it makes of one key
/// here, it makes of the same key elsewhere.
pub(super) fn by_helper(function: &Function, value: ValueId, lang: Lang) -> Option<String> {
    let mut value = value;
    while let ValueKind::Part(of, 0) = &function.value(value).kind {
        value = *of;
    }
    let ValueKind::Result(made, _) = function.value(value).kind else { return None };
    let mut found = None;
    function.each_event(|event| {
        if event.id == made
            && let EventKind::Call(call) = &event.kind
        {
            let own = match &call.receiver {
                Some(path) => path.root == Root::Receiver && path.steps.is_empty(),
                None => lang == Lang::Python && call.callee.as_str().starts_with('.'),
            };
            if !own {
                return;
            }
            found = Some(format!("{{.{}(…)}}", call.name));
        }
    });
    found
}

fn spell(function: &Function, value: ValueId, into: &mut String, left: &mut u8) {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return;
    }
    match &function.value(value).kind {
        ValueKind::Literal(Literal::Text(text)) => into.push_str(text.as_str()),
        ValueKind::Load(path) => {
            write_hole(into, path);
        }
        ValueKind::Param(n) => {
            let name = function.params.get(usize::from(*n)).map_or("", |param| param.name.as_str());
            write_hole(into, &name);
        }
        ValueKind::Op(_, inputs) => {
            for input in inputs {
                into.push('/');
                spell(function, *input, into, left);
            }
        }
        _ => {
            write_hole(into, &function.value(value).shape);
        }
    }
}

fn write_hole(into: &mut String, what: &dyn std::fmt::Display) {
    into.push('{');
    into.push_str(&what.to_string());
    into.push('}');
}

/// The form of a path as its text has it, by the names of what it is made of.
pub(super) fn spelled(key: &Key) -> Option<String> {
    let text = key.text.as_ref()?;
    let mut shape = String::new();
    for piece in &text.0 {
        match piece {
            Piece::Fixed(name) => shape.push_str(name.as_str()),
            Piece::Hole(_, name) => write_hole(&mut shape, name),
        }
    }
    (!shape.is_empty()).then_some(shape)
}
