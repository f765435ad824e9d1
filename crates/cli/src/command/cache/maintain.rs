//! The verbs that keep a store in order: prune, evict, forget, clear, warm, verify, repair.

use std::io::{BufRead as _, IsTerminal as _};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::ops::maintain::{Evict, Forget, Prune};
use amorsize_cache::store::{Problem, Scan};
use amorsize_cache::{Cache, Key, Reader, Time, Want};
use amorsize_finding::ExitCode;
use amorsize_os::clock::{Clock, SystemClock};
use serde_json::json;

use super::key;
use super::open::{Place, failure};
use super::read::with_schema;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::units::{self, count, show_bytes};

/// Drops the values of expired entries.
pub(super) fn prune(
    store: &Cache,
    namespace: Option<&str>,
    force: bool,
    format: Format,
    context: &Context,
) -> Outcome {
    // Somebody asks by hand, on a host whose clock they see: what has expired by now is what they mean.
    let margin = Duration::ZERO;
    let how = Prune { namespace: key::namespace_of(namespace)?, margin, force, ..Prune::default() };
    let pruned = store.prune(&how).map_err(failure)?;
    match format {
        Format::Text => context.output.line(format!(
            "pruned {}, as of {}; no answer has changed",
            count(pruned.pruned, "expired value", "expired values"),
            pruned.t
        ))?,
        Format::Json => context.output.json(&with_schema("amorsize-cache-prune/1", &pruned)?)?,
    }
    Ok(ExitCode::Clean)
}

/// Drops the least used values until the store is within a bound.
pub(super) fn evict(
    store: &Cache,
    max_size: Option<u64>,
    max_entries: Option<u64>,
    format: Format,
    context: &Context,
) -> Outcome {
    let bytes_max = match (max_size, max_entries) {
        (None, None) => {
            let set = context.settings.text("cache.max-size").unwrap_or("256MiB");
            Some(units::bytes(set).map_err(Failure::cannot)?)
        }
        (given, _) => given,
    };
    let how = Evict { bytes_max, entries_max: max_entries };
    let done = store.evict(&how).map_err(failure)?;
    match format {
        Format::Text => context.output.line(format!(
            "evicted {}: {} before, {} now",
            count(done.evicted, "value", "values"),
            show_bytes(done.bytes_before),
            show_bytes(done.bytes_after)
        ))?,
        Format::Json => context.output.json(&with_schema("amorsize-cache-evict/1", &done)?)?,
    }
    Ok(ExitCode::Clean)
}

/// Forgets old tombstones.
pub(super) fn forget(
    store: &Cache,
    older_than: Duration,
    format: Format,
    context: &Context,
) -> Outcome {
    let how = Forget { older_than, ..Forget::default() };
    let done = store.forget(&how).map_err(failure)?;
    match format {
        Format::Text => {
            let forgotten = count(done.forgotten, "tombstone", "tombstones");
            let absent = match done.floor.0 {
                0 => "still means never stored".to_owned(),
                floor => format!("now means not stored since {}", Time::from_ns(floor)),
            };
            context.output.line(format!("forgot {forgotten}; `absent` {absent}"))?;
        }
        Format::Json => context.output.json(&with_schema("amorsize-cache-forget/1", &done)?)?,
    }
    Ok(ExitCode::Clean)
}

/// Removes every entry of a namespace, or of all.
pub(super) fn clear(
    store: &Cache,
    namespace: Option<&str>,
    yes: bool,
    format: Format,
    context: &Context,
) -> Outcome {
    let namespace = key::namespace_of(namespace)?;
    let asks = !yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if asks && !is_confirmed(store, namespace.as_ref().map(|name| name.as_str()), context)? {
        return Err(Failure::cannot("nothing was removed"));
    }
    let cleared = store.clear(namespace.as_ref()).map_err(failure)?;
    match format {
        Format::Text => {
            let removed = count(cleared.cleared, "entry", "entries");
            context.output.line(format!("removed {removed}"))?;
        }
        Format::Json => context.output.json(&with_schema("amorsize-cache-clear/1", &cleared)?)?,
    }
    Ok(ExitCode::Clean)
}

fn is_confirmed(
    store: &Cache,
    namespace: Option<&str>,
    context: &Context,
) -> Result<bool, Failure> {
    let what = namespace.map_or_else(|| "every entry".to_owned(), |name| format!("all of {name}"));
    context.output.talk(format!("Remove {what} from {}? [y/N]", store.store().location()));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// Looks every entry up once, and says which would miss and why.
pub(super) fn warm(
    store: &dyn Reader,
    namespace: Option<&str>,
    format: Format,
    context: &Context,
) -> Outcome {
    let namespace = key::namespace_of(namespace)?;
    let prefix = namespace.as_ref().map(|namespace| namespace.prefix().to_vec());
    let scan = Scan { prefix: prefix.as_deref().unwrap_or_default(), with_bodies: false };
    let mut keys = Vec::new();
    store
        .scan(scan, &mut |row| {
            keys.extend(Key::from_name(&row.name).ok());
            ControlFlow::Continue(())
        })
        .map_err(failure)?;
    let missing = store.warm(&keys, &Want { skip_nearest: true, ..Want::default() });
    let warmed = keys.len() - missing.len();
    match format {
        Format::Text => {
            let are = count(warmed, "entry is", "entries are");
            context.output.line(format!("{are} in memory"))?;
            for nothing in &missing {
                context.output.line(format!("  {}: {}", nothing.key, nothing.reasons))?;
            }
        }
        Format::Json => {
            let missing: Vec<_> = missing
                .iter()
                .map(|nothing| {
                    let reasons = super::view::reasons_json(&nothing.reasons);
                    json!({ "key": nothing.key.to_string(), "reasons": reasons })
                })
                .collect();
            let schema = "amorsize-cache-warm/1";
            context
                .output
                .json(&json!({ "schema": schema, "warmed": warmed, "missing": missing }))?;
        }
    }
    Ok(ExitCode::Clean)
}

/// Checks the store and every entry.
pub(super) fn verify(store: &dyn Reader, format: Format, context: &Context) -> Outcome {
    let verified = store.verify().map_err(failure)?;
    let whole = verified.problems.is_empty();
    match format {
        Format::Text => {
            let found = verified.problems.len();
            let entries = count(verified.entries, "entry", "entries");
            context.output.line(format!("{entries} checked, {found} damaged"))?;
            print_problems(&verified.problems, context)?;
            if !whole {
                context.output.line("`amorsize cache repair` sets them aside")?;
            }
        }
        Format::Json => context.output.json(&with_schema("amorsize-cache-verify/1", &verified)?)?,
    }
    Ok(if whole { ExitCode::Clean } else { ExitCode::Findings })
}

/// Sets damaged entries aside.
pub(super) fn repair(store: &Cache, format: Format, context: &Context) -> Outcome {
    let repaired = store.repair().map_err(failure)?;
    match format {
        Format::Text => {
            let aside = repaired.set_aside.len();
            let entries = count(repaired.entries, "entry", "entries");
            context
                .output
                .line(format!("{entries} checked, {aside} damaged set aside, none deleted"))?;
            print_problems(&repaired.set_aside, context)?;
        }
        Format::Json => context.output.json(&with_schema("amorsize-cache-repair/1", &repaired)?)?,
    }
    Ok(ExitCode::Clean)
}

/// Builds a damaged store anew from what can be read of it.
pub(super) fn rebuild(place: &Place, format: Format, context: &Context) -> Outcome {
    let path = place.file().ok_or_else(|| {
        Failure::cannot("only an SQLite store has a file to rebuild")
            .hint("a server repairs its own files; `amorsize cache repair` checks the entries")
    })?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rebuilt = amorsize_cache::store::sqlite::rebuild(&path, &clock).map_err(failure)?;
    if format == Format::Json {
        context.output.json(&with_schema("amorsize-cache-rebuild/1", &rebuilt)?)?;
        return Ok(ExitCode::Clean);
    }
    context.output.line(format!(
        "{} taken over, {} damaged left behind; what else was there is said to be lost",
        count(rebuilt.kept, "entry", "entries"),
        rebuilt.left.len()
    ))?;
    print_problems(&rebuilt.left, context)?;
    context.output.line(format!("the old file is {}", rebuilt.old.display()))?;
    Ok(ExitCode::Clean)
}

/// Brings the store back to this clock.
pub(super) fn reset_clock(store: &Cache, format: Format, context: &Context) -> Outcome {
    let done = store.reset_clock().map_err(failure)?;
    if format == Format::Json {
        context.output.json(&with_schema("amorsize-cache-clock/1", &done)?)?;
        return Ok(ExitCode::Clean);
    }
    let out = &context.output;
    if done.after < done.before {
        out.line(format!("the store judged by {}; it judges by the clock again", done.before))?;
    } else {
        out.line("the store judges by this clock already")?;
    }
    out.line(format!(
        "{} entries claimed to be stored in the future; their age counts from now on",
        done.rejuvenated
    ))?;
    out.line(format!(
        "{} values had been pruned before their time; they are lost, and look-ups say why",
        done.pruned_early
    ))?;
    Ok(ExitCode::Clean)
}

fn print_problems(problems: &[Problem], context: &Context) -> Result<(), Failure> {
    for problem in problems {
        let id = problem.id.as_deref().map_or("the store", |id| id.get(..12).unwrap_or(id));
        let name = problem.name.as_deref().unwrap_or_default();
        context.output.line(format!("  {id}  {}  {name}", problem.what))?;
    }
    Ok(())
}
