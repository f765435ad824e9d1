//! Types of a program of Go of which the program makes no value: whatever their methods do wrong, nobody runs
//! them yet.

use amorsize_facts::event::{
    EventKind, FileFacts, Function, Global, Lang, Literal, Name, Root, TypeRef, ValueKind,
};
use amorsize_finding::Verdict;

use super::explore::Draft;
use crate::flow::Flow;
use crate::held::{Locking, is_test};
use crate::link::{ClassId, FnId, Tree};

/// Whatever is told of a method whose type nobody makes hangs on somebody who does.
pub(crate) fn if_made(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, draft: Draft) -> Draft {
    let tree = flow.tree;
    let go = tree.file(flow.entry).lang == Lang::Go;
    if draft.verdict != Verdict::Open || !go || !locking.in_a_program(flow.entry) {
        return draft;
    }
    let Some(class) = tree.class_of(flow.entry).filter(|class| !is_made(tree, *class)) else {
        return draft;
    };
    let assumption = Some(format!("somebody makes a `{}`", tree.class(class).name));
    Draft { verdict: Verdict::Conditional, assumption, ..draft }
}

/// Whether code that is no test speaks of a type anywhere but in its own methods, and in functions that make one
/// and that nobody calls.
fn is_made(tree: &Tree<'_>, class: ClassId) -> bool {
    let own = tree.class(class);
    if own.is_interface {
        return true;
    }
    let code = |file: &&FileFacts| file.lang == Lang::Go && !is_test(&file.path);
    let declared = tree.files.iter().filter(code).any(|file| {
        let others = file.classes.iter().filter(|other| !std::ptr::eq(*other, own));
        let parts = others.flat_map(|other| {
            let fields = other.fields.iter().filter_map(|field| field.type_ref.as_ref());
            fields.chain(&other.bases)
        });
        let globals = file.globals.iter().filter_map(|global| global.type_ref.as_ref());
        parts.chain(globals).any(|of| speaks_of(of, own.name))
    });
    // What a variable of the package begins with is not among the facts.
    let beside = (0_u32..).zip(tree.files).any(|(number, file)| {
        code(&file)
            && tree.package(number) == tree.package(class.file)
            && file.globals.iter().any(may_hold_any)
    });
    if beside {
        return true;
    }
    let elsewhere = |id: &FnId| {
        let file = tree.file(*id);
        code(&file) && tree.class_of(*id) != Some(class) && mentions(tree.function(*id), own.name)
    };
    declared || tree.all().filter(elsewhere).any(|id| is_run(tree, id))
}

/// Whether a variable may begin with values of types that it does not name.
fn may_hold_any(global: &Global) -> bool {
    global.type_ref.as_ref().is_none_or(|of| !of.args.is_empty() || of.name.as_str().contains('.'))
}

/// Whether a function has to do with a value of a type.
fn mentions(function: &Function, class: Name) -> bool {
    let params = function.params.iter().filter_map(|param| param.type_ref.as_ref());
    let stores = function.stores.iter().filter_map(|store| store.type_ref.as_ref());
    params.chain(&function.returns).chain(stores).any(|of| speaks_of(of, class))
        || function.values.iter().any(|value| {
            matches!(&value.kind, ValueKind::New(of, _) | ValueKind::Named(of) if is(*of, class))
        })
}

fn speaks_of(of: &TypeRef, class: Name) -> bool {
    is(of.name, class) || of.args.iter().any(|arg| speaks_of(arg, class))
}

/// Whether a name is, in whichever package, the given one.
fn is(name: Name, last: Name) -> bool {
    name.as_str().rsplit(['.', '/']).next() == Some(last.as_str())
}

/// Whether a function is more than one that stands by itself and whose name code that is no test does not say.
fn is_run(tree: &Tree<'_>, id: FnId) -> bool {
    let function = tree.function(id);
    let name = function.name;
    let by_itself = tree.class_of(id).is_none()
        && function.parent.is_none()
        && !matches!(name.as_str(), "main" | "init")
        && !name.is_empty();
    let others = tree.all().filter(|other| *other != id && !tree.is_test(*other));
    !by_itself || others.map(|other| tree.function(other)).any(|other| says(other, name))
}

/// Whether a function calls something of that name, or hands it on.
fn says(function: &Function, name: Name) -> bool {
    let mut called = false;
    function.each_event(|event| {
        called |= matches!(&event.kind, EventKind::Call(call) if is(call.name, name));
    });
    called
        || function.values.iter().any(|value| match &value.kind {
            ValueKind::Named(of)
            | ValueKind::Field(_, of)
            | ValueKind::Literal(Literal::Text(of)) => is(*of, name),
            ValueKind::Load(path) => {
                matches!(path.root, Root::Global(of) if is(of, name))
            }
            _ => false,
        })
}
