//! What a witness on a row hangs on: locks of other rows in the same transaction, keys that refuse the second row,
//! and marks that everybody sets alike.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, Check, CheckKind, EventKind, Function, Name, Outcome, Root, StoreKind,
    ValueId, ValueKind,
};
use amorsize_finding::Consequence;
use rustc_hash::FxHashSet;

use super::coin::holds;
use super::explore::{Found, Other};
use super::immediate::alone_from_the_start;
use super::reported::{raises_between, tells_who_won};
use super::way_out::straight;
use crate::explore::{Cell, Witness};
use crate::flow::{Flow, Item, Uid};
use crate::link::takes_spare_rows;
use crate::slice::{AbsPlace, Pair, Target, names_a_conflict, touches};

/// Why a row may not change, or not go, while a function works on it.
pub(super) fn doubts_of_row(
    flow: &Flow<'_, '_>,
    target: &Target,
    found: &Found,
    act: Option<&Act>,
) -> Option<&'static str> {
    let table = matches!(target.kind, StoreKind::Sql | StoreKind::Orm);
    let Some(act) = act else {
        return (table && found.harm.consequence == Consequence::Crash)
            .then_some("the row is removed while this runs");
    };
    if target.kind == StoreKind::Sql && alone_from_the_start(flow) {
        return Some(
            "somebody opens the database without the lock that its transactions begin with",
        );
    }
    if table && under_another_row(flow, target, found.pair) {
        return Some("somebody works on the row without the lock of the row that is locked before");
    }
    if takes_spare_rows(target.kind, act) && is_spare(flow, target, found) {
        return Some("a second row does harm");
    }
    if table && began_with_nothing(&found.witness) && refused_and_handled(flow, found.pair.act) {
        return Some("no unique key of the table refuses the second row");
    }
    let taken = deletes_by_number(act) && !picks_rows(flow, found.pair.act);
    if taken && matches!(found.other, Other::Outside(_)) {
        return Some("another process gives the row another meaning under the same number");
    }
    if target.kind == StoreKind::Orm && matches!(found.other, Other::Outside(_)) {
        return Some("another process stores such a row in between");
    }
    let gone = found.harm.consequence == Consequence::StaleAnswer;
    if target.kind == StoreKind::Orm && gone && found.other != Other::Same {
        return Some("the row is removed while this runs");
    }
    if target.kind == StoreKind::Orm && asks_nothing_of_the_row(flow, target, found) {
        return Some("a caller relies on the row being as it was read");
    }
    if target.kind == StoreKind::Orm && marks_alike(flow, found) {
        return Some("it matters that a row is marked twice in the same way");
    }
    let changes =
        matches!(act.kind, ActKind::Update | ActKind::Delete) || act.atomicity == Atomicity::Upsert;
    // Two helpers that are given the name of a table need not be given the same.
    let nameless = matches!(&target.place, AbsPlace::Table(name) if name.as_str() == "{}");
    if nameless && flow.frame_of(found.pair.check) != flow.frame_of(found.pair.act) {
        return Some("both statements are about one table");
    }
    (target.kind == StoreKind::Orm && changes && works_for_a_caller(flow))
        .then_some("no caller has locked the row in the same transaction")
}

/// Whether a row is deleted by the number that the database gave it, and nothing else is asked of it: the next row has
/// a number of its own.
fn deletes_by_number(act: &Act) -> bool {
    act.kind == ActKind::Delete
        && act.sql.as_ref().is_some_and(|sql| {
            let [asked] = sql.filter.as_slice() else { return false };
            matches!(asked.column.as_str(), "id" | "rowid")
        })
}

/// Whether something was asked of the rows before: that may be otherwise by then.
fn picks_rows(flow: &Flow<'_, '_>, act: Uid) -> bool {
    (0..act).any(|uid| {
        matches!(&flow.event(uid).kind, EventKind::Read(read)
            if read.sql.as_ref().is_some_and(|sql| !sql.filter.is_empty()))
    })
}

/// Whether a second row is one too many for nobody that is in sight: no caller is told that it was the first, and the
/// look takes one of several (`first()`, `exists()`), where `get()` fails from then on.
fn is_spare(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> bool {
    let wants_one = matches!(&flow.event(found.pair.check).kind, EventKind::Read(read)
        if matches!(read.miss, Outcome::Raises(_)));
    found.harm.consequence == Consequence::DoubleWin
        && !target.size
        && !target.room
        && !wants_one
        && !tells_who_won(flow)
        && !raises_between(flow, found.pair)
}

/// Whether a row of another table has been locked before in the same transaction: a parent, whose lock stands
/// for that of rows which may not be there yet.
fn under_another_row(flow: &Flow<'_, '_>, target: &Target, pair: Pair) -> bool {
    let locks = |uid: Uid| {
        matches!(&flow.event(uid).kind, EventKind::Read(read) if read.locks)
            && touches(flow, target, uid).is_none()
            && !flow.is_doubtful(uid)
    };
    let ended =
        |from: Uid| (from..pair.act).any(|uid| matches!(flow.event(uid).kind, EventKind::TxEnd(_)));
    (0..pair.check).any(|uid| locks(uid) && !ended(uid))
}

/// Whether nothing was there when the witness began.
fn began_with_nothing(witness: &Witness) -> bool {
    matches!(witness.start.first(), Some(Cell::Absent))
}

/// Whether a handler waits for the conflict of an act, and looks again or goes on: a unique key decides who was
/// first.
fn refused_and_handled(flow: &Flow<'_, '_>, act: Uid) -> bool {
    fn within(flow: &Flow<'_, '_>, items: &[Item<'_>], act: Uid) -> bool {
        let Some(item) = items.iter().find(|item| holds(item, act)) else { return false };
        let here = match item {
            Item::Try(attempt) => {
                attempt.body.iter().any(|item| holds(item, act))
                    && attempt
                        .handlers
                        .iter()
                        .flat_map(|handler| handler.types)
                        .filter_map(|name| name.as_str().rsplit('.').next())
                        .any(names_a_conflict)
            }
            _ => false,
        };
        let handled = match item {
            Item::Try(attempt) => {
                attempt.handlers.iter().any(|handler| within(flow, &handler.body, act))
            }
            _ => false,
        };
        here || handled || flow.own_blocks(item).into_iter().any(|block| within(flow, block, act))
    }
    within(flow, &flow.items, act)
}

/// Whether both participants write the same constant, whatever they have seen: nobody is told that it was first.
fn marks_alike(flow: &Flow<'_, '_>, found: &Found) -> bool {
    let stores = |thread: u8| {
        let mut own = found
            .witness
            .steps
            .iter()
            .filter(move |step| step.thread == thread && step.site == found.pair.act);
        own.any(|step| step.result == "stores the value")
    };
    found.other == Other::Same
        && found.harm.consequence == Consequence::DoubleWin
        && !found.pair.data
        && matches!(flow.event(found.pair.check).kind, EventKind::Read(_))
        && stores(0)
        && stores(1)
        && (straight(&flow.items, found.pair.act) && !leaves_between(flow, found.pair)
            || answers_with_the_row(flow, found.pair))
}

/// Whether a row that is there is changed whatever it says: both write what they would have written one after the
/// other, and nobody is turned away.
fn asks_nothing_of_the_row(flow: &Flow<'_, '_>, target: &Target, found: &Found) -> bool {
    let pair = found.pair;
    let there = matches!(found.witness.start.first(), Some(Cell::Live(_)));
    // Who takes it away has it for itself.
    let changes = matches!(&flow.event(pair.act).kind, EventKind::Act(act)
        if matches!(act.kind, ActKind::Update | ActKind::Insert | ActKind::Create));
    let set = match &flow.event(pair.act).kind {
        EventKind::Act(act) => act.fields.as_slice(),
        _ => &[],
    };
    let asked = |uid: Uid| match &flow.event(uid).kind {
        EventKind::Check(check) if check.what != CheckKind::Presence => {
            let here = flow.frame_of(uid) == flow.frame_of(pair.check);
            touches(flow, target, uid).is_some()
                && !(here && asks_other_fields(flow, pair, check, set))
        }
        _ => false,
    };
    found.other == Other::Same
        && found.harm.consequence == Consequence::DoubleWin
        && there
        && changes
        && !pair.data
        && matches!(flow.event(pair.check).kind, EventKind::Read(_))
        && !(pair.check..pair.act).any(asked)
}

/// Whether what is asked of a row are fields that nobody sets here: whose it is, and not what becomes of it.
fn asks_other_fields(flow: &Flow<'_, '_>, pair: Pair, check: &Check, set: &[Name]) -> bool {
    let EventKind::Read(read) = &flow.event(pair.check).kind else { return false };
    let function = flow.tree.function(flow.frames[flow.frame_of(pair.check) as usize].func);
    let mut asked = Vec::new();
    let mut left = vec![check.result];
    let mut seen = FxHashSet::default();
    while let Some(value) = left.pop() {
        match &function.value(value).kind {
            _ if !seen.insert(value) => {}
            ValueKind::Field(row, field) if *row == read.result => asked.push(*field),
            // The row as a whole says all there is of it.
            _ if value == read.result => return false,
            kind => left.extend(kind.inputs()),
        }
    }
    !set.is_empty()
        && !asked.is_empty()
        && !asked.iter().any(|field| set.contains(field))
        && !read.key.value.is_some_and(|key| asks_for_a_state(function, key))
}

/// Whether a query has a constant among its filters: rows that are free, and not the row of this number.
fn asks_for_a_state(function: &Function, key: ValueId) -> bool {
    match &function.value(key).kind {
        ValueKind::Tuple(filters) => filters.iter().any(|part| asks_for_a_state(function, *part)),
        ValueKind::Literal(_) | ValueKind::Named(_) => true,
        ValueKind::Field(of, _) => asks_for_a_state(function, *of),
        ValueKind::Load(path) => matches!(path.root, Root::Global(_)),
        _ => false,
    }
}

/// Whether all that is answered is the row, which says of itself how it is.
fn answers_with_the_row(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let own = |(value, at)| flow.deps(at, value, None).events.contains(&pair.check);
    let answers = flow.returned(0, 0);
    !answers.is_empty() && !leaves_between(flow, pair) && answers.into_iter().all(own)
}

/// Whether one way ends between the look and the act: who got there too late is told so.
fn leaves_between(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    (pair.check..pair.act).any(|uid| {
        matches!(flow.event(uid).kind, EventKind::Return(_) | EventKind::Raise(_))
            && flow.frame_of(uid) == 0
    })
}

/// Whether a function is given its session and leaves the end of the transaction to whoever gave it.
fn works_for_a_caller(flow: &Flow<'_, '_>) -> bool {
    let given = flow.tree.function(flow.entry).params.iter().any(|param| {
        let named = |name: &str| name.to_ascii_lowercase().ends_with("session");
        let ty = param.type_ref.as_ref();
        named(param.name.as_str()) || ty.is_some_and(|ty| named(ty.name.as_str()))
    });
    let ends = |uid: Uid| matches!(flow.event(uid).kind, EventKind::TxEnd(_));
    given && !flow.uids().any(ends)
}
