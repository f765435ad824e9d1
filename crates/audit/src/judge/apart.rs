//! Participants that cannot meet: what a function does to another file, or to another object, is no
//! witness against this one.
//!
//! Whether two expressions name one file cannot be known. That they have no word in common, apart
//! from those that every path has, is reason enough not to bring them together.

use amorsize_facts::event::{
    ActKind, EventKind, Key, Lang, Piece, Place, Root, StoreKind, Text, ValueKind,
};

use super::drawn::stores_under_drawn;
use super::holder::{is_given_another, may_be_part_of_one};
use super::sense::words;
use crate::flow::{Flow, FrameId, Trail};
use crate::held::Locking;
use crate::link::{ClassId, FnId, Tree};
use crate::mutators::Mutator;
use crate::shared::class_around;
use crate::slice::{AbsPlace, Target};

/// Values followed for the words of one path.
const VALUES_MAX: u8 = 32;

/// Whether what a mutator changes may be what the target is.
pub(super) fn may_meet(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    mutator: &Mutator<'_>,
) -> bool {
    if target.kind == StoreKind::Remote && are_two_keys(flow, target, mutator) {
        return false;
    }
    match &target.place {
        AbsPlace::Files => may_be_one_file(flow, target, mutator),
        _ if flow.tree.file(flow.entry).lang != Lang::Python => {
            may_be_part_of_one(flow, target, mutator)
                && !is_given_another(flow, locking, target, mutator)
                && !stores_by_number(flow.tree, mutator)
                && !stores_under_drawn(flow.tree, mutator)
        }
        // A model that nobody knows may be any other.
        AbsPlace::Model(name) => !name.is_empty(),
        AbsPlace::Path(_) if stores_under_drawn(flow.tree, mutator) => false,
        AbsPlace::Path(_) => {
            let ours = flow.class.or_else(|| flow.tree.class_of(flow.entry));
            let theirs = class_around(flow.tree, mutator.function);
            ours.zip(theirs).is_none_or(|(ours, theirs)| {
                may_be_one(flow.tree, ours, theirs)
                    && !is_overridden(flow.tree, flow.entry, theirs)
                    && !is_overridden(flow.tree, mutator.function, ours)
            })
        }
        AbsPlace::Table(_) => true,
    }
}

/// Whether two keys of a server are written out, or begin with what is, and differ there: `version`, and
/// `room:` with a name behind it.
pub(super) fn are_two_keys(flow: &Flow<'_, '_>, target: &Target, mutator: &Mutator<'_>) -> bool {
    let Some((_, Some(key))) = flow.event(target.key_uid).kind.target() else { return false };
    let (Some(ours), Some(theirs)) = (key.text.as_ref(), mutator.act.key.text.as_ref()) else {
        return false;
    };
    let ((ours, whole), (theirs, all)) = (written_out(ours), written_out(theirs));
    mutator.act.target.is_none()
        && !names_more(flow, mutator)
        && match (whole, all) {
            (true, true) => ours != theirs,
            (true, false) => !ours.starts_with(&theirs),
            (false, true) => !theirs.starts_with(&ours),
            (false, false) => !ours.starts_with(&theirs) && !theirs.starts_with(&ours),
        }
}

/// Whether a deletion is given more behind its first key: further keys.
fn names_more(flow: &Flow<'_, '_>, mutator: &Mutator<'_>) -> bool {
    let act = mutator.act;
    let function = flow.tree.function(mutator.function);
    match (&function.value(act.result).kind, act.key.value) {
        (ValueKind::Result(_, inputs), Some(key)) if act.kind == ActKind::Delete => {
            inputs.last() != Some(&key)
        }
        _ => false,
    }
}

/// What a text begins with, and whether that is all of it.
fn written_out(text: &Text) -> (String, bool) {
    let fixed = |piece: &Piece| match piece {
        Piece::Fixed(word) => Some(word.to_string()),
        Piece::Hole(..) => None,
    };
    let begin: Vec<String> = text.0.iter().map_while(fixed).collect();
    (begin.concat(), begin.len() == text.0.len())
}

/// Whether one object can be of both classes.
fn may_be_one(tree: &Tree<'_>, ours: ClassId, theirs: ClassId) -> bool {
    let is = |class: ClassId, of: ClassId| class == of || tree.ancestry(class).contains(&of);
    is(ours, theirs) || is(theirs, ours) || tree.family(ours).iter().any(|class| is(*class, theirs))
}

/// Whether objects of a class below run a method of their own in the place of this one.
fn is_overridden(tree: &Tree<'_>, method: FnId, class: ClassId) -> bool {
    let Some(own) = tree.class_of(method) else { return false };
    if own == class || !tree.ancestry(class).contains(&own) {
        return false;
    }
    let name = tree.function(method).name;
    let Some(instead) = tree.method(class, name).filter(|found| *found != method) else {
        return false;
    };
    let mut goes_up = false;
    tree.function(instead).each_event(|event| {
        if let EventKind::Call(call) = &event.kind {
            goes_up |= call.name == name && call.callee != format!("self.{name}").as_str();
        }
    });
    !goes_up
}

fn may_be_one_file(flow: &Flow<'_, '_>, target: &Target, mutator: &Mutator<'_>) -> bool {
    let Some((_, Some(key))) = flow.event(target.key_uid).kind.target() else { return true };
    let ours = told_of_flow(flow, flow.frame_of(target.key_uid), key);
    let theirs = told(flow.tree, mutator.function, &mutator.act.key);
    let onto = mutator.act.target.as_ref();
    let onto = onto.map(|key| told(flow.tree, mutator.function, key)).unwrap_or_default();
    if ours.is_empty() || theirs.is_empty() && onto.is_empty() {
        // A helper of another module works on whatever path it is given: on this one, if this
        // function gives it; a method of what looks works on what its object keeps.
        let looks = flow.frames[flow.frame_of(target.key_uid) as usize].func;
        let class = class_around(flow.tree, mutator.function);
        return mutator.function.file == flow.entry.file
            || class.is_some() && class == class_around(flow.tree, looks);
    }
    theirs.is_empty() || ours.iter().any(|word| theirs.contains(word) || onto.contains(word))
}

/// Whether a mutator stores each entry under a number of its own, which it counts up: what was seen
/// under a number before is nobody else's.
fn stores_by_number(tree: &Tree<'_>, mutator: &Mutator<'_>) -> bool {
    let function = tree.function(mutator.function);
    let stores = matches!(mutator.act.kind, ActKind::Insert | ActKind::Update);
    let Some(key) = mutator.act.key.value.filter(|_| stores) else { return false };
    let number = match &function.value(key).kind {
        ValueKind::Load(path) => path,
        ValueKind::Result(event, _) => match function.event(*event).map(|event| &event.kind) {
            Some(EventKind::Read(read)) => match &function.store(read.store).place {
                Place::Path(path) => path,
                _ => return false,
            },
            _ => return false,
        },
        _ => return false,
    };
    let mut counted = false;
    function.each_event(|event| {
        counted |= matches!(&event.kind, EventKind::Act(act)
            if act.kind == ActKind::Update
                && matches!(&function.store(act.store).place, Place::Path(path) if path == number));
    });
    counted && matches!(number.root, Root::Receiver | Root::Global(_) | Root::Param(_))
}

/// The words that a path of a flow is built from, through the arguments of helpers.
fn told_of_flow(flow: &Flow<'_, '_>, frame: FrameId, key: &Key) -> Vec<String> {
    let mut found = Vec::new();
    let (mut frame, mut key) = (frame, key.clone());
    for _ in 0..6 {
        let activation = &flow.frames[frame as usize];
        let function = flow.tree.function(activation.func);
        found.extend(told(flow.tree, activation.func, &key));
        let Some(ValueKind::Param(n)) = key.value.map(|value| &function.value(value).kind) else {
            break;
        };
        let Some(arg) = activation.args.get(usize::from(*n)).and_then(Option::as_ref) else {
            break;
        };
        if activation.parent.is_none() || arg.value.is_none() {
            break;
        }
        frame = arg.frame;
        key = Key { value: arg.value, text: None, ..key };
    }
    found
}

/// The telling words of a path in one function.
fn told(tree: &Tree<'_>, id: FnId, key: &Key) -> Vec<String> {
    let function = tree.function(id);
    let mut text = key.text.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut trail = Trail::from(key.value, VALUES_MAX);
    while let Some(value) = trail.step() {
        let kind = &function.value(value).kind;
        text.push(' ');
        match kind {
            ValueKind::Load(path) => text.push_str(&path.to_string()),
            ValueKind::Named(name) => text.push_str(name.as_str()),
            ValueKind::Field(_, name) => text.push_str(name.as_str()),
            ValueKind::Param(n) => {
                let param = function.params.get(usize::from(*n));
                text.push_str(param.map_or("", |param| param.name.as_str()));
            }
            ValueKind::Literal(amorsize_facts::event::Literal::Text(name)) => {
                text.push_str(name.as_str());
            }
            ValueKind::Result(event, _) => function.each_event(|made| {
                if made.id == *event
                    && let EventKind::Call(call) = &made.kind
                {
                    text.push_str(call.name.as_str());
                }
            }),
            _ => {}
        }
        trail.follow(kind.inputs());
    }
    if trail.is_cut() {
        return Vec::new();
    }
    words(&text).into_iter().filter(|word| is_telling(word)).collect()
}

/// Whether a word says which file it is, not only that it is one.
fn is_telling(word: &str) -> bool {
    let word = word.strip_suffix('s').unwrap_or(word);
    word.len() > 2
        && !matches!(
            word,
            "path"
                | "file"
                | "filename"
                | "name"
                | "dir"
                | "folder"
                | "directory"
                | "dirname"
                | "basename"
                | "self"
                | "cls"
                | "join"
                | "get"
                | "full"
                | "abs"
                | "abspath"
                | "expanduser"
                | "realpath"
                | "root"
                | "base"
                | "str"
                | "format"
                | "the"
                | "key"
                | "pathlib"
                | "make"
                | "resolve"
                | "parent"
                | "fullpath"
                | "normpath"
                | "fspath"
                | "filepath"
                | "src"
                | "dst"
                | "source"
                | "target"
                | "dest"
                | "destination"
                | "local"
                | "location"
                | "item"
                | "entry"
                | "value"
                | "arg"
                | "call"
                | "strip"
                | "home"
                | "json"
                | "yaml"
                | "yml"
                | "toml"
                | "txt"
                | "csv"
                | "ini"
                | "xml"
                | "pkl"
                | "pickle"
        )
}
