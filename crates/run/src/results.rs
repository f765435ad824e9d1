//! One folder an item, which appears whole or not at all.
//!
//! `DIR/NUMBER/` holds `stdout`, `stderr` and `item.json`. It is made under another name and renamed, so whoever sees
//! it sees all of it. A folder of another item that has the same number (a list in another order) is left alone.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::journal::key_text;
use crate::outcome::{Outcome, seconds};

#[derive(Serialize, Deserialize)]
struct About {
    key: String,
    items: Vec<String>,
    exit: Option<i32>,
    signal: Option<i32>,
    wall: f64,
    command: String,
}

/// The folder of all results.
#[derive(Debug)]
pub struct Results {
    directory: PathBuf,
}

/// A result that is being written.
#[derive(Debug)]
pub struct Unfinished {
    directory: PathBuf,
    stdout: BufWriter<File>,
    stderr: BufWriter<File>,
}

/// Which of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamKind {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

impl Results {
    /// Makes the folder if need be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory)
            .map_err(|e| Error::file(Kind::Environment, "make the results folder", directory, e))?;
        Ok(Self { directory: directory.to_path_buf() })
    }

    /// Begins the result of a process.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn begin(&self, outcome: &Outcome) -> Result<Unfinished> {
        let pid = std::process::id();
        let directory = self.directory.join(format!(".{}-{pid}", outcome.ordinal));
        let make = || -> io::Result<Unfinished> {
            match fs::create_dir(&directory) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    // Left behind by a run that was killed and had our process number.
                    fs::remove_dir_all(&directory)?;
                    fs::create_dir(&directory)?;
                }
                other => other?,
            }
            let stdout = BufWriter::new(File::create(directory.join("stdout"))?);
            let stderr = BufWriter::new(File::create(directory.join("stderr"))?);
            Ok(Unfinished { directory: directory.clone(), stdout, stderr })
        };
        make().map_err(|e| Error::file(Kind::Environment, "write the results in", &directory, e))
    }

    /// Publishes a result.
    ///
    /// # Errors
    /// When it cannot be written or renamed.
    pub fn finish(&self, result: Unfinished, outcome: &Outcome, command: &str) -> Result<()> {
        let directory = result.directory.clone();
        self.publish(result, outcome, command)
            .map_err(|e| Error::file(Kind::Environment, "write the results in", &directory, e))
    }

    fn publish(&self, result: Unfinished, outcome: &Outcome, command: &str) -> io::Result<()> {
        let Unfinished { directory, stdout, stderr } = result;
        for file in [stdout, stderr] {
            file.into_inner().map_err(io::IntoInnerError::into_error)?;
        }
        let keys = outcome.items.iter().map(|item| key_text(item.key())).collect::<Vec<_>>();
        let text = |item: &crate::item::Item| String::from_utf8_lossy(item.text()).into_owned();
        let about = About {
            key: keys.join(" "),
            items: outcome.items.iter().map(text).collect(),
            exit: outcome.exit,
            signal: outcome.signal,
            wall: seconds(outcome.wall_ns),
            command: command.to_owned(),
        };
        let json = serde_json::to_string_pretty(&about).map_err(io::Error::other)?;
        fs::write(directory.join("item.json"), json + "\n")?;
        let number = outcome.items.first().map_or(0, crate::item::Item::number);
        let target = self.directory.join(number.to_string());
        match fs::rename(&directory, &target) {
            Ok(()) => Ok(()),
            Err(error) if occupied(&error) => self.replace(&directory, &target, &about.key),
            Err(error) => Err(error),
        }
    }

    /// Takes the place of an earlier result of the same items; another item's result stays.
    fn replace(&self, directory: &Path, target: &Path, key: &str) -> io::Result<()> {
        let there = fs::read(target.join("item.json")).unwrap_or_default();
        let same = serde_json::from_slice::<About>(&there).is_ok_and(|about| about.key == key);
        if !same {
            let short = key.get(..12).unwrap_or(key);
            let name = target.file_name().unwrap_or_default().to_string_lossy();
            let beside = self.directory.join(format!("{name}-{short}"));
            return match fs::rename(directory, &beside) {
                Err(error) if occupied(&error) => swap(directory, &beside),
                other => other,
            };
        }
        swap(directory, target)
    }
}

fn swap(directory: &Path, target: &Path) -> io::Result<()> {
    let mut old = directory.as_os_str().to_owned();
    old.push("-old");
    fs::rename(target, &old)?;
    fs::rename(directory, target)?;
    fs::remove_dir_all(&old)
}

fn occupied(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty)
}

impl Unfinished {
    /// Adds to one of the streams.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn write(&mut self, kind: StreamKind, bytes: &[u8]) -> Result<()> {
        let file = match kind {
            StreamKind::Out => &mut self.stdout,
            StreamKind::Err => &mut self.stderr,
        };
        file.write_all(bytes)
            .map_err(|e| Error::file(Kind::Environment, "write the results in", &self.directory, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Item;

    fn outcome(number: u64, text: &str) -> Outcome {
        Outcome {
            items: vec![Item::new(number, text.as_bytes().to_vec())],
            ordinal: number,
            exit: Some(0),
            signal: None,
            timed_out: false,
            cut_short: false,
            attempt: 1,
            started_ns: 0,
            wall_ns: 5,
            user_ns: 0,
            system_ns: 0,
            memory_bytes: 0,
            error: None,
        }
    }

    #[test]
    fn a_result_is_whole_replaced_by_its_own_item_and_spared_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::open(&folder.path().join("r")).unwrap();
        let write = |number, text: &str, said: &str| {
            let outcome = outcome(number, text);
            let mut result = results.begin(&outcome).unwrap();
            result.write(StreamKind::Out, said.as_bytes()).unwrap();
            results.finish(result, &outcome, "cmd").unwrap();
        };
        write(1, "a", "first");
        write(1, "a", "second");
        write(1, "b", "other");
        write(1, "b", "other again");
        let mut found: Vec<String> = fs::read_dir(folder.path().join("r"))
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path().join("stdout")).unwrap())
            .collect();
        found.sort();
        assert_eq!(found, ["other again", "second"]);
        assert_eq!(fs::read(folder.path().join("r/1/stdout")).unwrap(), b"second");
    }
}
