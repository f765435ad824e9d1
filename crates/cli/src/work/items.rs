//! Where the items come from: after `:::`, from files, from stdin.

use std::ffi::OsString;
use std::fs::File;
use std::io::IsTerminal as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use amorsize_run::source::{self, Lists, Queue, Source, Stream, read_list};

use super::told::failure_of;
use crate::failure::Failure;
use crate::output::Output;

/// One source of items on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List {
    values: Values,
    /// Whether it goes in step with the one before it, after `:::+` or `::::+`.
    linked: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Values {
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
        let (given, files) = (Values::Given(Vec::new()), Values::Files(Vec::new()));
        match word.to_str() {
            Some(":::") => lists.push(List { values: given, linked: false }),
            Some(":::+") => lists.push(List { values: given, linked: true }),
            Some("::::") => lists.push(List { values: files, linked: false }),
            Some("::::+") => lists.push(List { values: files, linked: true }),
            _ => match lists.last_mut().map(|list| &mut list.values) {
                None => command.push(word.clone()),
                Some(Values::Given(items)) => items.push(word.clone()),
                Some(Values::Files(files)) => files.push(PathBuf::from(word)),
            },
        }
    }
    (command, lists)
}

/// The queue of items; with one stream it is read as it comes, several sources are combined.
pub(crate) fn queue(
    lists: &[List],
    files: &[PathBuf],
    separator: u8,
    output: &Output,
) -> Result<Queue, Failure> {
    if files.is_empty() && lists.first().is_some_and(|first| first.linked) {
        return Err(Failure::cannot(
            "`:::+` goes in step with a list before it, and there is none",
        )
        .hint("write ::: A B :::+ 1 2"));
    }
    let streams: Vec<&PathBuf> = files
        .iter()
        .chain(lists.iter().flat_map(|list| match &list.values {
            Values::Files(files) => files.as_slice(),
            Values::Given(_) => &[],
        }))
        .collect();
    let given = lists.iter().any(|list| matches!(list.values, Values::Given(_)));
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
                all.push(source::List { values: whole(file, separator)?, linked: false });
            }
            for list in lists {
                let linked = list.linked;
                match &list.values {
                    Values::Given(items) => {
                        let values = items.iter().map(|item| item.as_bytes().to_vec()).collect();
                        all.push(source::List { values, linked });
                    }
                    Values::Files(files) => {
                        for file in files {
                            all.push(source::List { values: whole(file, separator)?, linked });
                        }
                    }
                }
            }
            Ok(Queue::new(Source::Lists(Lists::new(all))))
        }
    }
}

/// Reads a separator of items: one byte, as itself or as `\\n`, `\\t`, `\\0`, `\\x1f`.
pub(crate) fn separator(text: &str) -> Result<u8, String> {
    let usage = || format!("{text:?} is not one byte; write , or \\t or \\0 or \\x1f");
    match text.as_bytes() {
        [byte] => Ok(*byte),
        b"\\n" => Ok(b'\n'),
        b"\\t" => Ok(b'\t'),
        b"\\r" => Ok(b'\r'),
        b"\\0" => Ok(0),
        b"\\\\" => Ok(b'\\'),
        [b'\\', b'x', ..] => u8::from_str_radix(&text[2..], 16).map_err(|_| usage()),
        _ => Err(usage()),
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
            ["x", "-v", ":::", "a", "-b", ":::+", "::::", "f"].map(OsString::from).to_vec();
        let (command, lists) = split(&words);
        assert_eq!(command, ["x", "-v"]);
        assert_eq!(lists.len(), 3);
        let wanted = [
            (Values::Given(vec!["a".into(), "-b".into()]), false),
            (Values::Given(Vec::new()), true),
            (Values::Files(vec!["f".into()]), false),
        ];
        assert_eq!(lists, wanted.map(|(values, linked)| List { values, linked }));
    }

    #[test]
    fn a_separator_is_one_byte_as_xargs_takes_it() {
        let read = [",", "\\n", "\\0", "\\t", "\\x1f", "\\"].map(|text| separator(text).unwrap());
        assert_eq!(read, [b',', b'\n', 0, b'\t', 0x1f, b'\\']);
        assert!(["", "ab", "\\x", "\\x100", "ü"].iter().all(|text| separator(text).is_err()));
    }
}
