//! Functions of which a decorator of the tree makes an order: `@style.queue` puts the function into a queue, and does
//! not call it. What stands in there is run by whoever takes orders, one after the other if that is one thread.

use amorsize_facts::event::Lang;
use amorsize_finding::Verdict;

use super::explore::Draft;
use crate::flow::Flow;

/// Whatever is told of a function that is queued hangs on several threads that take what is queued.
pub(crate) fn if_taken_by_several(flow: &Flow<'_, '_>, draft: Draft) -> Draft {
    let python = flow.tree.file(flow.entry).lang == Lang::Python;
    if draft.verdict != Verdict::Open || !python || !flow.tree.is_queued(flow.entry) {
        return draft;
    }
    let assumption = Some("more than one thread takes what is queued".to_owned());
    Draft { verdict: Verdict::Conditional, assumption, ..draft }
}
