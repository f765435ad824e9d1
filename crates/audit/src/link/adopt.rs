//! Stores known by their contract: a call through an interface with several implementations, or on
//! a type from outside the tree, is what its method's name says when the type reads as a keyed
//! store: it has a method that looks a key up and one that puts or drops it.
//!
//! Only Go, where calls carry their receiver's type. What follows from a name alone is a guess,
//! and the audit says so: such findings are conditional.

use std::sync::Arc;

use amorsize_facts::event::{
    Access, Act, ActKind, Atomicity, Call, Check, CheckKind, Confidence, EventId, EventKind,
    FileFacts, Function, Key, Lang, Literal, Name, Op, Outcome, Path, Place, Read, Root, Scope,
    Seen, Step, Store, StoreId, StoreKind, TypeRef, ValueId, ValueKind,
};

use super::tables::Tables;
use super::tree::{FnId, Tree, has_some};
use crate::held::is_test;

/// What a method of a keyed store does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Read,
    Check,
    Write,
    Delete,
    /// So much more than there was, in one step.
    Count,
}

/// A call that is really an effect.
struct Adopted {
    at: FnId,
    event: EventId,
    role: Role,
    /// The part of the store that the method's name speaks of: `GetTag` and `SetTag`.
    part: Name,
    key: ValueId,
    value: Option<ValueId>,
    miss: Outcome,
    confidence: Confidence,
}

/// Turns calls of contracts into effects.
pub(crate) fn adopt(files: &mut [FileFacts], tables: &Arc<Tables>) {
    if !has_some(files, Lang::Go) {
        return;
    }
    let found = {
        let tree = Tree::on(files, tables);
        tree.all().flat_map(|id| within(&tree, id)).collect::<Vec<_>>()
    };
    for adopted in found {
        let Adopted { at, .. } = adopted;
        let function = &mut files[at.file as usize].functions[at.func as usize];
        put(function, &adopted);
    }
}

fn within(tree: &Tree<'_>, id: FnId) -> Vec<Adopted> {
    let mut found = Vec::new();
    let file = tree.file(id);
    if file.lang != Lang::Go || is_test(&file.path) {
        return found;
    }
    let function = tree.function(id);
    function.each_event(|event| {
        let EventKind::Call(call) = &event.kind else { return };
        let Some((role, part)) = role(call.name.as_str()) else { return };
        let Some(path) = &call.receiver else { return };
        if matches!(path.root, Root::Local { .. } | Root::Value(_))
            || path.root == Root::Receiver && path.steps.is_empty()
        {
            return;
        }
        let Some(confidence) = contract(tree, id, call) else { return };
        let args: Vec<ValueId> =
            call.args.iter().copied().filter(|arg| !is_context(function, *arg)).collect();
        let enough = match role {
            Role::Write => args.len() >= 2,
            Role::Read | Role::Check | Role::Delete => (1..=2).contains(&args.len()),
            Role::Count => (1..=3).contains(&args.len()),
        };
        let Some(key) = args.first().copied().filter(|_| enough) else { return };
        found.push(Adopted {
            at: id,
            event: event.id,
            role,
            part,
            key,
            value: (role == Role::Write).then(|| args[1]),
            miss: miss(function, call.result),
            confidence,
        });
    });
    found
}

/// Whether the receiver's type reads as a keyed store, and how sure that is.
fn contract(tree: &Tree<'_>, from: FnId, call: &Call) -> Option<Confidence> {
    let of = receiver_type(tree, from, call)?;
    let word = Tree::type_word(&of);
    let named = is_store_word(word.as_str());
    match tree.class_named(from.file, of.name) {
        Some(class) if tree.class(class).is_interface => {
            let resolved: Vec<_> = tree
                .resolve(from, None, call)
                .into_iter()
                .filter(|callee| !tree.is_test(callee.id))
                .collect();
            let asked = tree.asked(class);
            let looks = asked
                .iter()
                .any(|name| matches!(role(name.as_str()), Some((Role::Read | Role::Check, _))));
            let changes = asked
                .iter()
                .any(|name| matches!(role(name.as_str()), Some((Role::Write | Role::Count, _))));
            let plain = is_plain_word(word.as_str());
            let behind = match resolved.as_slice() {
                [one] => named && is_silent(tree, one.id, SILENT_DEPTH),
                _ => true,
            };
            let store = behind && looks && changes && !plain;
            store.then_some(if named { Confidence::Likely } else { Confidence::Guess })
        }
        Some(_) => None,
        None => {
            let foreign = of.name.as_str().contains('.') && !of.name.as_str().starts_with('.');
            (foreign && named && !is_plain_word(word.as_str())).then_some(Confidence::Guess)
        }
    }
}

/// Helpers within helpers that are asked whether they do anything.
const SILENT_DEPTH: u8 = 3;

/// Whether the only implementation works with something that nobody knows: nothing of what it and its helpers do is
/// done to a store.
fn is_silent(tree: &Tree<'_>, id: FnId, left: u8) -> bool {
    let function = tree.function(id);
    let (mut silent, mut asks) = (true, false);
    let mut helpers = Vec::new();
    function.each_event(|event| match &event.kind {
        EventKind::Call(call) => {
            let callees = tree.resolve(id, None, call);
            asks |= callees.is_empty() && call.receiver.is_some();
            helpers.extend(callees.into_iter().map(|callee| callee.id));
        }
        kind => {
            silent &= kind.target().is_none_or(|(store, _)| {
                matches!(function.store(store).kind, StoreKind::Cell)
                    || function.store(store).confined
            });
        }
    });
    let deeper = |id: &FnId| left > 0 && is_silent(tree, *id, left - 1);
    silent && (asks || !helpers.is_empty()) && helpers.iter().all(deeper)
}

fn receiver_type(tree: &Tree<'_>, from: FnId, call: &Call) -> Option<TypeRef> {
    if let Some(of) = &call.receiver_type {
        return Some(of.clone());
    }
    let path = call.receiver.as_ref()?;
    let (Root::Receiver, [Step::Field(field)]) = (&path.root, path.steps.as_slice()) else {
        return None;
    };
    tree.field_type(tree.class_of(from)?, *field).map(|(_, of)| of.clone())
}

/// What a method does by its name, and the part of the store it is about.
fn role(name: &str) -> Option<(Role, Name)> {
    const VERBS: [(&str, Role); 28] = [
        ("GetBy", Role::Read),
        ("FindBy", Role::Read),
        ("Get", Role::Read),
        ("Load", Role::Read),
        ("Lookup", Role::Read),
        ("Find", Role::Read),
        ("Fetch", Role::Read),
        ("Peek", Role::Read),
        ("Has", Role::Check),
        ("Contains", Role::Check),
        ("Exists", Role::Check),
        ("Exist", Role::Check),
        ("Set", Role::Write),
        ("Put", Role::Write),
        ("Store", Role::Write),
        ("Save", Role::Write),
        ("Increment", Role::Count),
        ("Incr", Role::Count),
        ("Insert", Role::Write),
        ("Write", Role::Write),
        ("Upsert", Role::Write),
        ("Add", Role::Write),
        ("Create", Role::Write),
        ("Update", Role::Write),
        ("Delete", Role::Delete),
        ("Remove", Role::Delete),
        ("Del", Role::Delete),
        ("Evict", Role::Delete),
    ];
    let mut letters = name.chars();
    let first = letters.next()?.to_ascii_uppercase();
    let upper = format!("{first}{}", letters.as_str());
    for (verb, role) in VERBS {
        let Some(rest) = upper.strip_prefix(verb) else { continue };
        let timed = matches!(
            rest,
            "WithTTL" | "WithExpire" | "WithExpiration" | "WithTimeout" | "TTL" | "Ex" | "EX"
        );
        if rest.is_empty()
            || timed && role == Role::Write
            || matches!(rest, "Key" | "ByKey" | "Item" | "Value" | "Entry" | "ByID" | "ID")
        {
            return Some((role, Name::EMPTY));
        }
        let word = rest.starts_with(char::is_uppercase);
        // `GetOrCreate`, `SetNX`, `AddIfAbsent`, `GetAndDelete` decide by themselves; `GetAll`, `GetMulti` are about many.
        // `GetByCode` and `RemoveByCode` are about what is kept by a code.
        let rest =
            rest.strip_prefix("By").filter(|of| of.starts_with(char::is_uppercase)).unwrap_or(rest);
        let plain = word
            && rest.chars().any(char::is_lowercase)
            && !["Or", "If", "And", "All", "Multi", "With", "Many", "Batch"]
                .iter()
                .any(|start| rest.starts_with(start));
        return plain.then(|| (role, Name::new(rest)));
    }
    None
}

fn is_store_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    const ENDS: [&str; 12] = [
        "store",
        "registry",
        "repo",
        "kv",
        "database",
        "bucket",
        "keeper",
        "index",
        "backend",
        "db",
        "repository",
        "counter",
    ];
    ENDS.iter().any(|end| word.ends_with(end))
        || ["cache", "map", "keyvalue", "storage"].iter().any(|part| word.contains(part))
}

/// Bags of values that belong to one request or call.
fn is_plain_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    [
        "header", "values", "config", "option", "flag", "metadata", "carrier", "form", "request",
        "response", "context", "param", "builder", "writer", "bitmap", "viper", "settings", "attr",
        "label", "heap", "decoder", "encoder",
    ]
    .iter()
    .chain(&["restmapper"])
    .any(|part| word.contains(part))
}

fn is_context(function: &Function, value: ValueId) -> bool {
    match &function.value(value).kind {
        ValueKind::Param(n) => function.params.get(usize::from(*n)).is_some_and(|param| {
            param.name == "ctx"
                || param.type_ref.as_ref().is_some_and(|of| of.name == "context.Context")
        }),
        ValueKind::Load(path) => {
            matches!(path.steps.last(), Some(Step::Field(name)) if *name == "ctx")
                || matches!(&path.root, Root::Captured(name) if *name == "ctx" && path.steps.is_empty())
        }
        ValueKind::Op(Op::Call, parts) => parts.first().is_some_and(|name| {
            matches!(&function.value(*name).kind, ValueKind::Literal(Literal::Text(text))
                if matches!(text.as_str(), "Background" | "TODO" | "WithCancel" | "WithTimeout"))
        }),
        ValueKind::Part(of, 0) => is_context(function, *of),
        _ => false,
    }
}

/// How a miss shows: by an error if the last part of the result is compared with nil, by a flag if it is used else.
fn miss(function: &Function, result: ValueId) -> Outcome {
    let part =
        |id: &ValueId| matches!(function.value(*id).kind, ValueKind::Part(of, 1..) if of == result);
    let mut parts = false;
    for value in &function.values {
        match &value.kind {
            ValueKind::Op(_, inputs)
                if inputs.iter().any(|id| function.is_nil(*id)) && inputs.iter().any(part) =>
            {
                return Outcome::Error;
            }
            ValueKind::Part(of, 1..) if *of == result => parts = true,
            _ => {}
        }
    }
    if parts { Outcome::Flag } else { Outcome::Nil }
}

/// Puts the effect in the place of the call.
fn put(function: &mut Function, adopted: &Adopted) {
    let Some(place) = receiver(function, adopted) else { return };
    let known = function.stores.iter().position(|store| store.place == place);
    let store = known.unwrap_or(function.stores.len());
    if known.is_none() {
        function.stores.push(Store {
            kind: StoreKind::Synchronised,
            scope: Scope::Thread,
            place,
            type_ref: None,
            confined: false,
            confidence: adopted.confidence,
        });
    }
    let store = StoreId(u32::try_from(store).unwrap_or(u32::MAX));
    let facts = function.value(adopted.key);
    let (shape, span) = (facts.shape, facts.span);
    let key = Key { value: Some(adopted.key), shape, text: None, span };
    if let Some(event) = function.event_mut(adopted.event)
        && let EventKind::Call(call) = &event.kind
    {
        event.kind = effect(call, adopted, store, key);
    }
}

fn receiver(function: &Function, adopted: &Adopted) -> Option<Place> {
    let Some(EventKind::Call(call)) = function.event(adopted.event).map(|event| &event.kind) else {
        return None;
    };
    let mut path: Path = call.receiver.clone()?;
    if !adopted.part.is_empty() {
        path = path.field(adopted.part);
    }
    Some(Place::Path(path))
}

fn effect(call: &Call, adopted: &Adopted, store: StoreId, key: Key) -> EventKind {
    let (result, confidence) = (call.result, adopted.confidence);
    match adopted.role {
        Role::Check => EventKind::Check(Box::new(Check {
            store,
            key,
            what: CheckKind::Presence,
            means: Seen::Present,
            of: None,
            access: Access::Contains,
            result,
            sql: None,
            confidence,
        })),
        Role::Read => EventKind::Read(Box::new(Read {
            store,
            key,
            result,
            miss: adopted.miss.clone(),
            by_handle: false,
            locks: false,
            sql: None,
            confidence,
        })),
        Role::Write | Role::Delete | Role::Count => {
            let kind = match adopted.role {
                Role::Write => ActKind::Insert,
                Role::Count => ActKind::Update,
                _ => ActKind::Delete,
            };
            let counts = adopted.role == Role::Count;
            EventKind::Act(Box::new(Act {
                value: adopted.value,
                used: call.used,
                confidence,
                atomicity: if counts { Atomicity::Relative } else { Atomicity::Plain },
                ..Act::plain(kind, store, key, result)
            }))
        }
    }
}
