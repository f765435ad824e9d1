//! Functions of which a decorator of the tree makes an order: `@style.queue` puts the function into a queue, and does
//! not call it. What stands in there is run by whoever takes orders, one after the other if that is one thread.

use amorsize_facts::event::{EventKind, Lang};
use amorsize_finding::Verdict;

use super::explore::Draft;
use crate::flow::Flow;
use crate::link::{FnId, Tree, decorator, gives_back, is_given, is_given_to};

/// Whatever is told of a function that is queued hangs on several threads that take what is queued.
pub(crate) fn if_taken_by_several(flow: &Flow<'_, '_>, draft: Draft) -> Draft {
    let python = flow.tree.file(flow.entry).lang == Lang::Python;
    if draft.verdict != Verdict::Open || !python || !is_queued(flow.tree, flow.entry) {
        return draft;
    }
    let assumption = Some("more than one thread takes what is queued".to_owned());
    Draft { verdict: Verdict::Conditional, assumption, ..draft }
}

/// Whether a decorator of the tree puts the function into a queue, and does not call it.
fn is_queued(tree: &Tree<'_>, id: FnId) -> bool {
    let decorators = tree.function(id).decorators.iter();
    decorators.filter_map(|name| decorator(tree, id, *name)).any(|of| queues(tree, of))
}

/// Whether a decorator puts what it decorates into a queue, and does nothing else with it.
fn queues(tree: &Tree<'_>, decorator: FnId) -> bool {
    let (mut put, mut called) = (false, false);
    let mut todo: Vec<FnId> = tree.within(decorator).collect();
    while let Some(id) = todo.pop() {
        let function = tree.function(id);
        function.each_event(|event| {
            let EventKind::Call(call) = &event.kind else { return };
            called |= is_given(tree, id, function, call);
            let given = call.args.iter().any(|arg| is_given_to(tree, id, function, *arg));
            put |= given && is_of_a_queue(call.name.as_str());
        });
        todo.extend(tree.within(id));
    }
    put && !called && !gives_back(tree.function(decorator))
}

/// Whether a method puts something into a queue, by its name.
fn is_of_a_queue(name: &str) -> bool {
    matches!(name, "put" | "put_nowait") || name.to_ascii_lowercase().contains("queue")
}
