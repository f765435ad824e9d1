//! Export and import, as lines of JSON.
//!
//! The first line names the format, each further line is one whole entry with its key and machine, the last line counts
//! them and carries a digest of them. An import checks every line before it writes any, and then writes all in one
//! step. It trusts nothing in the file: ids are computed from the keys' parts, versions and checksums are made anew,
//! times have to be possible, and values of the product's own namespaces have to be valid records. There is no path
//! in the format.

use std::collections::BTreeSet;
use std::io::{BufRead, Read as _, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::envelope::{Cause, Envelope, State, bound_sum};
use crate::error::{Error, Kind, Result};
use crate::fingerprint::{Fingerprint, SideId};
use crate::judge::{Sides as _, live, readable};
use crate::key::{Key, Namespace, hex, unhex};
use crate::store::{Actor, BodyEdit, Change, Edit, Reader, Row, Scan, Snapshot, Store, Target};
use crate::time::Time;

use super::inspect::{SidesOf, prefix_of, problem_of};
use super::write::{BODY_BYTES_MAX, next_generation, release_if_held, unreadable};

const SCHEMA: &str = "amorsize-cache-export";
const VERSION: u32 = 1;
/// Longest line of an import.
const LINE_BYTES_MAX: u64 = 2 * BODY_BYTES_MAX as u64 + (1 << 20);
/// Most entries of one import.
const ENTRIES_MAX: usize = 5_000_000;
/// An entry that claims to be made later than this from now is not believed.
const AHEAD_MAX: Duration = Duration::from_hours(24);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    schema: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    entries: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    digest: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: serde_json::Value,
    fmt: u32,
    created_ns: u64,
    ttl_ns: Option<u64>,
    #[serde(default)]
    cost_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fingerprint: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    hex: Option<String>,
}

/// What an export wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Exported {
    /// Whole entries written.
    pub entries: u64,
    /// Damaged entries left out; `verify` names them.
    pub damaged: u64,
}

/// Writes whole entries; see [`Reader::export`].
pub(crate) fn export<R: Reader + ?Sized>(
    store: &R,
    namespace: Option<&Namespace>,
    to: &mut dyn Write,
) -> Result<Exported> {
    let mut exported = Exported::default();
    let mut digest = blake3::Hasher::new();
    let mut failed = write_line(to, &Header { schema: SCHEMA.to_owned(), version: VERSION }).err();
    let prefix = prefix_of(namespace);
    let scan = Scan { prefix: &prefix, with_bodies: true };
    store.scan(scan, &mut |row| {
        if failed.is_some() {
            return ControlFlow::Break(());
        }
        match line_of(store, &row) {
            Ok(Some(line)) => match write_line(to, &line) {
                Ok(text) => {
                    digest.update(text.as_bytes());
                    exported.entries += 1;
                }
                Err(error) => failed = Some(error),
            },
            Ok(None) => {}
            Err(_) => exported.damaged += 1,
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let digest = Some(hex(&digest.finalize().as_bytes()[..16]));
    write_line(to, &Footer { entries: exported.entries, digest })?;
    to.flush().map_err(|error| Kind::System.from(format!("write the export: {error}"), error))?;
    Ok(exported)
}

fn write_line(to: &mut dyn Write, line: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string(line).expect("lines have only strings and numbers");
    text.push('\n');
    to.write_all(text.as_bytes())
        .map_err(|error| Kind::System.from(format!("write the export: {error}"), error))?;
    Ok(text)
}

/// The line of a row; `None` for a tombstone, an error for a damaged entry.
fn line_of<R: Reader + ?Sized>(store: &R, row: &Row) -> Result<Option<Line>, String> {
    if let Some(what) = problem_of(row) {
        return Err(what);
    }
    let envelope = Envelope::decode(row.record.envelope.as_slice(), &row.id)
        .map_err(|what| what.to_string())?;
    let Some(body) = row.record.body.as_ref().filter(|_| envelope.state == State::Live) else {
        return Ok(None);
    };
    let fingerprint = SidesOf(store)
        .text(envelope.fingerprint)
        .and_then(|text| Fingerprint::from_side(&text).ok());
    if fingerprint.is_none() && !envelope.fingerprint.is_none() {
        return Err("the machine it was computed on is not known any more".to_owned());
    }
    let text = std::str::from_utf8(body).ok().map(ToOwned::to_owned);
    let hex = if text.is_none() { Some(hex(body)) } else { None };
    Ok(Some(Line {
        key: serde_json::from_str(&row.name).map_err(|error| error.to_string())?,
        fmt: envelope.fmt,
        created_ns: envelope.created.ns(),
        ttl_ns: (envelope.ttl_ns != u64::MAX).then_some(envelope.ttl_ns),
        cost_ns: envelope.cost_ns,
        fingerprint,
        text,
        hex,
    }))
}

/// What happens to an imported entry whose key is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    /// The live entry that is there stays.
    #[default]
    Skip,
    /// The imported one replaces it.
    Overwrite,
    /// The one that was stored later stays.
    Newer,
}

/// How to import.
///
/// ```
/// use amorsize_cache::{Cache, Import, Key, Namespace, Options, Put, Want};
///
/// # fn main() -> amorsize_cache::Result<()> {
/// let (from, to) = (Cache::open("memory:", &Options::default())?, Cache::open("memory:", &Options::default())?);
/// let key = Key::new(&Namespace::new("mine")?, "answer");
/// from.put(&key, b"42", &Put::default())?;
/// let mut lines = Vec::new();
/// from.reader().export(None, &mut lines)?;
/// assert_eq!(to.import(&mut &lines[..], &Import::default())?.stored, 1);
/// assert_eq!(to.get(&key, &Want::default()).word(), "hit");
/// let cut = &lines[..lines.len() / 2];
/// assert!(to.import(&mut &cut[..], &Import::default()).is_err()); // all or nothing
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// What to do about keys that are there.
    pub merge: Merge,
    /// Check everything and write nothing.
    pub dry_run: bool,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Imported {
    /// Entries in the file.
    pub entries: usize,
    /// Those that were stored.
    pub stored: usize,
    /// Those that were left out for an entry that is there.
    pub kept: usize,
}

struct Entry {
    key: Key,
    envelope: Envelope,
    body: Arc<[u8]>,
    fingerprint: Option<Fingerprint>,
}

/// Takes over an export; see [`Store::import`].
pub(crate) fn import<S: Store + ?Sized>(
    store: &S,
    from: &mut dyn BufRead,
    how: &Import,
) -> Result<Imported> {
    let t = store.meta()?.t();
    let entries = read_entries(from, t)?;
    let targets: Vec<Target<'_>> = entries.iter().map(|entry| Target::Key(&entry.key)).collect();
    let mut is_stored = vec![false; entries.len()];
    if how.dry_run {
        for (entry, is_stored) in entries.iter().zip(&mut is_stored) {
            let snapshot = store.read(entry.key.id())?;
            *is_stored = !merge(entry, &snapshot, how.merge, store.actor()).is_none();
        }
    } else {
        store.transact(&targets, how.merge == Merge::Skip, &mut |at, snapshot| {
            let change = merge(&entries[at], snapshot, how.merge, store.actor());
            is_stored[at] = !change.is_none();
            change
        })?;
    }
    let stored = is_stored.iter().filter(|stored| **stored).count();
    Ok(Imported { entries: entries.len(), stored, kept: entries.len() - stored })
}

fn merge(entry: &Entry, snapshot: &Snapshot, merge: Merge, actor: &Actor) -> Change {
    let id = entry.key.id();
    let keeps = match merge {
        Merge::Overwrite => false,
        Merge::Skip => live(id, snapshot).is_some(),
        Merge::Newer => readable(id, snapshot)
            .is_some_and(|there| there.created.max(there.ended) >= entry.envelope.created),
    };
    if keeps {
        return Change::none();
    }
    let generation = next_generation(id, snapshot);
    let envelope = Envelope { generation, stored_by: actor.storer_id(), ..entry.envelope };
    let machine = entry.fingerprint.as_ref().map(Fingerprint::to_side);
    Change {
        aside: unreadable(id, snapshot),
        edit: Edit::Write { envelope, body: BodyEdit::Set(Arc::clone(&entry.body)) },
        lease: release_if_held(snapshot),
        sides: machine.into_iter().chain([actor.storer().clone()]).collect(),
        ..Change::none()
    }
}

/// Reads and checks a whole export.
fn read_entries(from: &mut dyn BufRead, t: Time) -> Result<Vec<Entry>> {
    let mut lines = Lines { from, number: 0 };
    let first = lines.next()?.ok_or_else(|| lines.refuse("the file is empty"))?;
    let header: Header = serde_json::from_str(&first).map_err(|error| {
        let why = parse_words(&error, &first);
        lines.refuse(&format!("not an export of this product: {why}"))
    })?;
    if header.schema != SCHEMA {
        return Err(lines.refuse(&format!("its schema is {:?}, not {SCHEMA:?}", header.schema)));
    }
    if header.version != VERSION {
        let what = format!("its version is {}; this program reads {VERSION}", header.version);
        return Err(lines.refuse(&what));
    }
    let (mut entries, mut ids) = (Vec::new(), BTreeSet::new());
    let mut digest = blake3::Hasher::new();
    loop {
        let Some(text) = lines.next()? else {
            return Err(lines.refuse("the last line is missing: the file was cut"));
        };
        if let Ok(footer) = serde_json::from_str::<Footer>(&text) {
            check_footer(&footer, entries.len(), &digest).map_err(|what| lines.refuse(&what))?;
            return match lines.next()? {
                None => Ok(entries),
                Some(_) => Err(lines.refuse("there is more after the last line")),
            };
        }
        digest.update(text.as_bytes());
        let entry = parse_entry(&text, t).map_err(|what| lines.refuse(&what))?;
        if !ids.insert(*entry.key.id()) {
            return Err(lines.refuse(&format!("the key {} is there twice", entry.key)));
        }
        if entries.len() >= ENTRIES_MAX {
            return Err(lines.refuse(&format!("there are more than {ENTRIES_MAX} entries")));
        }
        entries.push(entry);
    }
}

fn check_footer(footer: &Footer, entries: usize, digest: &blake3::Hasher) -> Result<(), String> {
    if footer.entries != entries as u64 {
        return Err(format!("it counts {} entries, and {entries} are there", footer.entries));
    }
    let found = hex(&digest.finalize().as_bytes()[..16]);
    match &footer.digest {
        Some(stated) if *stated != found => {
            Err("the digest does not match: the file was changed after it was exported".to_owned())
        }
        _ => Ok(()),
    }
}

fn parse_entry(text: &str, t: Time) -> Result<Entry, String> {
    let line: Line = serde_json::from_str(text).map_err(|error| parse_words(&error, text))?;
    let key = Key::from_name(&line.key.to_string()).map_err(|error| error.to_string())?;
    let body: Arc<[u8]> = match (line.text, line.hex) {
        (Some(text), None) => text.into_bytes().into(),
        (None, Some(digits)) => {
            unhex(&digits).ok_or("`hex` has something else than digits")?.into()
        }
        _ => return Err("exactly one of `text` and `hex` is needed".to_owned()),
    };
    if body.len() > BODY_BYTES_MAX {
        return Err(format!("the value is larger than {BODY_BYTES_MAX} bytes"));
    }
    let created = Time::from_ns(line.created_ns);
    if created > t.plus(AHEAD_MAX) || created == Time::EPOCH {
        return Err(format!("`created_ns` is {created}, which cannot be: it is {t}"));
    }
    crate::spaces::check(&key, line.fmt, &body, t)?;
    let envelope = Envelope {
        state: State::Live,
        cause: Cause::None,
        fmt: line.fmt,
        created: created.min(t),
        ttl_ns: line.ttl_ns.unwrap_or(u64::MAX),
        cost_ns: line.cost_ns,
        fingerprint: line.fingerprint.as_ref().map_or(SideId::NONE, Fingerprint::id),
        body_sum: bound_sum(&body, key.id()),
        body_len: u32::try_from(body.len()).map_err(|error| error.to_string())?,
        ..Envelope::EMPTY
    };
    let fingerprint = line.fingerprint.filter(|fingerprint| !fingerprint.id().is_none());
    Ok(Entry { key, envelope, body, fingerprint })
}

/// What is wrong with the JSON of one line: the field it is about, and where in the line.
fn parse_words(error: &serde_json::Error, line: &str) -> String {
    let (said, column) = (error.to_string(), error.column());
    let what = said.split(" at line ").next().unwrap_or(&said);
    let before = line.get(..column.min(line.len())).unwrap_or(line);
    let field = before.rfind("\":").and_then(|end| before[..end].rsplit('"').next());
    match field {
        Some(field) if error.is_data() && !what.contains("field `") => {
            format!("`{field}`: {what} (column {column})")
        }
        _ => format!("{what} (column {column})"),
    }
}

/// Lines of bounded length, counted for messages.
struct Lines<'a> {
    from: &'a mut dyn BufRead,
    number: u64,
}

impl Lines<'_> {
    /// The next line with its line end; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<String>> {
        self.number += 1;
        let mut bytes = Vec::new();
        let read = self
            .from
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| Kind::System.from(format!("read the import: {error}"), error))?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == LINE_BYTES_MAX {
            return Err(self.refuse("the line is too long"));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| self.refuse("the line is not UTF-8"))
    }

    fn refuse(&self, what: &str) -> Error {
        Kind::Import.because(format!("line {}: {what}; nothing was imported", self.number))
    }
}
