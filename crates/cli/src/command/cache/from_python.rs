//! `import --from-python DIR`: the two folders of JSON files that the Python package of this name used to keep.
//!
//! One file is one entry and its name is the key. Ages, versions and machines are taken over as they stand there, so
//! an entry that was expired, of another version or of another machine is that here too, and a look-up says so.
//! Fields that this program does not know are kept. The folder is only read; a file that is no entry is named.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use amorsize_cache::{Key, Namespace};
use amorsize_os::machine::Machine;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// The kinds of entries: the folder, the namespace they get, the tolerance of the memory of their machine.
const KINDS: [Kind; 2] = [
    Kind { folder: "optimization_cache", namespace: "py-plan", memory: 0.25, is_plan: true },
    Kind { folder: "benchmark_cache", namespace: "py-bench", memory: 0.12, is_plan: false },
];
/// Seven days, which the entries never state.
const TTL_NS: u64 = 7 * 86_400 * 1_000_000_000;
/// An entry is about 400 bytes; whatever is larger than this is none.
const FILE_BYTES_MAX: u64 = 1 << 20;
const AHEAD_MAX_S: f64 = 86_400.0;

struct Kind {
    folder: &'static str,
    namespace: &'static str,
    memory: f64,
    is_plan: bool,
}

/// A file that was not taken over, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Left {
    pub(super) file: String,
    pub(super) why: String,
}

/// What a folder holds: an export of it, and what is left out.
#[derive(Debug, Default)]
pub(super) struct Folder {
    lines: BTreeMap<String, (f64, String, String)>,
    pub(super) left: Vec<Left>,
}

impl Folder {
    /// Reads the folder: the one above the two, or one of the two.
    pub(super) fn read(folder: &Path, now_s: f64) -> Result<Self, Failure> {
        let mut found = Self::default();
        let machine = Machine::read();
        let mut any = false;
        for kind in &KINDS {
            let inner = folder.join(kind.folder);
            let itself = folder.file_name().is_some_and(|name| name == kind.folder);
            let from = if itself { folder.to_path_buf() } else { inner };
            let Some(files) = files_of(&from)? else { continue };
            any = true;
            for file in files {
                found.take(kind, &file, now_s, &machine);
            }
        }
        if any {
            return Ok(found);
        }
        let names = KINDS.map(|kind| kind.folder).join(" and ");
        Err(Failure::cannot(format!("{} has neither {names}", folder.display()))
            .hint("name the folder above them, usually ~/.cache/amorsize"))
    }

    /// The export of what was found, for [`Cache::import`](amorsize_cache::Cache).
    pub(super) fn export(&self) -> String {
        let mut text = json!({ "schema": "amorsize-cache-export", "version": 1 }).to_string();
        for (_, _, line) in self.lines.values() {
            text.push('\n');
            text.push_str(line);
        }
        text.push('\n');
        text.push_str(&json!({ "entries": self.lines.len() }).to_string());
        text.push('\n');
        text
    }

    fn take(&mut self, kind: &Kind, file: &Path, now_s: f64, machine: &Machine) {
        let name = format!("{}/{}", kind.folder, file.file_name().unwrap_or_default().display());
        match entry_of(kind, file, now_s, machine) {
            Ok((key, created_s, line)) => {
                let key = key.to_name();
                let older = match self.lines.get(&key) {
                    // Two versions of one key: the later one is the entry, as it was the last to be asked for.
                    Some((other, _, _)) if *other >= created_s => Some(name.clone()),
                    Some((_, other, _)) => Some(other.clone()),
                    None => None,
                };
                if older.as_ref() != Some(&name) {
                    self.lines.insert(key, (created_s, name, line));
                }
                if let Some(file) = older {
                    self.left.push(Left { file, why: "a later entry has the same key".to_owned() });
                }
            }
            Err(why) => self.left.push(Left { file: name, why }),
        }
    }
}

/// The files of a folder by name; `None` when there is no such folder.
fn files_of(folder: &Path) -> Result<Option<Vec<PathBuf>>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::cannot(format!("could not read {}: {error}", folder.display()))
    };
    let listed = match std::fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in listed {
        files.push(entry.map_err(failed)?.path());
    }
    files.sort();
    Ok(Some(files))
}

/// The key, the time of making in seconds, and the line of an export; or what is wrong with the file.
fn entry_of(
    kind: &Kind,
    file: &Path,
    now_s: f64,
    machine: &Machine,
) -> Result<(Key, f64, String), String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).ok_or("its name is not text")?;
    if file.extension().is_none_or(|extension| extension != "json") {
        return Err("not an entry: its name does not end in .json".to_owned());
    }
    let mut fields = fields_of(file)?;
    let issues = issues_of(kind, &fields, now_s);
    if !issues.is_empty() {
        return Err(issues.join("; "));
    }
    let created_s = fields["timestamp"].as_f64().unwrap_or_default();
    let key = key_of(kind, stem).map_err(|error| format!("its name is no key: {error}"))?;
    fields.insert("cache_key".to_owned(), json!(stem));
    let fmt = fields.get("cache_version").and_then(Value::as_u64).unwrap_or(1);
    let name: Value = serde_json::from_str(&key.to_name()).map_err(|error| error.to_string())?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a time between the epoch and tomorrow"
    )]
    let created_ns = (created_s * 1e9) as u64;
    let line = json!({
        "key": name,
        "fmt": fmt,
        "created_ns": created_ns,
        "ttl_ns": TTL_NS,
        "cost_ns": 0,
        "fingerprint": fingerprint(kind, &fields["system_info"], machine),
        "text": Value::Object(fields).to_string(),
    });
    Ok((key, created_s, line.to_string()))
}

fn fields_of(file: &Path) -> Result<Map<String, Value>, String> {
    let told = |error: std::io::Error| format!("cannot be read: {error}");
    let opened = std::fs::File::open(file).map_err(told)?;
    if !opened.metadata().map_err(told)?.is_file() {
        return Err("not a file".to_owned());
    }
    let mut bytes = Vec::new();
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("larger than any entry ({FILE_BYTES_MAX} bytes)"));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err("empty: it was cut while it was written".to_owned());
    }
    match serde_json::from_slice(&bytes).map_err(|error| format!("not JSON: {error}"))? {
        Value::Object(fields) => Ok(fields),
        _ => Err("not an entry: no JSON object".to_owned()),
    }
}

/// What keeps the fields from being an entry.
fn issues_of(kind: &Kind, fields: &Map<String, Value>, now_s: f64) -> Vec<String> {
    type Check = fn(&Value) -> bool;
    let count: Check = |value| value.as_u64().is_some_and(|count| count >= 1);
    let number: Check = |value| value.as_f64().is_some_and(|number| number >= 0.0);
    let text: Check = Value::is_string;
    let texts: Check = |v| v.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    let executor: Check = |value| matches!(value.as_str(), Some("process" | "thread"));
    let object: Check = Value::is_object;
    let both: [(&str, Check); 4] =
        [("n_jobs", count), ("chunksize", count), ("timestamp", number), ("system_info", object)];
    let own: &[(&str, Check)] = if kind.is_plan {
        &[
            ("executor_type", executor),
            ("estimated_speedup", number),
            ("reason", text),
            ("warnings", texts),
        ]
    } else {
        &[("serial_time", number), ("parallel_time", number), ("actual_speedup", number)]
    };
    let mut issues = Vec::new();
    for (name, is_right) in both.iter().chain(own) {
        match fields.get(*name) {
            None => issues.push(format!("{name} is missing")),
            Some(value) if !is_right(value) => {
                issues.push(format!("{name} cannot be {}", short(value)));
            }
            Some(_) => {}
        }
    }
    if let Some(version) = fields.get("cache_version")
        && version.as_u64().is_none_or(|version| version > u64::from(u32::MAX))
    {
        issues.push(format!("cache_version cannot be {}", short(version)));
    }
    match fields.get("timestamp").and_then(Value::as_f64) {
        Some(at) if at > now_s + AHEAD_MAX_S => {
            issues.push(format!("its time {at} is in the future"));
        }
        Some(at) if at < 1e-9 => issues.push("its time is the beginning of time".to_owned()),
        _ => {}
    }
    issues
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// The key that a name stands for, in the parts the package takes it apart into.
fn key_of(kind: &Kind, name: &str) -> Result<Key, amorsize_cache::Error> {
    let namespace = Namespace::new(kind.namespace)?;
    let parts = if kind.is_plan { plan_parts(name) } else { bench_parts(name) };
    let Some((subject, parts)) = parts else { return Ok(Key::new(&namespace, name)) };
    let mut key = Key::new(&namespace, subject);
    for (part, value) in parts {
        key = key.part(part, value)?;
    }
    Ok(key)
}

type Parts<'a> = (&'a str, Vec<(&'static str, &'a str)>);

/// `func:HEX_size:BUCKET_time:BUCKET_v:1`, perhaps with options after it.
fn plan_parts(name: &str) -> Option<Parts<'_>> {
    let rest = name.strip_prefix("func:")?;
    let (hex, rest) = rest.split_once("_size:")?;
    let (size, rest) = rest.split_once("_time:")?;
    let (time, rest) = rest.split_once("_v:")?;
    let (version, options) = match rest.split_once('_') {
        Some((version, options)) => (version, Some(options)),
        None => (rest, None),
    };
    let (subject, code) = digits(hex)?;
    let words = [size, time];
    if words.iter().any(|word| word.is_empty() || !word.chars().all(is_word)) || !is_count(version)
    {
        return None;
    }
    let mut parts = vec![("code", code), ("items", size), ("item_time", time)];
    parts.extend(options.filter(|options| !options.is_empty()).map(|options| ("options", options)));
    Some((subject, parts))
}

/// `benchmark_HEX_SIZE_v1`, perhaps with a digest of the items before the version.
fn bench_parts(name: &str) -> Option<Parts<'_>> {
    let (rest, version) = name.strip_prefix("benchmark_")?.rsplit_once("_v")?;
    let mut words = rest.split('_');
    let (subject, code) = digits(words.next()?)?;
    let size = words.next()?;
    let inputs = words.next();
    if !is_count(version) || !is_count(size) || words.next().is_some() {
        return None;
    }
    let mut parts = vec![("code", code), ("items", size)];
    if let Some(inputs) = inputs {
        if inputs.is_empty() || !inputs.chars().all(is_hex) {
            return None;
        }
        parts.push(("inputs", inputs));
    }
    Some((subject, parts))
}

/// The first eight digits, which are the subject, and the others.
fn digits(hex: &str) -> Option<(&str, &str)> {
    (hex.len() >= 8 && hex.chars().all(is_hex)).then(|| hex.split_at(8))
}

const fn is_hex(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f')
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_count(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The machine an entry names, as a look-up of the package compares it.
fn fingerprint(kind: &Kind, info: &Value, machine: &Machine) -> Value {
    let mut fields = Map::new();
    let exact = |value: &Value| json!({ "value": value, "tolerance": "exact" });
    let ignored = |value: &Value| json!({ "value": value, "tolerance": "ignored" });
    if let Some(cores) = info.get("physical_cores").and_then(Value::as_f64) {
        fields.insert("physical_cores".to_owned(), exact(&json!(cores)));
    }
    for (name, field, made) in [
        ("start_method", "start_method", exact as fn(&Value) -> Value),
        ("platform", "platform", ignored),
        ("python_version", "python", ignored),
    ] {
        if let Some(value) = info.get(name).filter(|value| value.is_string()) {
            fields.insert(field.to_owned(), made(value));
        }
    }
    if let Some(then) = info.get("available_memory").and_then(Value::as_f64) {
        // What was free then is no measure of that machine, unless it is more than this one has in all.
        #[expect(clippy::cast_precision_loss, reason = "compared within a fifth")]
        let limit = machine
            .memory_total_bytes
            .unwrap_or(0)
            .max(machine.memory_headroom_bytes().unwrap_or(0)) as f64;
        let memory = if then > limit { then } else { limit };
        let tolerance = json!({ "ratio": kind.memory });
        fields.insert("memory".to_owned(), json!({ "value": memory, "tolerance": tolerance }));
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_as_the_package_does() {
        let (subject, parts) =
            plan_parts("func:0123456789abcdef_size:very_large_time:moderate_v:1").unwrap();
        assert_eq!(subject, "01234567");
        let wanted = [("code", "89abcdef"), ("items", "very_large"), ("item_time", "moderate")];
        assert_eq!(parts, wanted);
        let (_, parts) =
            plan_parts("func:0123456789abcdef_size:tiny_time:slow_v:1_opts-1").unwrap();
        assert_eq!(parts[3], ("options", "opts-1"));
        assert_eq!(plan_parts("func:xyz_size:tiny_time:slow_v:1"), None);
        assert_eq!(plan_parts("func:0123456789abcdef_size:_time:slow_v:1"), None);
        let (subject, parts) = bench_parts("benchmark_0123456789abcdef_1000_v1").unwrap();
        assert_eq!((subject, parts), ("01234567", vec![("code", "89abcdef"), ("items", "1000")]));
        assert_eq!(bench_parts("benchmark_0123456789abcdef_12_ab_cd_v1"), None);
    }
}
