//! `amorsize audit --watch`: the whole report once, then what each change of the sources made new and what it ended.

use std::path::PathBuf;

use amorsize_audit::{Request, Watch};
use amorsize_finding::{Finding, Report};
use amorsize_report::Format;
use amorsize_report::diff::{Change, Diff, diff};

use super::command::{Args, cannot, look};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::reports;

/// Paths that are named one by one when they change together.
const NAMED_MOST: usize = 3;

/// Follows the sources until it is interrupted, or a root has gone.
pub(super) fn watch(args: &Args, request: &Request, context: &Context) -> Outcome {
    if args.to.format.is_some_and(|format| format != Format::Text) {
        return Err(Failure::cannot("--watch writes text to stdout")
            .hint("`-o FORMAT=FILE` keeps a file of any format up to date"));
    }
    // Before the first look: what changes while it is being looked at is looked at again.
    let sources = Watch::begin(request).map_err(|error| {
        cannot(&error).hint("watch fewer folders, or raise fs.inotify.max_user_watches")
    })?;
    let mut before = look(args, request, context)?;
    reports::write(&before, &args.to, context)?;
    context.output.talk("watching; Ctrl-C ends it");
    loop {
        let changed = sources.next().map_err(|error| cannot(&error))?;
        let now = look(args, request, context)?;
        let compared = diff(&before, &now);
        context.output.talk(format!("{} changed", names(&changed)));
        tell(&now, &compared, args, context)?;
        before = now;
    }
}

/// New findings whole, the others in a line each; files of other formats are written anew.
fn tell(now: &Report, compared: &Diff, args: &Args, context: &Context) -> Result<(), Failure> {
    reports::write_files(now, &args.to, context)?;
    let is_new = |finding: &Finding| {
        compared
            .entries
            .iter()
            .any(|entry| entry.change == Change::New && entry.finding == *finding)
    };
    let mut new = now.clone();
    new.findings.retain(is_new);
    if !new.findings.is_empty() {
        new.sort();
        let shown = reports::ReportArgs { output: Vec::new(), ..args.to.clone() };
        reports::write(&new, &shown, context)?;
    }
    let mut changes = compared.clone();
    changes.entries.retain(|entry| entry.change != Change::Unchanged);
    if changes.entries.is_empty() {
        context.output.line("nothing new, nothing gone")
    } else {
        context.output.data(&changes.text())
    }
}

/// The changed files in a few words.
fn names(changed: &[PathBuf]) -> String {
    let shown: Vec<String> =
        changed.iter().take(NAMED_MOST).map(|path| path.display().to_string()).collect();
    match changed.len().saturating_sub(NAMED_MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
