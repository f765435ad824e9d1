//! Where the items come from: after `:::`, from files, from stdin.

use std::ffi::OsString;
use std::fs::File;
use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use amorsize_run::source::{Lists, Queue, Source, Stream, read_list};

use super::told::failure_of;
use crate::failure::Failure;
use crate::output::Output;

/// One source of items on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Given after `:::`.
    Given(Vec<OsString>),
    /// Read from files, after `::::`.
    Files(Vec<PathBuf>),
}

/// Parts the command from its items.
pub(crate) fn split(words: &[OsString]) -> (Vec<OsString>, Vec<List>) {
    let mut command = Vec::new();
    let mut lists: Vec<List> = Vec::new();
    for word in words {
        match word.to_str() {
            Some(":::") => lists.push(List::Given(Vec::new())),
            Some("::::") => lists.push(List::Files(Vec::new())),
            _ => match lists.last_mut() {
                None => command.push(word.clone()),
                Some(List::Given(items)) => items.push(word.clone()),
                Some(List::Files(files)) => files.push(PathBuf::from(word)),
            },
        }
    }
    (command, lists)
}

/// The queue of items; with one stream it is read as it comes, several sources are combined.
pub(crate) fn queue(
    lists: &[List],
    files: &[PathBuf],
    null: bool,
    output: &Output,
) -> Result<Queue, Failure> {
    let separator = if null { 0 } else { b'\n' };
    let streams: Vec<&PathBuf> = files
        .iter()
        .chain(lists.iter().flat_map(|list| match list {
            List::Files(files) => files.as_slice(),
            List::Given(_) => &[],
        }))
        .collect();
    let given = lists.iter().any(|list| matches!(list, List::Given(_)));
    match (streams.as_slice(), given) {
        ([], false) => {
            if std::io::stdin().is_terminal() {
                output.talk(
                    "amorsize: reading items from the terminal, one a line; Ctrl-D ends them",
                );
            }
            Ok(Queue::new(Source::Stream(Stream::new(open(Path::new("-"))?, separator))))
        }
        ([one], false) => Ok(Queue::new(Source::Stream(Stream::new(open(one)?, separator)))),
        _ => {
            let mut all = Vec::new();
            for file in files {
                all.push(whole(file, separator)?);
            }
            for list in lists {
                match list {
                    List::Given(items) => {
                        all.push(items.iter().map(|item| item.as_bytes().to_vec()).collect());
                    }
                    List::Files(files) => {
                        for file in files {
                            all.push(whole(file, separator)?);
                        }
                    }
                }
            }
            Ok(Queue::new(Source::Lists(Lists::new(all))))
        }
    }
}

fn whole(path: &Path, separator: u8) -> Result<Vec<Vec<u8>>, Failure> {
    read_list(open(path)?, separator).map_err(|error| failure_of(&error))
}

fn open(path: &Path) -> Result<File, Failure> {
    let opened = if path == Path::new("-") {
        std::io::stdin().as_fd().try_clone_to_owned().map(File::from)
    } else {
        File::open(path)
    };
    let shown = path.display();
    let file = opened
        .map_err(|error| Failure::cannot(format!("could not read items from {shown}: {error}")))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::cannot(format!("could not read items from {shown}: it is a folder"))
            .hint("to take its files as items, write ::: FOLDER/*"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_ends_where_the_items_begin() {
        let words: Vec<OsString> =
            ["x", "-v", ":::", "a", "-b", ":::", "::::", "f"].map(OsString::from).to_vec();
        let (command, lists) = split(&words);
        assert_eq!(command, ["x", "-v"]);
        assert_eq!(lists.len(), 3);
        assert_eq!(lists[0], List::Given(vec!["a".into(), "-b".into()]));
        assert_eq!(lists[1], List::Given(Vec::new()));
        assert_eq!(lists[2], List::Files(vec!["f".into()]));
    }
}
