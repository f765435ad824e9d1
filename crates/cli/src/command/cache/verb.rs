//! From the verb to the function that does it.

use crate::context::Context;
use crate::failure::Outcome;
use crate::output::Format;

use super::args::{Args, Verb};
use super::open::{self, Place};
use super::{maintain, read, transfer, write};

/// Runs one verb.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let place = Place::find(args.store.as_deref(), context)?;
    let format = args.format;
    if matches!(args.verb, Verb::Path) {
        return read::path(&place, format, context);
    }
    if matches!(args.verb, Verb::Repair { rebuild: true, .. }) {
        return maintain::rebuild(&place, format, context);
    }
    match args.verb {
        verb @ (Verb::Stats
        | Verb::List { .. }
        | Verb::Show { .. }
        | Verb::Why { .. }
        | Verb::Get { .. }
        | Verb::GetMany { .. }
        | Verb::Export { .. }
        | Verb::Warm { .. }
        | Verb::Verify) => look(verb, &place, format, context),
        verb => change(verb, &place, format, context),
    }
}

/// The verbs that cannot change anything.
fn look(verb: Verb, place: &Place, format: Format, context: &Context) -> Outcome {
    if let Verb::Get { key, want } = &verb
        && let Ok(cache) = open::to_write(place, context, "cache get")
    {
        // The one that may write also counts the answer and the use; where it may not, the answer is the same.
        return read::get(&read::Source::Counting(&cache), key, want, format, context);
    }
    let reader = open::to_read(place, context)?;
    let store = reader.store();
    match verb {
        Verb::Stats => read::stats(store, format, context),
        Verb::List { namespace, state, limit } => {
            let filter = read::Filter { namespace, state, limit };
            read::list(store, &filter, format, context)
        }
        Verb::Show { key } => read::show(store, &key, format, context),
        Verb::Why { key, want } => read::why(store, &key, &want, format, context),
        Verb::Get { key, want } => {
            read::get(&read::Source::Looking(store), &key, &want, format, context)
        }
        Verb::GetMany { namespace, want } => {
            read::get_many(store, &namespace, &want, format, context)
        }
        Verb::Export { file, namespace } => {
            transfer::export(store, &file, namespace.as_deref(), format, context)
        }
        Verb::Warm { namespace } => maintain::warm(store, namespace.as_deref(), format, context),
        Verb::Verify => maintain::verify(store, format, context),
        _ => read::path(place, format, context),
    }
}

/// The verbs that change the store.
fn change(verb: Verb, place: &Place, format: Format, context: &Context) -> Outcome {
    let name = format!("cache {}", verb.name());
    let cache = open::to_write(place, context, &name)?;
    if place.is_memory() {
        context.output.talk("note: what is stored in memory: ends with this command");
    }
    let store = &cache;
    match verb {
        Verb::Put { value } => {
            write::store_value(store, write::When::Always, value, format, context)
        }
        Verb::Add { value } => {
            write::store_value(store, write::When::Absent, value, format, context)
        }
        Verb::Replace { value } => {
            write::store_value(store, write::When::Present, value, format, context)
        }
        Verb::Touch { key, ttl } => write::touch(store, &key, ttl.as_deref(), format, context),
        Verb::Incr { key, by } => write::incr(store, &key, by, format, context),
        Verb::Remove { key } => write::remove(store, &key, format, context),
        Verb::Prune { namespace, force } => {
            maintain::prune(store, namespace.as_deref(), force, format, context)
        }
        Verb::Evict { max_size, max_entries } => {
            maintain::evict(store, max_size, max_entries, format, context)
        }
        Verb::Forget { older_than } => maintain::forget(store, older_than, format, context),
        Verb::Clear { namespace, yes } => {
            maintain::clear(store, namespace.as_deref(), yes, format, context)
        }
        Verb::Import { file, from_python, merge, dry_run } => {
            let from = transfer::Origin { file, python: from_python };
            transfer::import(store, &from, merge, dry_run, format, context)
        }
        Verb::Repair { clock: false, .. } => maintain::repair(store, format, context),
        Verb::Repair { clock: true, .. } => maintain::reset_clock(store, format, context),
        _ => read::path(place, format, context),
    }
}
