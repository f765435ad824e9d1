//! The verbs that carry entries in and out: export, import.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;

use amorsize_cache::ops::transfer::{Import, Merge};
use amorsize_cache::{Cache, Reader};
use amorsize_finding::ExitCode;
use amorsize_os::files::Unpublished;

use super::args::MergeHow;
use super::key;
use super::open::failure;
use super::read::with_schema;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::output::Format;

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
            context.output.line(format!("wrote {} entries to {shown}", exported.entries))?;
            if exported.damaged > 0 {
                let left_out = exported.damaged;
                context.output.talk(format!("{left_out} damaged entries were left out"));
            }
        }
        Format::Json => context.output.json(&with_schema("amorsize-cache-export/1", &exported)?)?,
    }
    Ok(if exported.damaged > 0 { ExitCode::Incomplete } else { ExitCode::Clean })
}

/// Takes over the entries of an export: all of them, or none.
pub(super) fn import(
    store: &Cache,
    file: &Path,
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
            .hint("nothing was imported; the file must be an export, whole and unchanged")
    })?;
    match format {
        Format::Text => {
            let done = if dry_run { "would store" } else { "stored" };
            context.output.line(format!(
                "{} entries read: {done} {}, kept {} that were there",
                imported.entries, imported.stored, imported.kept
            ))?;
        }
        Format::Json => context.output.json(&with_schema("amorsize-cache-import/1", &imported)?)?,
    }
    Ok(ExitCode::Clean)
}
