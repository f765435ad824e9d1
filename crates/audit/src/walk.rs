//! Walks a tree as git sees it, reads what has a front end, and says of everything else why it
//! was not read. Never follows a link out of the tree, never reads without a bound.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use amorsize_finding::{Coverage, Gap, SkipReason};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::Error;
use crate::held::is_test;

/// Bytes of a file that are read; longer ones are said to be too large.
pub(crate) const FILE_BYTES_MAX: u64 = 8 << 20;
/// Files of one tree.
const FILES_MAX: u64 = 400_000;

/// A source file that was read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Relative to its root, with forward slashes.
    pub path: String,
    pub text: String,
}

/// What the walk met.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub sources: Vec<Source>,
    pub coverage: Coverage,
}

/// Reads all sources below `root`; `root` may be one file.
pub(crate) fn walk(
    root: &Path,
    number: u32,
    (include_tests, exclude): (bool, &[String]),
    jobs: usize,
) -> Result<Walked, Error> {
    let meta = std::fs::metadata(root).map_err(|_| Error::no_root(root.to_path_buf()))?;
    let shared = Mutex::new(Walked::default());
    let base = if meta.is_file() { root.parent().unwrap_or(root) } else { root };
    let mut excluded = GitignoreBuilder::new("");
    for pattern in exclude {
        excluded.add_line(None, pattern).map_err(Error::pattern)?;
    }
    let excluded = excluded.build().map_err(Error::pattern)?;
    let walker = ignore::WalkBuilder::new(root)
        .threads(jobs)
        .standard_filters(true)
        .parents(false)
        .require_git(false)
        .follow_links(false)
        .build_parallel();
    walker.run(|| {
        let (shared, excluded) = (&shared, &excluded);
        Box::new(move |entry| {
            let met = look(entry, base, number, (include_tests, excluded));
            let mut all = shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            record(&mut all, met);
            if all.coverage.files_seen > FILES_MAX {
                return ignore::WalkState::Quit;
            }
            ignore::WalkState::Continue
        })
    });
    let mut walked = shared.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    walked.sources.sort_by(|a, b| a.path.cmp(&b.path));
    walked.coverage.gaps.sort();
    Ok(walked)
}

enum Met {
    Nothing,
    Skipped(SkipReason, Option<Gap>),
    Read(Source),
}

fn record(all: &mut Walked, met: Met) {
    match met {
        Met::Nothing => {}
        Met::Skipped(reason, gap) => {
            all.coverage.files_seen += 1;
            all.coverage.files_skipped += 1;
            *all.coverage.skipped.entry(reason).or_default() += 1;
            all.coverage.gaps.extend(gap);
        }
        Met::Read(source) => {
            all.coverage.files_seen += 1;
            all.sources.push(source);
        }
    }
}

fn look(
    entry: Result<ignore::DirEntry, ignore::Error>,
    base: &Path,
    root: u32,
    (include_tests, excluded): (bool, &Gitignore),
) -> Met {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => {
            let looped = error.to_string().contains("loop");
            let reason = if looped { SkipReason::LinkLoop } else { SkipReason::Unreadable };
            let detail = error.to_string();
            let gap = Gap { root, path: String::new(), reason, line: None, detail };
            return Met::Skipped(reason, Some(gap));
        }
    };
    if !entry.file_type().is_some_and(|kind| kind.is_file()) {
        return Met::Nothing;
    }
    // Most files of a tree are written in no language at all.
    if language(&entry.file_name().to_string_lossy()).is_none() {
        return Met::Skipped(SkipReason::OtherLanguage, None);
    }
    let path = relative(entry.path(), base);
    if !Path::new(&path).has_root()
        && excluded.matched_path_or_any_parents(&path, false).is_ignore()
    {
        return Met::Skipped(SkipReason::Ignored, None);
    }
    if !include_tests && (is_test(&path) || is_foreign(&path)) {
        return Met::Skipped(SkipReason::Ignored, None);
    }
    read(entry.path(), path, root)
}

fn read(file: &Path, path: String, root: u32) -> Met {
    let skip = |reason: SkipReason, detail: String| {
        let gap =
            reason.is_gap().then(|| Gap { root, path: path.clone(), reason, line: None, detail });
        Met::Skipped(reason, gap)
    };
    let bytes = match read_within(file) {
        Ok((_, bytes)) if bytes.len() as u64 <= FILE_BYTES_MAX => bytes,
        Ok((size, _)) => {
            return skip(SkipReason::TooLarge, format!("{size} bytes, {FILE_BYTES_MAX} are read"));
        }
        Err(error) => return skip(SkipReason::Unreadable, error.to_string()),
    };
    match String::from_utf8(bytes) {
        Ok(text) if is_generated(&text) => skip(SkipReason::Generated, String::new()),
        Ok(text) => Met::Read(Source { path, text }),
        Err(error) if error.as_bytes().contains(&0) => skip(SkipReason::Binary, String::new()),
        Err(error) => skip(SkipReason::NotUtf8, error.utf8_error().to_string()),
    }
}

/// How long a file is, and what it holds; of a longer one than is read, no more than shows that it is.
fn read_within(file: &Path) -> std::io::Result<(u64, Vec<u8>)> {
    let file = std::fs::File::open(file)?;
    let size = file.metadata()?.len();
    let room = usize::try_from(size.min(FILE_BYTES_MAX)).unwrap_or(0) + 1;
    let mut bytes = Vec::with_capacity(room);
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok((size.max(bytes.len() as u64), bytes))
}

fn relative(path: &Path, base: &Path) -> String {
    let path: PathBuf = path.strip_prefix(base).unwrap_or(path).to_path_buf();
    path.to_string_lossy().replace('\\', "/")
}

/// The language of a file by its name.
pub(crate) fn language(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "py" => Some("python"),
        "go" => Some("go"),
        _ => None,
    }
}

/// Vendored code and examples.
fn is_foreign(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|part| {
        matches!(
            part,
            "vendor"
                | "_vendor"
                | "_vendored"
                | "node_modules"
                | "third_party"
                | "site-packages"
                | "examples"
                | "example"
                | "_examples"
        )
    })
}

fn is_generated(text: &str) -> bool {
    text.lines().take(40).any(|line| {
        let line = line.trim_start();
        (line.starts_with("// Code generated ") || line.starts_with("# Generated by "))
            && (line.contains("DO NOT EDIT") || line.starts_with("# Generated by the protocol"))
    })
}
