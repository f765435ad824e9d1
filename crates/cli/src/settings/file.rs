//! Finding settings files, reading them and laying one over its base.
//!
//! A file is opened, never asked for first: the one that opens is the one that is read.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::resolved::Origin;
use super::table::SETTINGS;
use crate::failure::Failure;
use crate::nearest::nearest as nearest_word;

/// Larger than any honest settings file.
const SIZE_MOST: u64 = 1 << 20;
/// How many bases may follow one another.
const BASES_MOST: usize = 8;

type Values = BTreeMap<&'static str, (toml::Value, Origin)>;

/// The text of a settings file and the place it came from.
#[derive(Debug)]
pub(super) struct Found {
    path: PathBuf,
    text: String,
    /// Whether the settings stand in `[tool.amorsize]`.
    nested: bool,
}

/// Reads a file that somebody named: it must be there.
pub(super) fn read_named(path: &Path) -> Result<Found, Failure> {
    open(path)?.ok_or_else(|| Failure::cannot(format!("no settings file at {}", path.display())))
}

/// The nearest settings file from `start` upwards.
pub(super) fn nearest(start: &Path) -> Result<Option<Found>, Failure> {
    for directory in start.ancestors() {
        for name in ["amorsize.toml", ".amorsize.toml", "pyproject.toml"] {
            let Some(found) = open(&directory.join(name))? else { continue };
            if !found.nested || found.text.contains("tool.amorsize") {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// The values of a file laid over those of the files it extends.
pub(super) fn with_bases(found: Found) -> Result<Values, Failure> {
    let mut values = Values::new();
    let mut next = Some(found);
    for _ in 0..BASES_MOST {
        let Some(found) = next.take() else { return Ok(values) };
        let (own, base) = read_values(&found)?;
        for (name, value) in own {
            values.entry(name).or_insert(value);
        }
        next = match base {
            Some((base, line)) => {
                let path = found.path.with_file_name(base);
                let opened = open(&path)?;
                Some(opened.ok_or_else(|| {
                    found.at(line, &format!("extend: there is no {}", path.display()))
                })?)
            }
            None => None,
        };
    }
    match next {
        None => Ok(values),
        Some(found) => Err(Failure::cannot(format!(
            "{}: more than {BASES_MOST} files extend one another",
            found.path.display()
        ))
        .hint("look for a loop among the `extend` lines")),
    }
}

fn open(path: &Path) -> Result<Option<Found>, Failure> {
    let bytes = match amorsize_os::files::read_bounded(path, SIZE_MOST) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.io_kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Failure::cannot(format!("{}: byte {place} is not UTF-8", path.display()))
    })?;
    let nested = path.file_name().is_some_and(|name| name == "pyproject.toml");
    Ok(Some(Found { path: path.to_path_buf(), text, nested }))
}

/// The values a file sets itself, and the name of the file it extends.
fn read_values(found: &Found) -> Result<(Values, Option<(String, usize)>), Failure> {
    let document = DeTable::parse(&found.text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let column = column_of(&found.text, at);
        found.at(line_of(&found.text, at), &format!("column {column}: {}", error.message()))
    })?;
    let plain: toml::Table = found
        .text
        .parse()
        .map_err(|error| Failure::cannot(format!("{}: {error}", found.path.display())))?;
    let mut reader = Reader { found, values: Values::new(), base: None };
    if found.nested {
        let ours = document.get_ref().get("tool").and_then(|tool| tool.get_ref().get("amorsize"));
        let plain = plain.get("tool").and_then(|tool| tool.get("amorsize"));
        if let (Some(DeValue::Table(table)), Some(toml::Value::Table(plain))) =
            (ours.map(toml::Spanned::get_ref), plain)
        {
            reader.read_table("", table, plain)?;
        }
    } else {
        reader.read_table("", document.get_ref(), &plain)?;
    }
    Ok((reader.values, reader.base))
}

struct Reader<'a> {
    found: &'a Found,
    values: Values,
    /// The file it extends, and the line that says so.
    base: Option<(String, usize)>,
}

impl Reader<'_> {
    /// Walks the table twice in step: `table` knows the lines, `plain` has the values.
    fn read_table(
        &mut self,
        prefix: &str,
        table: &DeTable<'_>,
        plain: &toml::Table,
    ) -> Result<(), Failure> {
        for (key, value) in table {
            let line = line_of(&self.found.text, key.span().start);
            let name = format!("{prefix}{}", key.get_ref());
            if name == "extend" {
                let DeValue::String(base) = value.get_ref() else {
                    return Err(self.at(line, "extend: the name of a file is wanted"));
                };
                self.base = Some((base.to_string(), line));
                continue;
            }
            if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
                let Some(plain) = plain.get(key.get_ref().as_ref()) else { continue };
                let checked = setting.kind.check(plain);
                checked
                    .map_err(|why| self.at(line, &format!("{name}: {why}")).hint(setting.help))?;
                let origin = Origin::File(self.found.path.clone(), line);
                self.values.insert(setting.name, (plain.clone(), origin));
                continue;
            }
            let below = format!("{name}.");
            match (value.get_ref(), plain.get(key.get_ref().as_ref())) {
                (DeValue::Table(inner), Some(toml::Value::Table(plain)))
                    if SETTINGS.iter().any(|setting| setting.name.starts_with(&below)) =>
                {
                    self.read_table(&below, inner, plain)?;
                }
                _ => return Err(self.unknown(line, &name)),
            }
        }
        Ok(())
    }

    fn unknown(&self, line: usize, name: &str) -> Failure {
        let failure = self.at(line, &format!("unknown setting `{name}`"));
        match nearest_word(name, SETTINGS.iter().map(|setting| setting.name)) {
            Some(known) => failure.hint(format!("did you mean `{known}`?")),
            None => failure.hint("`amorsize config` lists every setting"),
        }
    }

    fn at(&self, line: usize, what: &str) -> Failure {
        self.found.at(line, what)
    }
}

impl Found {
    /// What is wrong with a line of it.
    fn at(&self, line: usize, what: &str) -> Failure {
        Failure::cannot(format!("{}:{line}: {what}", self.path.display()))
    }
}

fn column_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset.min(text.len())).unwrap_or_default();
    before.rsplit('\n').next().unwrap_or_default().chars().count() + 1
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}
