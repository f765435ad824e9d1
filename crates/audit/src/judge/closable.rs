//! Entries that somebody has to close: a cached connection that is forgotten instead goes on in the
//! background, so that losing one costs more than getting it again.

use amorsize_facts::event::{Lang, Name, Step};

use crate::flow::Flow;
use crate::mutators::{Home, home_of};
use crate::slice::Target;

/// How the life of an entry is ended.
const ENDS: [&str; 3] = ["Close", "Stop", "Shutdown"];

/// Whether the entries of a map of Go are of a type of the tree that is closed when it is done with.
pub(super) fn has_to_be_closed(flow: &Flow<'_, '_>, target: &Target) -> bool {
    let tree = flow.tree;
    let Some((Home::Field(class, steps), _)) = home_of(flow, target) else { return false };
    let [Step::Field(field)] = steps.as_slice() else { return false };
    if tree.file(flow.entry).lang != Lang::Go {
        return false;
    }
    let held = tree.field_type(class, *field).and_then(|(file, of)| {
        let held = of.args.last().filter(|_| of.name == "map")?;
        tree.class_named(file, held.name)
    });
    held.is_some_and(|held| ENDS.iter().any(|end| tree.method(held, Name::new(end)).is_some()))
}
