//! What is said about a run once it is over.

use amorsize_finding::ExitCode;
use amorsize_run::outcome::Summary;
use amorsize_run::{Error, Kind};

use crate::failure::Failure;
use crate::units::count;

/// An error of a run as a person meets it.
pub(crate) fn failure_of(error: &Error) -> Failure {
    let failure = match error.kind() {
        Kind::Usage => Failure::cannot(error),
        _ => Failure::cannot(format!("could not {error}")),
    };
    let failure = match error.kind() {
        Kind::Journal if error.path().is_none() => Failure::cannot(error),
        _ => failure,
    };
    match error.hint_text() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The exit code of a run.
pub(crate) fn code_of(summary: &Summary) -> ExitCode {
    if summary.interrupted {
        ExitCode::Interrupted
    } else if summary.stopped.is_some() {
        ExitCode::Incomplete
    } else if summary.failed + summary.left_failed > 0 {
        ExitCode::Findings
    } else {
        ExitCode::Clean
    }
}

/// What has to be said on stderr: nothing when all went well.
pub(crate) fn summary_lines(summary: &Summary, journal: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if summary.damaged > 0 {
        let damaged = summary.damaged;
        let lines_of = count(damaged, "damaged line", "damaged lines");
        lines.push(format!("{lines_of} in the journal; what stood there was run again"));
    }
    let left = summary.not_started.unwrap_or(0) + summary.cut_short;
    if summary.failed > 0 {
        let all = summary.ended();
        lines.push(format!("{} of {all} items failed", summary.failed));
        for (_, item, how) in &summary.failures {
            lines.push(format!("  {item}: {how}"));
        }
        let more = summary.failed.saturating_sub(summary.failures.len() as u64);
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
    }
    if summary.left_failed > 0 {
        let failed = count(summary.left_failed, "item", "items");
        lines.push(format!(
            "{failed} failed in an earlier run and stayed so; --retry-failed runs such items again"
        ));
    }
    let unread = summary.not_started.is_none();
    if summary.interrupted || summary.halted || summary.stopped.is_some() {
        let why = match &summary.stopped {
            _ if summary.interrupted => "interrupted",
            Some(why) => why,
            None => "halted as asked",
        };
        let rest = match (left, unread) {
            (_, true) => "not all items were read".to_owned(),
            (left, false) => format!("{left} items not run to their end"),
        };
        lines.push(format!("{why}: {} items ended, {rest}", summary.ended()));
        if summary.interrupted || summary.stopped.is_some() {
            lines.push(if journal {
                "  go on with --resume".to_owned()
            } else {
                "  with --journal FILE a run can be gone on with".to_owned()
            });
        }
    }
    lines
}
