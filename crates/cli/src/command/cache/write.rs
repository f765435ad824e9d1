//! The verbs that store, change or remove one entry.

use std::io::Read as _;
use std::time::Duration;

use amorsize_cache::ops::write::{Put, Refusal, Written};
use amorsize_cache::{Cache, Key};
use amorsize_finding::ExitCode;
use serde_json::json;

use super::args::{KeyArgs, ValueArgs};
use super::key;
use super::open::failure;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::units;

/// The longest value read from standard input.
const VALUE_BYTES_MAX: u64 = 256 << 20;

/// Under which condition a value is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Whatever is there.
    Always,
    /// Only if nothing live is there.
    Absent,
    /// Only if something live is there.
    Present,
}

/// Stores a value.
pub(super) fn store_value(
    store: &Cache,
    when: When,
    args: ValueArgs,
    format: Format,
    context: &Context,
) -> Outcome {
    let key = key::from_words(&args.key)?;
    let value = match args.value {
        Some(text) => text.into_bytes(),
        None => read_value()?,
    };
    let how = Put { ttl: ttl(args.ttl.as_deref(), context)?, fmt: args.fmt, ..Put::default() };
    let written = match when {
        When::Always => store.put(&key, &value, &how),
        When::Absent => store.add(&key, &value, &how),
        When::Present => store.replace(&key, &value, &how),
    };
    answer(&key, &written.map_err(failure)?, format, context)
}

/// Lets a live entry live longer.
pub(super) fn touch(
    store: &Cache,
    args: &KeyArgs,
    span: Option<&str>,
    format: Format,
    context: &Context,
) -> Outcome {
    let key = key::find(args, store.store())?;
    let written = store.touch(&key, ttl(span, context)?).map_err(failure)?;
    answer(&key, &written, format, context)
}

/// Adds to a whole number.
pub(super) fn incr(
    store: &Cache,
    args: &KeyArgs,
    by: i64,
    format: Format,
    context: &Context,
) -> Outcome {
    let key = key::find(args, store.store())?;
    let how = Put { ttl: ttl(None, context)?, ..Put::default() };
    let counted = store.incr(&key, by, &how).map_err(failure)?;
    match (counted.value, format) {
        (Some(value), Format::Text) => {
            context.output.line(value)?;
            Ok(ExitCode::Clean)
        }
        (Some(value), Format::Json) => {
            let schema = "amorsize-cache-incr/1";
            context
                .output
                .json(&json!({ "schema": schema, "key": key.to_string(), "value": value }))?;
            Ok(ExitCode::Clean)
        }
        (None, _) => answer(&key, &counted.written, format, context),
    }
}

/// Removes an entry.
pub(super) fn remove(store: &Cache, args: &KeyArgs, format: Format, context: &Context) -> Outcome {
    let key = key::find(args, store.store())?;
    let removed = store.remove(key.id()).map_err(failure)?;
    match format {
        Format::Text if removed.existed => context.output.line(format!("removed {key}"))?,
        Format::Text => context.output.line(format!("nothing live was there: {key}"))?,
        Format::Json => context.output.json(&json!({
            "schema": "amorsize-cache-remove/1", "key": key.to_string(), "existed": removed.existed,
            "t_ns": removed.t.ns(),
        }))?,
    }
    Ok(if removed.existed { ExitCode::Clean } else { ExitCode::Findings })
}

fn answer(key: &Key, written: &Written, format: Format, context: &Context) -> Outcome {
    let code = if written.stored().is_some() { ExitCode::Clean } else { ExitCode::Findings };
    match (written, format) {
        (Written::Stored(stored), Format::Text) => {
            context.output.line(format!("stored {key} (version {})", stored.generation.0))?;
        }
        (Written::Stored(stored), Format::Json) => context.output.json(&json!({
            "schema": "amorsize-cache-write/1", "key": key.to_string(), "stored": true,
            "gen": stored.generation.0, "created_ns": stored.created.ns(), "t_ns": stored.t.ns(),
        }))?,
        (Written::Refused { why, .. }, Format::Text) => {
            context.output.talk(format!("not stored: {}", refusal(why)));
        }
        (Written::Refused { why, t, .. }, Format::Json) => context.output.json(&json!({
            "schema": "amorsize-cache-write/1", "key": key.to_string(), "stored": false,
            "why": refusal(why), "t_ns": t.ns(),
        }))?,
    }
    Ok(code)
}

fn refusal(why: &Refusal) -> String {
    match why {
        Refusal::Exists => "something live is there already".to_owned(),
        Refusal::NotLive(reasons) => format!("nothing live is there: {reasons}"),
        Refusal::OtherGeneration => "the entry has another version".to_owned(),
        Refusal::LeaseLost => "the lease has ended".to_owned(),
        Refusal::NotANumber => "the value is not a whole number".to_owned(),
        Refusal::Overflow => "the sum does not fit in 64 bits".to_owned(),
    }
}

fn read_value() -> Result<Vec<u8>, Failure> {
    let mut value = Vec::new();
    std::io::stdin().lock().take(VALUE_BYTES_MAX + 1).read_to_end(&mut value)?;
    if value.len() as u64 > VALUE_BYTES_MAX {
        let most = units::show_bytes(VALUE_BYTES_MAX);
        return Err(Failure::cannot(format!("the value on standard input is larger than {most}")));
    }
    Ok(value)
}

/// The time to live: as given, else as set, else a week; `None` for ever.
fn ttl(given: Option<&str>, context: &Context) -> Result<Option<Duration>, Failure> {
    let text = given.or_else(|| context.settings.text("cache.ttl")).unwrap_or("7d");
    if text == "never" {
        return Ok(None);
    }
    let span = units::duration(text);
    span.map(Some).map_err(|why| Failure::cannot(format!("--ttl: {why}; or never")))
}
