//! The verbs that only look: path, stats, list, show, why, get.

use std::io::BufRead as _;
use std::ops::ControlFlow;

use amorsize_cache::ops::inspect::Why;
use amorsize_cache::store::{Row, Scan};
use amorsize_cache::time::human;
use amorsize_cache::{Cache, Envelope, Key, Lookup, Reader, State, Time, Want};
use amorsize_finding::ExitCode;
use amorsize_report::table::{Column, Table};
use serde_json::{Value, json};

use super::args::{KeyArgs, WantArgs};
use super::open::{Place, failure};
use super::{key, life, view};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::units::show_bytes;

/// So often an entry is looked at again that others keep changing.
const LOOKS_MAX: usize = 10;

/// Prints where the store is.
pub(super) fn path(place: &Place, format: Format, context: &Context) -> Outcome {
    match format {
        Format::Text => context.output.line(place.shown())?,
        Format::Json => context.output.json(&json!({
            "schema": "amorsize-cache-path/1", "store": place.shown(), "origin": place.origin(),
        }))?,
    }
    Ok(ExitCode::Clean)
}

/// Prints the figures of the store.
pub(super) fn stats(store: &dyn Reader, format: Format, context: &Context) -> Outcome {
    let stats = store.stats().map_err(failure)?;
    if format == Format::Json {
        context.output.json(&with_schema("amorsize-cache-stats/1", &stats)?)?;
        return Ok(ExitCode::Clean);
    }
    let out = &context.output;
    out.line(format!("store  {}  ({} on disk)", stats.location, show_bytes(stats.store_bytes)))?;
    let mut table = Table::new([
        Column::left("namespace"),
        Column::right("live"),
        Column::right("expired"),
        Column::right("pruned"),
        Column::right("evicted"),
        Column::right("deleted"),
        Column::right("corrupt"),
        Column::right("values"),
    ]);
    let rows = stats.namespaces.iter().map(|(name, count)| (name.as_str(), count));
    for (name, count) in rows.chain([("all", &stats.total)]) {
        let numbers =
            [count.live, count.expired, count.pruned, count.evicted, count.deleted, count.corrupt];
        let cells = numbers.iter().map(u64::to_string);
        let cells = std::iter::once(name.to_owned()).chain(cells);
        table.push(cells.chain([show_bytes(count.body_bytes)]).collect::<Vec<_>>());
    }
    out.data(&table.render(None))?;
    if !stats.answers.is_empty() {
        let answers: Vec<String> =
            stats.answers.iter().map(|(word, count)| format!("{word} {count}")).collect();
        out.line(format!("answers so far: {}", answers.join(", ")))?;
    }
    out.line(horizon(stats.meta.floor.0))?;
    if let Some(skew) = stats.clock_skew_ns {
        let skew = human(std::time::Duration::from_nanos(skew));
        out.line(format!(
            "clock skew: something was stored or pruned {skew} ahead of this host's clock; if this clock is right, \
             `amorsize cache repair --clock` sets it right"
        ))?;
    }
    if stats.aside > 0 {
        out.line(format!("set aside as damaged: {}", stats.aside))?;
    }
    Ok(ExitCode::Clean)
}

fn horizon(floor: u64) -> String {
    match floor {
        0 => "horizon: nothing was ever forgotten, so `absent` means never stored".to_owned(),
        ns => format!(
            "horizon: what was stored before {} may have been forgotten or lost",
            Time::from_ns(ns)
        ),
    }
}

/// Which entries `list` shows.
pub(super) struct Filter {
    /// Only this namespace.
    pub(super) namespace: Option<String>,
    /// Only this state.
    pub(super) state: Option<String>,
    /// At most so many.
    pub(super) limit: usize,
}

/// After so many bytes the lines gathered are written.
const LINES_BLOCK: usize = 16 << 10;

const STATES: [&str; 6] = ["live", "expired", "pruned", "evicted", "deleted", "corrupt"];

/// One line of `list`.
struct Line {
    id: String,
    name: String,
    state: &'static str,
    created: Option<Time>,
    ttl_ns: Option<u64>,
    bytes: u64,
}

/// Lists the entries of one snapshot.
pub(super) fn list(
    store: &dyn Reader,
    filter: &Filter,
    format: Format,
    context: &Context,
) -> Outcome {
    if let Some(state) = &filter.state
        && !STATES.contains(&state.as_str())
    {
        return Err(Failure::cannot(format!("--state {state:?} is none of {}", STATES.join(", "))));
    }
    let namespace = key::namespace_of(filter.namespace.as_deref())?;
    let prefix = namespace.as_ref().map(|namespace| namespace.prefix().to_vec());
    let scan = Scan { prefix: prefix.as_deref().unwrap_or_default(), with_bodies: false };
    let mut rows = Vec::new();
    let scanned = store
        .scan(scan, &mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })
        .map_err(failure)?;
    let lines = rows.iter().map(|row| describe(row, scanned.t()));
    let wanted = |line: &Line| filter.state.as_ref().is_none_or(|state| line.state == state);
    let mut lines: Vec<Line> = lines.filter(wanted).collect();
    lines.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let left_out = lines.len().saturating_sub(filter.limit);
    lines.truncate(filter.limit);
    print_list(&lines, left_out, scanned.t(), format, context)
}

fn describe(row: &Row, t: Time) -> Line {
    let envelope = Envelope::decode(row.record.envelope.as_slice(), &row.id).ok();
    let envelope = envelope.filter(|_| row.damage.is_none());
    let state = match envelope.as_ref().map(|envelope| (envelope.state, envelope.is_expired(t))) {
        None => "corrupt",
        Some((State::Live, false)) => "live",
        Some((State::Live, true)) => "expired",
        Some((State::Pruned, _)) => "pruned",
        Some((State::Evicted, _)) => "evicted",
        Some((State::Deleted, _)) => "deleted",
    };
    let name =
        Key::from_name(&row.name).map_or_else(|_| row.name.to_string(), |key| key.to_string());
    Line {
        id: row.id.to_string(),
        name,
        state,
        created: envelope.as_ref().map(|envelope| envelope.created),
        ttl_ns: envelope.map(|envelope| envelope.ttl_ns).filter(|ttl| *ttl != u64::MAX),
        bytes: row.body_len,
    }
}

fn print_list(
    lines: &[Line],
    left_out: usize,
    t: Time,
    format: Format,
    context: &Context,
) -> Outcome {
    if format == Format::Json {
        let entries: Vec<Value> = lines
            .iter()
            .map(|line| {
                json!({
                    "id": line.id, "key": line.name, "state": line.state, "bytes": line.bytes,
                    "created_ns": line.created.map(Time::ns), "ttl_ns": line.ttl_ns,
                })
            })
            .collect();
        context.output.json(&json!({
            "schema": "amorsize-cache-list/1", "entries": entries, "left_out": left_out, "t_ns": t.ns(),
        }))?;
        return Ok(ExitCode::Clean);
    }
    let mut table = Table::new([
        Column::left("id"),
        Column::left("state"),
        Column::right("age"),
        Column::right("ttl"),
        Column::right("value"),
        Column::left("key"),
    ]);
    let digits = digits_apart(lines.iter().map(|line| line.id.as_str()).collect());
    for line in lines {
        let age = line.created.map_or_else(|| "?".to_owned(), |created| human(t.since(created)));
        table.push([
            line.id[..digits.min(line.id.len())].to_owned(),
            line.state.to_owned(),
            age,
            view::ttl(line.ttl_ns),
            show_bytes(line.bytes),
            line.name.clone(),
        ]);
    }
    if lines.is_empty() {
        context.output.line("no entries")?;
    } else {
        context.output.data(&table.render(None))?;
    }
    if left_out > 0 {
        context.output.line(format!("… and {left_out} more; --limit shows them"))?;
    }
    Ok(ExitCode::Clean)
}

/// How many digits tell these ids apart, so that what is shown can be typed. Keys of one subject begin alike.
fn digits_apart(mut ids: Vec<&str>) -> usize {
    const LEAST: usize = 12;
    ids.sort_unstable();
    let alike = |pair: &[&str]| {
        pair[0].bytes().zip(pair[1].bytes()).take_while(|(left, right)| left == right).count()
    };
    ids.windows(2).map(|pair| alike(pair) + 1).max().unwrap_or(0).max(LEAST)
}

/// Shows one entry: its record and its value.
pub(super) fn show(
    store: &dyn Reader,
    args: &KeyArgs,
    format: Format,
    context: &Context,
) -> Outcome {
    let key = key::find(args, store)?;
    let why = store.why(key.id(), &Want::default()).map_err(failure)?;
    let snapshot = store.read(key.id()).map_err(failure)?;
    let body = snapshot.record.as_ref().and_then(|record| record.body.clone());
    if format == Format::Json {
        let mut value = with_schema("amorsize-cache-show/1", &why)?;
        value["value"] = body.as_deref().map_or(Value::Null, view::value_json);
        context.output.json(&value)?;
    } else {
        context.output.data(&life::told(&key, &why, &WantArgs::default()))?;
        match body {
            Some(body) => context.output.line(format!("value     {}", view::value(&body)))?,
            None => {
                let why = why.reasons.as_ref().map_or_else(String::new, |why| format!(": {why}"));
                context.output.line(format!("value     none{why}"))?;
            }
        }
    }
    Ok(if why.record.is_some() { ExitCode::Clean } else { ExitCode::Findings })
}

/// Prints the whole life of a key and the decision a look-up comes to.
pub(super) fn why(
    store: &dyn Reader,
    args: &KeyArgs,
    want: &WantArgs,
    format: Format,
    context: &Context,
) -> Outcome {
    let key = key::find(args, store)?;
    let (why, lookup) = decided(store, &key, &as_want(want))?;
    if format == Format::Json {
        let mut value = with_schema("amorsize-cache-why/1", &why)?;
        value["key"] = json!(key.to_string());
        if let Lookup::Miss(miss) = &lookup {
            value["reasons"] = view::reasons_json(&miss.reasons);
        }
        context.output.json(&value)?;
        return Ok(ExitCode::Clean);
    }
    context.output.data(&life::decision(&lookup))?;
    context.output.data(&life::told(&key, &why, want))?;
    if let Lookup::Miss(miss) = &lookup {
        let word = miss.reasons.primary().word();
        context.output.line(format!("`amorsize explain {word}` says what that means"))?;
    }
    Ok(ExitCode::Clean)
}

/// The life of a key and a look-up of it, which also knows the nearest relative. They are two looks at the store: when
/// somebody has changed the entry in between, both are taken again, so that one page does not tell two stories.
fn decided(store: &dyn Reader, key: &Key, want: &Want) -> Result<(Why, Lookup), Failure> {
    let mut left = LOOKS_MAX;
    loop {
        let why = store.why(key.id(), want).map_err(failure)?;
        let lookup = store.get(key, want);
        left -= 1;
        let generation = why.record.as_ref().map(|record| record.generation);
        let is_same = lookup.word() == why.verdict && lookup.generation() == generation;
        if is_same || left == 0 {
            return Ok((why, lookup));
        }
    }
}

/// What a look-up asks.
pub(super) enum Source<'a> {
    /// A cache that also counts answers and uses.
    Counting(&'a Cache),
    /// A store that can only be looked into.
    Looking(&'a dyn Reader),
}

/// Prints the value, or says why there is none.
pub(super) fn get(
    source: &Source<'_>,
    args: &KeyArgs,
    want: &WantArgs,
    format: Format,
    context: &Context,
) -> Outcome {
    let lookup_of = |key: &Key| match source {
        Source::Counting(cache) => cache.get(key, &as_want(want)),
        Source::Looking(store) => store.get(key, &as_want(want)),
    };
    let key = match source {
        Source::Counting(cache) => key::find(args, cache.store())?,
        Source::Looking(store) => key::find(args, *store)?,
    };
    let lookup = lookup_of(&key);
    let code = match &lookup {
        Lookup::Hit(_) => ExitCode::Clean,
        Lookup::Miss(miss) if miss.reasons.has("unavailable") => ExitCode::CannotRun,
        Lookup::Miss(_) => ExitCode::Findings,
    };
    match (format, &lookup) {
        (Format::Json, Lookup::Hit(hit)) => {
            let mut value = with_schema("amorsize-cache-get/1", hit)?;
            value["verdict"] = json!("hit");
            value["key"] = json!(key.to_string());
            value["value"] = view::value_json(&hit.value);
            context.output.json(&value)?;
        }
        (Format::Json, Lookup::Miss(miss)) => {
            let mut value = with_schema("amorsize-cache-get/1", miss)?;
            value["verdict"] = json!(lookup.word());
            value["key"] = json!(key.to_string());
            value["reasons"] = view::reasons_json(&miss.reasons);
            context.output.json(&value)?;
        }
        (Format::Text, Lookup::Hit(hit)) => context.output.bytes(&hit.value)?,
        (Format::Text, Lookup::Miss(miss)) => {
            context.output.talk(format!("miss: {}", miss.reasons));
        }
    }
    Ok(code)
}

/// Looks up the subjects on standard input; one verdict a line, as tab-separated text or as JSON.
pub(super) fn get_many(
    store: &dyn Reader,
    namespace: &str,
    want: &WantArgs,
    format: Format,
    context: &Context,
) -> Outcome {
    let namespace = key::namespace(namespace)?;
    let want = Want { skip_nearest: true, ..as_want(want) };
    let mut code = ExitCode::Clean;
    let mut lines = String::new();
    for subject in std::io::stdin().lock().lines() {
        let key = Key::new(&namespace, subject?);
        let lookup = store.get(&key, &want);
        if lookup.word() != "hit" {
            code = ExitCode::Findings;
        }
        lines.push_str(&verdict_line(&key, &lookup, format)?);
        // Whole blocks are written, so that a reader of the pipe sees lines early and the writer is not slow.
        if lines.len() > LINES_BLOCK {
            context.output.data(&std::mem::take(&mut lines))?;
        }
    }
    context.output.data(&lines)?;
    Ok(code)
}

fn verdict_line(key: &Key, lookup: &Lookup, format: Format) -> Result<String, Failure> {
    let subject = key.subject().to_string();
    match (format, lookup) {
        (Format::Text, Lookup::Hit(hit)) => {
            Ok(format!("hit\t{subject}\t{}\n", view::value(&hit.value).escape_debug()))
        }
        (Format::Text, Lookup::Miss(miss)) => {
            Ok(format!("{}\t{subject}\t{}\n", lookup.word(), miss.reasons))
        }
        (Format::Json, Lookup::Hit(hit)) => {
            let mut value = with_schema("amorsize-cache-get/1", hit)?;
            value["verdict"] = json!("hit");
            value["subject"] = json!(subject);
            value["value"] = view::value_json(&hit.value);
            Ok(format!("{value}\n"))
        }
        (Format::Json, Lookup::Miss(miss)) => {
            let mut value = with_schema("amorsize-cache-get/1", miss)?;
            value["verdict"] = json!(lookup.word());
            value["subject"] = json!(subject);
            value["reasons"] = view::reasons_json(&miss.reasons);
            Ok(format!("{value}\n"))
        }
    }
}

fn as_want(args: &WantArgs) -> Want {
    Want { fmt: args.fmt, max_age: args.max_age, fingerprint: None, skip_nearest: false }
}

/// A value as JSON with the name of its schema first.
pub(super) fn with_schema<T: serde::Serialize>(schema: &str, value: &T) -> Result<Value, Failure> {
    let mut value = serde_json::to_value(value)
        .map_err(|error| Failure::bug(&format!("could not write JSON: {error}")))?;
    value["schema"] = json!(schema);
    Ok(value)
}
