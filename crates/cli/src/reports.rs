//! Where reports go: one format to stdout, any number of others into files.
//!
//! Shared by every subcommand that ends in a report. `-o FORMAT=PATH` may stand several times; a path alone
//! tells the format by its ending. Files are published whole.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use amorsize_finding::Report;
use amorsize_report::{Format, Options};

use crate::context::Context;
use crate::failure::Failure;

/// Options of every subcommand that writes a report.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReportArgs {
    /// How to write to stdout: text, json, jsonl, sarif, github, junit, md, html
    #[arg(long, value_name = "FORMAT", value_parser = Format::from_str)]
    pub(crate) format: Option<Format>,

    /// Write a file, too: FORMAT=PATH, or a PATH whose ending tells the format; may be repeated
    #[arg(short, long = "output", value_name = "[FORMAT=]PATH")]
    pub(crate) output: Vec<Destination>,

    /// Show closed, suppressed and baselined findings, too
    #[arg(long)]
    pub(crate) all: bool,

    /// Where a source line can be read, for links: a URL with {path} and {line}
    #[arg(long, value_name = "URL")]
    pub(crate) link: Option<String>,
}

/// A file to write, and how.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    format: Format,
    path: PathBuf,
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        if let Some((format, path)) = given.split_once('=')
            && let Ok(format) = Format::from_str(format)
        {
            if path.is_empty() {
                return Err(format!("no path behind `{given}`"));
            }
            return Ok(Self { format, path: path.into() });
        }
        let format = Format::of_file_name(given).ok_or_else(|| {
            let known: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            let known = known.join(", ");
            format!("`{given}` does not tell its format; write FORMAT={given} with one of: {known}")
        })?;
        Ok(Self { format, path: given.into() })
    }
}

/// Writes a report everywhere it was asked for. What went into a file is not written to stdout once more:
/// then stdout stays empty, and the totals are said on stderr.
pub(crate) fn write(report: &Report, args: &ReportArgs, context: &Context) -> Result<(), Failure> {
    write_files(report, args, context)?;
    let written = |format| args.output.iter().any(|to| to.format == format);
    match args.format {
        format if format.map_or(!args.output.is_empty(), written) => {
            context.output.talk(amorsize_report::coverage_line(&report.coverage));
            context.output.talk(amorsize_report::totals_line(&report.stats));
            Ok(())
        }
        format => {
            let format = format.unwrap_or(Format::Text);
            let text = rendered(report, format, args, context, context.output.colors());
            context.output.data(&text)
        }
    }
}

/// Writes the files that were asked for, and nothing to stdout.
pub(crate) fn write_files(
    report: &Report,
    args: &ReportArgs,
    context: &Context,
) -> Result<(), Failure> {
    for destination in &args.output {
        let text = rendered(report, destination.format, args, context, false);
        context.output.file(&destination.path, text.as_bytes())?;
    }
    Ok(())
}

fn rendered(
    report: &Report,
    format: Format,
    args: &ReportArgs,
    context: &Context,
    color: bool,
) -> String {
    let sources = |root: u32, path: &str| source(report, root, path);
    let options = Options {
        sources: &sources,
        columns: columns(context),
        color,
        all: args.all,
        link: args.link.as_deref(),
    };
    amorsize_report::render(report, format, &options)
}

/// Reads a report that was written as JSON; `-` is stdin.
pub(crate) fn read(path: &Path) -> Result<Report, Failure> {
    let name = path.display();
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| Failure::cannot(format!("could not read {name}: {error}")))?;
    amorsize_report::from_json(&text).map_err(|error| {
        Failure::cannot(format!("{name}: {error}"))
            .hint("give a file that `amorsize audit -o json=FILE` wrote")
    })
}

/// Longer files are not quoted from.
const SOURCE_BYTES: u64 = 16 << 20;

/// The text of an audited file. A report can come from anywhere: nothing outside of its roots is read.
fn source(report: &Report, root: u32, path: &str) -> Option<String> {
    let path = Path::new(path);
    let inside =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return None;
    }
    let root = Path::new(&report.roots.get(root as usize)?.path);
    // A root may be the audited file itself.
    let alone = root.file_name() == Some(path.as_os_str()) && root.is_file();
    let mut text = String::new();
    let file =
        std::fs::File::open(if alone { root.to_path_buf() } else { root.join(path) }).ok()?;
    file.take(SOURCE_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The width of the terminal: what COLUMNS says, or what stdout says.
fn columns(context: &Context) -> Option<usize> {
    let said = context.environment.get("COLUMNS").and_then(|columns| columns.parse().ok());
    said.or_else(|| {
        let (terminal_size::Width(columns), _) =
            terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(columns))
    })
}

#[cfg(test)]
mod tests {
    use amorsize_finding::Root;

    use super::*;

    #[test]
    fn a_destination_tells_its_format() {
        let format = |given: &str| given.parse::<Destination>().map(|to| (to.format, to.path));
        assert_eq!(format("html=a/b.txt"), Ok((Format::Html, "a/b.txt".into())));
        assert_eq!(format("out.sarif"), Ok((Format::Sarif, "out.sarif".into())));
        assert_eq!(format("a=b.md"), Ok((Format::Md, "a=b.md".into())));
        assert!(format("out").unwrap_err().contains("FORMAT=out"));
        assert!(format("html=").is_err());
    }

    #[test]
    fn nothing_outside_of_the_roots_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tree")).unwrap();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        std::fs::write(folder.path().join("tree/a.py"), "x").unwrap();
        let path = folder.path().join("tree").display().to_string();
        let report = Report::new("0", vec![Root { path, ..Root::default() }]);
        assert_eq!(source(&report, 0, "a.py").as_deref(), Some("x"));
        assert_eq!(source(&report, 0, "../secret"), None);
        let absolute = folder.path().join("secret").display().to_string();
        assert_eq!(source(&report, 0, &absolute), None);
        assert_eq!(source(&report, 1, "a.py"), None);
    }
}
