//! `amorsize audit`: finds code whose answers depend on the schedule, the coin or a swallowed error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use amorsize_audit::{Baseline, Request};
use amorsize_finding::{Edit, Finding, Report, RuleId, Severity, Verdict};

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
    paths: Vec<PathBuf>,

    #[command(flatten)]
    to: ReportArgs,

    /// Exit with 1 if a finding is at least this severe: note, warning, error
    #[arg(long, value_name = "SEVERITY", default_value = "warning", value_parser = severity)]
    fail_on: Severity,

    /// Only these rules
    #[arg(
        long,
        value_name = "CTA101,...",
        value_delimiter = ',',
        value_parser = offering(rule, rules),
        hide_possible_values = true
    )]
    rule: Vec<RuleId>,

    /// Findings in this file are known; it shrinks by itself
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all present findings to the baseline
    #[arg(long, requires = "baseline")]
    write_baseline: bool,

    /// Only findings in files that changed since this revision
    #[arg(long, value_name = "REV")]
    since: Option<String>,

    /// Print the patches of mechanical fixes and nothing else
    #[arg(long, conflicts_with = "fix")]
    diff: bool,

    /// Apply the patches whose witness is gone afterwards
    #[arg(long)]
    fix: bool,

    /// Exit with 0 although something asked for was not looked at
    #[arg(long)]
    allow_incomplete: bool,

    /// Threads; as many as there are cores by default
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,

    /// Analyse everything afresh and remember nothing
    #[arg(long)]
    no_cache: bool,

    /// Look at tests, vendored code and examples as well
    #[arg(long)]
    include_tests: bool,
}

/// Audits, writes the reports, and answers with the exit code.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let request = Request {
        roots: args.paths.clone(),
        all: args.to.all,
        include_tests: args.include_tests,
        exclude: excluded(context),
        api: rows(context)?,
        rules: args.rule.clone(),
        jobs: args.jobs,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: if args.no_cache { None } else { store(context) },
        analyser: analyser(),
    };
    let mut report = amorsize_audit::run(&request).map_err(|error| {
        Failure::cannot(format!("could not audit: {error}")).hint(
            "name trees or files that are there; patterns and rows are those of amorsize.toml",
        )
    })?;
    if let Some(revision) = &args.since {
        keep_changed(&mut report, &args.paths, revision)?;
    }
    known(args, &mut report, context)?;
    if args.diff || args.fix {
        return patches(args, &report, context);
    }
    reports::write(&report, &args.to, context)?;
    Ok(report.exit_code(args.fail_on, args.allow_incomplete))
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

/// Prints or applies the patches. All patches of one file are made for the text that was audited, so
/// they are applied to it together; a file that has changed since is left alone.
fn patches(args: &Args, report: &Report, context: &Context) -> Outcome {
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
