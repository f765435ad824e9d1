//! The verbs that carry entries in and out: export, import.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use amorsize_cache::ops::transfer::{Import, Imported, Merge};
use amorsize_cache::{Cache, Reader};
use amorsize_finding::ExitCode;
use amorsize_os::clock::{Clock as _, SystemClock};
use amorsize_os::files::Unpublished;
use serde_json::json;

use super::args::MergeHow;
use super::from_python::{Folder, Left};
use super::key;
use super::open::failure;
use super::read::with_schema;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;
use crate::units;

/// Writes the entries to a file, whole or not at all.
pub(super) fn export(
    store: &dyn Reader,
    file: &Path,
    namespace: Option<&str>,
    format: Format,
    context: &Context,
) -> Outcome {
    let namespace = key::namespace_of(namespace)?;
    if file == Path::new("-") {
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        store.export(namespace.as_ref(), &mut stdout).map_err(failure)?;
        stdout.flush()?;
        return Ok(ExitCode::Clean);
    }
    let mut unpublished = BufWriter::new(Unpublished::beside(file)?);
    let exported = store.export(namespace.as_ref(), &mut unpublished).map_err(failure)?;
    let unpublished =
        unpublished.into_inner().map_err(|error| Failure::from(error.into_error()))?;
    unpublished.publish()?;
    match format {
        Format::Text => {
            let shown = file.display();
            context.output.line(format!(
                "wrote {} to {shown}",
                units::count(exported.entries, "entry", "entries")
            ))?;
            if exported.damaged > 0 {
                let left_out = units::count(exported.damaged, "damaged entry", "damaged entries");
                context.output.talk(format!("left out: {left_out}"));
            }
        }
        Format::Json => context.output.json(&with_schema("amorsize-cache-export/1", &exported)?)?,
    }
    Ok(if exported.damaged > 0 { ExitCode::Incomplete } else { ExitCode::Clean })
}

/// Where entries come from: an export, or the folder of the Python package.
pub(super) struct Origin {
    pub(super) file: Option<PathBuf>,
    pub(super) python: Option<PathBuf>,
}

/// Takes over the entries of an export, or of a folder: all of them, or none.
pub(super) fn import(
    store: &Cache,
    from: &Origin,
    merge: MergeHow,
    dry_run: bool,
    format: Format,
    context: &Context,
) -> Outcome {
    let merge = match merge {
        MergeHow::Skip => Merge::Skip,
        MergeHow::Overwrite => Merge::Overwrite,
        MergeHow::Newer => Merge::Newer,
    };
    let how = Import { merge, dry_run };
    if let Some(folder) = &from.python {
        return import_python(store, folder, &how, format, context);
    }
    let file = from.file.as_deref().unwrap_or(Path::new("-"));
    let imported = if file == Path::new("-") {
        store.import(&mut std::io::stdin().lock(), &how)
    } else {
        let opened = File::open(file).map_err(|error| {
            Failure::cannot(format!("could not open {}: {error}", file.display()))
        })?;
        store.import(&mut BufReader::new(opened), &how)
    };
    let imported = imported.map_err(|error| {
        Failure::cannot(format!("could not import {}: {error}", file.display()))
            .hint("an import takes an export as it was written, whole and unchanged")
    })?;
    match format {
        Format::Text => context.output.line(summary(&imported, dry_run))?,
        Format::Json => context.output.json(&with_schema("amorsize-cache-import/1", &imported)?)?,
    }
    Ok(ExitCode::Clean)
}

/// The caches of the Python package; files that are no entries make the exit code say so.
fn import_python(
    store: &Cache,
    folder: &Path,
    how: &Import,
    format: Format,
    context: &Context,
) -> Outcome {
    let now_s = Duration::from_nanos(SystemClock.now_ns()).as_secs_f64();
    let found = Folder::read(folder, now_s)?;
    let imported = store.import(&mut found.export().as_bytes(), how).map_err(|error| {
        Failure::cannot(format!("could not import {}: {error}", folder.display()))
            .hint("nothing was imported, and nothing in the folder was changed")
    })?;
    let left = &found.left;
    match format {
        Format::Text => {
            context.output.line(summary(&imported, how.dry_run))?;
            for Left { file, why } in left {
                context.output.line(format!("not taken over, and untouched: {file}: {why}"))?;
            }
            if imported.entries > 0 {
                context.output.talk("`amorsize cache list --namespace py-plan` and py-bench show them with their ages; keys are \
                     made otherwise now, so the package measures once more before it finds its own",);
            }
        }
        Format::Json => {
            let mut shown = with_schema("amorsize-cache-import/1", &imported)?;
            shown["left"] = json!(left);
            context.output.json(&shown)?;
        }
    }
    Ok(if left.is_empty() { ExitCode::Clean } else { ExitCode::Incomplete })
}

fn summary(imported: &Imported, dry_run: bool) -> String {
    let (store, keep) = if dry_run { ("would store", "would keep") } else { ("stored", "kept") };
    let Imported { entries, stored, kept } = imported;
    let entries = units::count(*entries, "entry", "entries");
    format!("{entries} read: {store} {stored}, {keep} {kept} that were there")
}
