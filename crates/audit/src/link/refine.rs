//! Abstract stores: where a class of the tree only declares `get`, `set`, `exists`, `delete`, a
//! call of these is what the word says, done to the object it is called on.
//!
//! Runs once over the facts before they are linked for the audit. Only a method without a body of
//! its own counts (`raise NotImplementedError`, `@abstractmethod`, a constant answer): what has a
//! body is judged by that.

use std::sync::Arc;

use amorsize_facts::event::{
    Access, Act, ActKind, Atomicity, Call, Check, CheckKind, Class, Confidence, Event, EventId,
    EventKind, FileFacts, Function, Key, Lang, Literal, Meaning, Node, Outcome, Path, Place, Read,
    Root, Scope, Seen, Store, StoreId, StoreKind, ValueId, ValueKind,
};

use super::calls::Callee;
use super::tables::Tables;
use super::tree::{FnId, Tree, has_some};

/// Calls that become events of an abstract store.
const CALLS_MAX: usize = 20_000;

/// What a word does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Read,
    Exists,
    Write,
    Add,
    Delete,
    Count,
}

fn verb(call: &Call) -> Option<Verb> {
    let args = call.args.len() + call.named.len();
    let name = call.name.as_str().trim_start_matches('_');
    let name = name.strip_prefix('a').filter(|rest| is_word(rest)).unwrap_or(name);
    // `_get_raw`, `_set_value`: what a base class with helpers of its own leaves to the derived ones.
    let inner = ["_raw", "_value", "_bytes"].iter().find_map(|end| name.strip_suffix(end));
    let name = inner.filter(|rest| is_word(rest)).unwrap_or(name);
    let verb = match name {
        "get" | "load" | "fetch" | "lookup" | "read" | "retrieve" | "get_item" | "peek" => {
            Verb::Read
        }
        "exists" | "has" | "has_key" | "contains" | "is_cached" => Verb::Exists,
        "set" | "put" | "save" | "store" | "write" | "update" | "set_item" => Verb::Write,
        "add" | "set_if_absent" | "put_if_absent" | "setnx" => Verb::Add,
        "delete" | "remove" | "invalidate" | "discard" | "evict" => Verb::Delete,
        "incr" | "decr" | "increment" | "decrement" => Verb::Count,
        _ => return None,
    };
    let wants = if matches!(verb, Verb::Write | Verb::Add) { 2 } else { 1 };
    (args >= wants && !call.args.is_empty()).then_some(verb)
}

fn is_word(name: &str) -> bool {
    matches!(
        name,
        "get" | "set" | "delete" | "add" | "has_key" | "incr" | "decr" | "exists" | "put"
    )
}

/// A call that says what it does to a store.
pub(crate) enum Said {
    /// The word of an abstract method, and whether its class is for keeping things.
    Word(Verb, bool),
    /// A file is opened for writing, by this name.
    Opened(ValueId),
}

/// Replaces calls of abstract methods by what they are named after, and those of a declared `open` with a mode for
/// writing by the opening.
pub(crate) fn refine(files: &mut [FileFacts], named: Vec<(FnId, EventId, Said)>) {
    for (id, event, said) in named {
        let function = &mut files[id.file as usize].functions[id.func as usize];
        let Some((place, kind)) = meant(function, event, &said) else { continue };
        function.stores.push(place);
        if let Some(event) = function.event_mut(event) {
            event.kind = kind;
        }
    }
}

/// What a call does that says it, and the store to which it does so: the next one of the function.
fn meant(function: &Function, event: EventId, said: &Said) -> Option<(Store, EventKind)> {
    let store = StoreId(u32::try_from(function.stores.len()).unwrap_or(u32::MAX));
    let event = function.event(event)?;
    let EventKind::Call(call) = &event.kind else { return None };
    match said {
        Said::Word(verb, sure) => {
            let place = abstract_store(call.receiver.clone()?, *sure);
            Some((place, effect(function, call, *verb, store, event)))
        }
        Said::Opened(path) => {
            let shape = function.value(*path).shape;
            let key = Key { value: Some(*path), shape, text: None, span: event.span };
            let opened = Act::plain(ActKind::OpenWrite, store, key, call.result);
            let opened = Act { used: call.used, ..opened };
            Some((Store::files(), EventKind::Act(Box::new(opened))))
        }
    }
}

/// The calls whose names say it.
pub(crate) fn named_after(files: &[FileFacts], tables: &Arc<Tables>) -> Vec<(FnId, EventId, Said)> {
    if !has_some(files, Lang::Python) {
        return Vec::new();
    }
    let tree = Tree::on(files, tables);
    let mut found = Vec::new();
    for id in tree.all().filter(|id| tree.file(*id).lang == Lang::Python) {
        let function = tree.function(id);
        function.each_event(|event| {
            let EventKind::Call(call) = &event.kind else { return };
            let Some(receiver) = &call.receiver else { return };
            if found.len() >= CALLS_MAX {
                return;
            }
            let word = verb(call).filter(|_| !call.callee.as_str().starts_with("super."));
            if let Some(verb) = word {
                if let [Callee { id: callee, class: Some(class), .. }] =
                    tree.resolve(id, None, call).as_slice()
                    && *callee != id
                    && is_abstract(tree.function(*callee))
                {
                    found.push((id, event.id, Said::Word(verb, keeps(tree.class(*class)))));
                }
            } else if receiver.root == Root::Receiver
                && call.name.as_str().contains("open")
                && for_writing(function, call)
                && let Some(path) = call.args.first()
            {
                let callees = tree.resolve(id, None, call);
                if callees.iter().all(|callee| is_abstract(tree.function(callee.id))) {
                    found.push((id, event.id, Said::Opened(*path)));
                }
            }
        });
    }
    found
}

/// Whether a call is given a mode for writing.
fn for_writing(function: &Function, call: &Call) -> bool {
    let named = call.named.iter().map(|(_, value)| value);
    call.args.iter().skip(1).chain(named).any(|value| {
        matches!(&function.value(*value).kind, ValueKind::Literal(Literal::Text(mode))
            if matches!(mode.as_str(), "w" | "wb" | "wt" | "w+" | "wb+"))
    })
}

fn abstract_store(path: Path, sure: bool) -> Store {
    Store {
        kind: StoreKind::Api,
        scope: Scope::Host,
        place: Place::Path(path),
        type_ref: None,
        confined: false,
        confidence: if sure { Confidence::Likely } else { Confidence::Guess },
    }
}

/// Whether a class is for keeping things, by its name.
fn keeps(class: &Class) -> bool {
    let name = class.name.as_str().to_ascii_lowercase();
    ["cache", "store", "storage", "backend", "session", "repository", "database", "registry", "kv"]
        .iter()
        .any(|word| name.contains(word))
}

/// Whether a method only declares itself.
fn is_abstract(function: &Function) -> bool {
    let declared = function.decorators.iter().any(|name| name.as_str().ends_with("abstractmethod"));
    let mut raises = false;
    let mut others = false;
    function.each_event(|event| match &event.kind {
        EventKind::Raise(raise) => raises |= raise.type_name.as_str().contains("NotImplemented"),
        EventKind::Return(ret) => others |= ret.constant.is_none() && !ret.values.is_empty(),
        EventKind::Call(call) => others |= !call.callee.as_str().contains("NotImplemented"),
        _ => others = true,
    });
    declared || raises && !others || !others && function.params.len() < 12 && is_stub(function)
}

/// Whether nothing stands in the body but a constant answer.
fn is_stub(function: &Function) -> bool {
    function
        .body
        .iter()
        .all(|node| matches!(node, Node::Event(Event { kind: EventKind::Return(_), .. })))
}

fn effect(
    function: &Function,
    call: &Call,
    verb: Verb,
    store: StoreId,
    event: &Event,
) -> EventKind {
    let confidence = Confidence::Likely;
    let key = call.args.first().copied();
    let shape = key.map_or(0, |value| function.value(value).shape);
    let key = Key { value: key, shape, text: None, span: event.span };
    let value = call.args.get(1).copied().or_else(|| call.named.first().map(|(_, value)| *value));
    let act = |kind, atomicity, means, failure| {
        EventKind::Act(Box::new(Act {
            kind,
            store,
            key: key.clone(),
            target: None,
            value: value.filter(|_| kind != ActKind::Delete),
            fields: Vec::new(),
            result: call.result,
            means,
            used: call.used,
            atomicity,
            failure,
            by_handle: false,
            expects: None,
            ttl: None,
            sql: None,
            confidence,
        }))
    };
    match verb {
        Verb::Read => EventKind::Read(Box::new(Read {
            store,
            key,
            result: call.result,
            miss: Outcome::Nil,
            by_handle: false,
            locks: false,
            sql: None,
            confidence,
        })),
        Verb::Exists => EventKind::Check(Box::new(Check {
            store,
            key,
            what: CheckKind::Presence,
            means: Seen::Present,
            of: None,
            access: Access::Contains,
            result: call.result,
            sql: None,
            confidence,
        })),
        Verb::Write => act(ActKind::Insert, Atomicity::Plain, Meaning::Nothing, Outcome::Silent),
        Verb::Add => act(ActKind::Create, Atomicity::Conditional, Meaning::Won, Outcome::False),
        Verb::Delete => act(ActKind::Delete, Atomicity::Plain, Meaning::Nothing, Outcome::Silent),
        Verb::Count => act(ActKind::Update, Atomicity::Relative, Meaning::Current, Outcome::Silent),
    }
}
