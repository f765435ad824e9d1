//! The shared folder: what is to be done, who has taken it, what has come back.
//!
//! ```text
//! order.json            the command and its options
//! end                   there once nothing more will come
//! todo/RANGE            items to be done
//! taken/RANGE.AGENT     the same file, while an agent has it
//! done/RANGE.AGENT.NO   endings that an agent has published
//! logs/AGENT            what an agent itself said
//! ```
//!
//! Every step is one rename, which a shared file system does whole or not at all and for one of several who try.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::item::Item;

use super::wire;

const FOLDERS: [&str; 4] = ["todo", "taken", "done", "logs"];

/// The shared folder of one run.
#[derive(Debug, Clone)]
pub(super) struct Spool {
    root: PathBuf,
}

/// What an agent got.
#[derive(Debug)]
pub(super) enum Lease {
    /// A range and its items.
    Range(u64, Vec<Item>),
    /// Nothing is there at the moment.
    Nothing,
    /// Nothing more will come.
    Over,
}

impl Spool {
    /// The folder at `root`, made new.
    pub(super) fn create(root: &Path) -> Result<Self> {
        for folder in FOLDERS {
            let path = root.join(folder);
            fs::create_dir_all(&path).map_err(at("make", &path))?;
        }
        Ok(Self::at(root))
    }

    /// The folder at `root`, as it is.
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    pub(super) fn path(&self, of: &str) -> PathBuf {
        self.root.join(of)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Puts up a range for the agents.
    pub(super) fn offer(&self, range: u64, items: &[Item]) -> Result<()> {
        let temporary = self.path(&format!("todo/.{range:010}"));
        let target = self.path(&format!("todo/{range:010}"));
        let write = || -> io::Result<()> {
            let mut file = BufWriter::new(File::create(&temporary)?);
            wire::put_range(&mut file, items)?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?;
            fs::rename(&temporary, &target)
        };
        write().map_err(at("write", &target))
    }

    /// Takes a range back that no agent has taken yet; whether it was still there.
    pub(super) fn withdraw(&self, range: u64) -> bool {
        fs::remove_file(self.path(&format!("todo/{range:010}"))).is_ok()
    }

    /// Takes a range; agents begin at different places so that they do not all reach for the same one.
    pub(super) fn lease(&self, agent: &str, turn: usize) -> io::Result<Lease> {
        let mut names = match self.names("todo") {
            Ok(names) => names,
            // The folder went with the end of the run.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lease::Over),
            Err(error) => return Err(error),
        };
        if names.is_empty() {
            return Ok(if self.is_over() { Lease::Over } else { Lease::Nothing });
        }
        let turn = turn % names.len();
        names.rotate_left(turn);
        for name in names {
            let Ok(range) = name.parse() else { continue };
            let taken = self.path(&format!("taken/{name}.{agent}"));
            match fs::rename(self.path("todo").join(&name), &taken) {
                Ok(()) => {
                    let items = wire::get_range(&mut BufReader::new(File::open(&taken)?))?;
                    return Ok(Lease::Range(range, items));
                }
                // Somebody else was quicker.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Lease::Nothing)
    }

    /// The items of a range that an agent has.
    pub(super) fn items_taken(&self, range: u64, agent: &str) -> io::Result<Vec<Item>> {
        let path = self.path(&format!("taken/{range:010}.{agent}"));
        wire::get_range(&mut BufReader::new(File::open(path)?))
    }

    /// Who has which range.
    pub(super) fn taken(&self) -> Vec<(u64, String)> {
        let names = self.names("taken").unwrap_or_default();
        let parted = names.iter().filter_map(|name| {
            let (range, agent) = name.split_once('.')?;
            Some((range.parse().ok()?, agent.to_owned()))
        });
        parted.collect()
    }

    /// Forgets who has a range.
    pub(super) fn release(&self, range: u64, agent: &str) {
        // It may have been forgotten before; that is what is wanted.
        drop(fs::remove_file(self.path(&format!("taken/{range:010}.{agent}"))));
    }

    /// What has been published, with its range and agent, in the order it was.
    pub(super) fn published(&self) -> Vec<(PathBuf, u64, String)> {
        let names = self.names("done").unwrap_or_default();
        let parted = names.iter().filter_map(|name| {
            let mut parts = name.splitn(3, '.');
            let range = parts.next()?.parse().ok()?;
            let agent = parts.next()?.to_owned();
            Some((self.path("done").join(name), range, agent))
        });
        parted.collect()
    }

    /// Notes a job, so that a later run can end it.
    pub(super) fn note_job(&self, job: &str) -> Result<()> {
        let path = self.path("jobs");
        let note = || -> io::Result<()> {
            let file = fs::OpenOptions::new().create(true).append(true).open(&path);
            writeln!(file?, "{job}")
        };
        note().map_err(at("write", &path))
    }

    /// The jobs that were noted.
    pub(super) fn jobs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("jobs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Says that nothing more will come.
    pub(super) fn end(&self) {
        // Agents that do not see it stop when the heart stands still.
        drop(fs::write(self.path("end"), ""));
    }

    fn is_over(&self) -> bool {
        File::open(self.path("end")).is_ok()
    }

    /// Takes the folder away.
    pub(super) fn remove(&self) {
        // An agent that is just ending may still be writing its log; a folder left behind is only untidy.
        drop(fs::remove_dir_all(&self.root));
    }

    /// The names in a folder, sorted, without those that are still being written.
    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path(folder))? {
            let name = entry?.file_name();
            names.extend(name.to_str().filter(|name| !name.starts_with('.')).map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }
}

pub(super) fn at(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_path_buf();
    move |error| {
        Error::file(Kind::Environment, doing, &path, error)
            .hint("agents and coordinator share this folder; name one with room and rights by --slurm-dir")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_goes_to_exactly_one_of_those_who_ask() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::create(folder.path()).unwrap();
        for range in 0..50 {
            spool.offer(range, &[Item::new(range + 1, b"x".to_vec())]).unwrap();
        }
        let taken: Vec<u64> = std::thread::scope(|scope| {
            let agents: Vec<_> = (0..4_usize)
                .map(|at| {
                    let spool = &spool;
                    scope.spawn(move || {
                        let mut got = Vec::new();
                        while let Lease::Range(range, items) =
                            spool.lease(&format!("1_{at}"), at * 7).unwrap()
                        {
                            assert_eq!(items[0].number(), range + 1);
                            got.push(range);
                        }
                        got
                    })
                })
                .collect();
            agents.into_iter().flat_map(|agent| agent.join().unwrap()).collect()
        });
        let mut sorted = taken;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        assert_eq!(spool.taken().len(), 50);
        assert!(matches!(spool.lease("x", 0).unwrap(), Lease::Nothing));
        spool.end();
        assert!(matches!(spool.lease("x", 0).unwrap(), Lease::Over));
        assert!(!spool.withdraw(3));
        spool.remove();
        assert!(matches!(spool.lease("x", 0).unwrap(), Lease::Over));
    }
}
