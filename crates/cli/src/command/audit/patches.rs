//! `--diff` and `--fix`: patches whose witness is gone afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use amorsize_finding::{Edit, Finding, Report, Verdict};

use super::command::Args;
use crate::context::Context;
use crate::failure::{Failure, Outcome};

/// Prints or applies the patches. All patches of one file are made for the text that was audited, so
/// they are applied to it together; a file that has changed since is left alone.
pub(super) fn patches(args: &Args, report: &Report, context: &Context) -> Outcome {
    let mut files: BTreeMap<PathBuf, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let live = finding.is_live() && finding.verdict != Verdict::Closed;
        let Some(fix) = finding.fix.as_ref().filter(|fix| live && fix.verified) else { continue };
        let Some(patch) = &fix.patch else { continue };
        if args.diff {
            context.output.data(patch)?;
            continue;
        }
        let Some(root) = args.paths.get(finding.root as usize) else { continue };
        let path = if root.is_dir() { root.join(&finding.path) } else { root.clone() };
        files.entry(path).or_default().push(finding);
    }
    let mut applied = 0;
    for (path, findings) in &files {
        applied += mend(path, findings, context)?;
    }
    if args.fix {
        context.output.talk(format!("{applied} fixed"));
    }
    Ok(report.exit_code(args.fail_on, args.allow_incomplete))
}

/// Applies the patches of one file and publishes it whole; returns how many were applied.
fn mend(path: &Path, findings: &[&Finding], context: &Context) -> Result<usize, Failure> {
    let text = std::fs::read_to_string(path)?;
    let (mut edits, mut fixed, mut applied) = (Vec::new(), None, 0);
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        let place = format!("{}:{}", path.display(), finding.act.line);
        if !fix.safe {
            let why = "its fix needs more than the code shows; --diff prints it";
            context.output.talk(format!("{place}: left as it is, {why}"));
            continue;
        }
        let as_audited = finding.act.text.is_empty()
            || text.lines().nth(finding.act.line.saturating_sub(1) as usize).is_some_and(|line| {
                let first = finding.act.text.lines().next().unwrap_or_default();
                line.contains(first.trim()) || first.ends_with('…')
            });
        // Two fixes may bring in the same module.
        let more = fix.edits.iter().filter(|edit| !edits.contains(*edit));
        let wanted: Vec<Edit> = edits.iter().chain(more).cloned().collect();
        match amorsize_audit::apply_edits(&text, &wanted) {
            Some(whole) if as_audited => {
                edits = wanted;
                fixed = Some(whole);
                applied += 1;
            }
            _ => {
                let why = if as_audited {
                    "another fix changes the same lines; run --fix again"
                } else {
                    "the file has changed since it was looked at; run --fix again"
                };
                context.output.talk(format!("{place}: left as it is, {why}"));
            }
        }
    }
    if let Some(fixed) = fixed {
        context.output.file(path, fixed.as_bytes())?;
    }
    Ok(applied)
}
