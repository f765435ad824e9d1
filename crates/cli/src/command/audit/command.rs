//! One look: what is asked for, what the baseline knows, what differs from a revision.

use std::path::PathBuf;
use std::process::Command;

use amorsize_audit::{Baseline, Request};
use amorsize_finding::{Report, RuleId, Severity};

use super::patches::patches;
use super::watch::watch;
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::nearest::nearest;
use crate::offer::offering;
use crate::reports::{self, ReportArgs};

/// Find checks whose acts come too late: races on caches, files, maps, tables
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Trees or files to look at
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) to: ReportArgs,

    /// Exit with 1 if a finding is at least this severe: note, warning, error
    #[arg(long, value_name = "SEVERITY", default_value = "warning", value_parser = severity)]
    pub(super) fail_on: Severity,

    /// Only these rules
    #[arg(
        long,
        value_name = "CTA101,...",
        value_delimiter = ',',
        value_parser = offering(rule, rules),
        hide_possible_values = true
    )]
    pub(super) rule: Vec<RuleId>,

    /// Findings in this file are known; it shrinks by itself
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Write all present findings to the baseline
    #[arg(long, requires = "baseline")]
    pub(super) write_baseline: bool,

    /// Only findings in files that changed since this revision
    #[arg(long, value_name = "REV")]
    pub(super) since: Option<String>,

    /// Print the patches of mechanical fixes and nothing else
    #[arg(long, conflicts_with = "fix")]
    pub(super) diff: bool,

    /// Apply the patches whose witness is gone afterwards
    #[arg(long)]
    pub(super) fix: bool,

    /// Audit again whenever sources change, and say what is new and what is gone
    #[arg(long, conflicts_with_all = ["diff", "fix", "write_baseline"])]
    pub(super) watch: bool,

    /// Exit with 0 although something asked for was not looked at
    #[arg(long)]
    pub(super) allow_incomplete: bool,

    /// Threads; as many as there are cores by default
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) jobs: usize,

    /// Analyse everything afresh and remember nothing
    #[arg(long)]
    pub(super) no_cache: bool,

    /// Look at tests, vendored code and examples as well
    #[arg(long)]
    pub(super) include_tests: bool,
}

/// Audits, writes the reports, and answers with the exit code.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let usual = usual(args.paths.clone(), context)?;
    let request = Request {
        all: args.to.all,
        include_tests: args.include_tests,
        rules: args.rule.clone(),
        jobs: args.jobs,
        store: usual.store.filter(|_| !args.no_cache),
        ..usual
    };
    if args.watch {
        return watch(args, &request, context);
    }
    let report = look(args, &request, context)?;
    if args.diff || args.fix {
        return patches(args, &report, context);
    }
    reports::write(&report, &args.to, context)?;
    Ok(report.exit_code(args.fail_on, args.allow_incomplete))
}

/// What is asked for without any options, by the settings that hold here.
pub(crate) fn usual(roots: Vec<PathBuf>, context: &Context) -> Result<Request, Failure> {
    Ok(Request {
        roots,
        exclude: excluded(context),
        api: rows(context)?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: store(context),
        analyser: analyser(),
        ..Request::default()
    })
}

/// One audit, less what was not asked for, with what the baseline knows marked.
pub(super) fn look(args: &Args, request: &Request, context: &Context) -> Result<Report, Failure> {
    let mut report = amorsize_audit::run(request).map_err(|error| cannot(&error))?;
    if let Some(revision) = &args.since {
        keep_changed(&mut report, &args.paths, revision)?;
    }
    known(args, &mut report, context)?;
    Ok(report)
}

pub(super) fn cannot(error: &amorsize_audit::Error) -> Failure {
    Failure::cannot(format!("could not audit: {error}"))
        .hint("name trees or files that are there; patterns and rows are those of amorsize.toml")
}

/// The patterns of `audit.exclude`.
fn excluded(context: &Context) -> Vec<String> {
    let patterns = context.settings.value("audit.exclude").and_then(toml::Value::as_array);
    patterns.into_iter().flatten().filter_map(|word| Some(word.as_str()?.to_owned())).collect()
}

/// The rows of `audit.api`, as the vocabulary reads them.
fn rows(context: &Context) -> Result<String, Failure> {
    let Some(rows) = context.settings.value("audit.api") else { return Ok(String::new()) };
    let audit = toml::Table::from_iter([("api".to_owned(), rows.clone())]);
    let whole = toml::Table::from_iter([("audit".to_owned(), toml::Value::Table(audit))]);
    toml::to_string(&whole).map_err(|error| {
        Failure::cannot(format!("{}: {error}", context.settings.origin("audit.api")))
    })
}

/// Where results are remembered.
fn store(context: &Context) -> Option<PathBuf> {
    let folder = context.environment.cache_directory()?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("audit.sqlite"))
}

/// Tells this build from any other: what one build remembers says nothing about another's rules.
fn analyser() -> String {
    let built = std::env::current_exe().and_then(std::fs::metadata);
    let stamp = built.and_then(|meta| Ok((meta.len(), meta.modified()?)));
    format!("{} {stamp:?}", env!("CARGO_PKG_VERSION"))
}

fn severity(given: &str) -> Result<Severity, String> {
    given.parse().map_err(|error: amorsize_finding::UnknownWord| error.to_string())
}

fn rules() -> Vec<String> {
    amorsize_audit::RULES.iter().map(|rule| format!("CTA{}", rule.id)).collect()
}

fn rule(given: &str) -> Result<RuleId, String> {
    let id: RuleId = given.parse().map_err(|error| format!("{error}"))?;
    if amorsize_audit::rule(id.number()).is_some() {
        return Ok(id);
    }
    let known: Vec<String> =
        amorsize_audit::RULES.iter().map(|rule| format!("CTA{}", rule.id)).collect();
    match nearest(given, known.iter().map(String::as_str)) {
        Some(known) => Err(format!("there is no rule {given}; did you mean {known}?")),
        None => Err(format!("there is no rule {given}; `amorsize explain` lists them")),
    }
}

/// Marks what the baseline knows, and keeps the baseline no longer than it has to be.
fn known(args: &Args, report: &mut Report, context: &Context) -> Result<(), Failure> {
    let Some(path) = &args.baseline else { return Ok(()) };
    if args.write_baseline {
        let baseline = Baseline::of(&report.findings);
        context.output.file(path, baseline.to_json().as_bytes())?;
        baseline.apply(&mut report.findings);
        report.sort();
        return Ok(());
    }
    let baseline = Baseline::read(path).map_err(|error| {
        Failure::cannot(error).hint("`--write-baseline` writes one with the present findings")
    })?;
    baseline.apply(&mut report.findings);
    // Only a whole look can tell that a finding is gone.
    let whole = args.since.is_none() && args.rule.is_empty() && report.coverage.is_complete();
    let stale = baseline.stale(&report.findings);
    if whole && stale > 0 {
        let shrunk = baseline.shrunk(&report.findings);
        context.output.file(path, shrunk.to_json().as_bytes())?;
        context.output.talk(format!("{}: {stale} findings are gone", path.display()));
    }
    report.sort();
    Ok(())
}

/// Keeps the findings in files that differ from a revision.
fn keep_changed(report: &mut Report, roots: &[PathBuf], revision: &str) -> Result<(), Failure> {
    let mut changed: Vec<(u32, String)> = Vec::new();
    for (number, root) in (0_u32..).zip(roots) {
        let folder = if root.is_dir() { root.as_path() } else { root.parent().unwrap_or(root) };
        let names = |arguments: &[&str]| {
            let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
            match output {
                Ok(output) if output.status.success() => {
                    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
                }
                Ok(output) => Err(Failure::cannot(format!(
                    "git does not know {revision:?}: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                ))),
                Err(error) => Err(Failure::cannot(format!("could not run git: {error}"))),
            }
        };
        let against = names(&["diff", "--name-only", "--relative", "-z", revision, "--", "."])?;
        let new = names(&["ls-files", "--others", "--exclude-standard", "-z", "--", "."])?;
        let all = against.split('\0').chain(new.split('\0')).filter(|name| !name.is_empty());
        changed.extend(all.map(|name| (number, name.to_owned())));
    }
    report.findings.retain(|finding| {
        changed.iter().any(|(root, path)| *root == finding.root && *path == finding.path)
    });
    report.sort();
    Ok(())
}
