//! The way from a finding to a decision: write the harness, let it be filled in, take it as it stands.
//!
//! A harness that is there is never overwritten: it is what the person made of it.

use crate::context::Context;
use crate::failure::Failure;
use amorsize_finding::{ExitCode, Finding, ProofNote, Verdict};
use amorsize_prove::Harness;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How far the harness of a finding is.
pub(super) enum Ready {
    /// It can be run.
    Decide(Box<Harness>),
    /// It was shown, or something is still to be filled in.
    Not(ExitCode),
}

#[derive(serde::Deserialize)]
struct Report {
    #[serde(default)]
    roots: Vec<Root>,
    findings: Vec<Finding>,
}

#[derive(serde::Deserialize)]
struct Root {
    path: PathBuf,
}

/// Finds the finding, and brings its harness as far as it comes.
pub(super) fn ready(
    name: &str,
    (print, edit, python): (bool, bool, &Path),
    context: &Context,
) -> Result<Ready, Failure> {
    let (finding, tree) = find(name)?;
    let source = tree.join(&finding.path);
    if std::fs::symlink_metadata(&source).is_err() {
        return Err(Failure::cannot(format!("{} is not here", source.display()))
            .hint("start it in the folder in which the audit was started"));
    }
    if let Some(why) = amorsize_prove::no_schedule(&finding) {
        let what = format!("{}:{} {}", finding.path, finding.act.line, finding.title);
        context.output.data(&format!(
            "NO VERDICT  there is no schedule to force: {why}\n\n  {}  {what}\n  run {} by itself and compare with the witness in the report\n",
            finding.rule, finding.function
        ))?;
        return Ok(Ready::Not(ExitCode::Incomplete));
    }
    let python = python.to_string_lossy();
    let Some(harness) = amorsize_prove::harness(&finding, &tree, &python) else {
        return Err(Failure::cannot(format!(
            "{}: harnesses are written for Python and for Go packages that can be imported",
            finding.path
        ))
        .hint("name the operations yourself with --setup, --a, --b, --probe and --on"));
    };
    if print {
        context.output.data(&harness.text)?;
        context.output.talk(format!(
            "save it as {} and run:\n  {}",
            harness.file,
            harness.command()
        ));
        return Ok(Ready::Not(ExitCode::Clean));
    }
    let file = context.environment.current_directory.join(&harness.file);
    let is_new = std::fs::symlink_metadata(&file).is_err();
    if is_new {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&file, &harness.text)?;
        context.output.talk(format!("wrote {}:\n\n{}", harness.file, harness.text));
    } else {
        context.output.talk(format!("{} is there and is taken as it stands", harness.file));
    }
    if edit {
        open_editor(&file, context)?;
    }
    let text = amorsize_os::files::read_bounded(&file, 64 << 20)?;
    let gaps = Harness::gaps_in(&String::from_utf8_lossy(&text));
    if gaps.is_empty() {
        context.output.talk(format!("running\n  {}\n", harness.command()));
        return Ok(Ready::Decide(Box::new(harness)));
    }
    let mut out = format!(
        "NO VERDICT  the harness {} has {} to be filled in\n\n",
        harness.file,
        if gaps.len() == 1 { "one gap".to_owned() } else { format!("{} gaps", gaps.len()) }
    );
    for gap in &gaps {
        writeln!(out, "  {gap}").ok();
    }
    writeln!(out, "\n  then  amorsize prove '{name}'").ok();
    context.output.data(&out)?;
    Ok(Ready::Not(ExitCode::Incomplete))
}

/// Writes the report with a proof next to its finding; everything else stays as it was read.
pub(super) fn attach(
    name: &str,
    note: &ProofNote,
    into: &Path,
    context: &Context,
) -> Result<(), Failure> {
    let (finding, _) = find(name)?;
    let (path, _) = name.rsplit_once('#').unwrap_or((name, ""));
    let bytes = amorsize_os::files::read_bounded(Path::new(path), 256 << 20)?;
    let broken = |error: serde_json::Error| Failure::cannot(format!("{path}: {error}"));
    let mut report: serde_json::Value = serde_json::from_slice(&bytes).map_err(broken)?;
    let wanted = finding.fingerprint.to_string();
    let findings = report.get_mut("findings").and_then(serde_json::Value::as_array_mut);
    let Some(found) = findings.and_then(|findings| {
        findings.iter_mut().find(|finding| finding["fingerprint"] == wanted.as_str())
    }) else {
        return Err(Failure::cannot(format!("{path} is a finding and no report"))
            .hint("name a report of `amorsize audit --format json`"));
    };
    found["proof"] = serde_json::to_value(note).map_err(broken)?;
    let mut text = serde_json::to_string(&report).map_err(broken)?;
    text.push('\n');
    context.output.file(into, text.as_bytes())
}

fn open_editor(file: &Path, context: &Context) -> Result<(), Failure> {
    let named = ["VISUAL", "EDITOR"].iter().find_map(|name| context.environment.get(name));
    let editor = named.filter(|editor| !editor.trim().is_empty()).unwrap_or("vi");
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("{editor} \"$1\""), "editor"])
        .arg(file)
        .status()
        .map_err(|error| Failure::cannot(format!("could not start {editor}: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::cannot(format!("{editor} ended with {status}")).hint("set EDITOR"))
}

fn is_undecided(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Open | Verdict::Conditional)
}

/// The finding that is named, and the tree its path is relative to.
fn find(name: &str) -> Result<(Finding, PathBuf), Failure> {
    let (path, wanted) = name.rsplit_once('#').unwrap_or((name, ""));
    let bytes = amorsize_os::files::read_bounded(Path::new(path), 256 << 20)?;
    let report = match serde_json::from_slice::<Report>(&bytes) {
        Ok(report) => report,
        Err(error) => match serde_json::from_slice::<Finding>(&bytes) {
            Ok(finding) => Report { roots: vec![], findings: vec![finding] },
            Err(_) => {
                return Err(Failure::cannot(format!("{path}: not a report of findings: {error}"))
                    .hint("make one with `amorsize audit --format json`"));
            }
        },
    };
    let mut found: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.fingerprint.to_string().starts_with(wanted))
        .collect();
    // What is closed stands in the report too, at times under the same fingerprint.
    if found.iter().filter(|finding| is_undecided(finding)).count() == 1 {
        found.retain(|finding| is_undecided(finding));
    }
    let finding = match found.as_slice() {
        [finding] => (*finding).clone(),
        [] => {
            let what = if wanted.is_empty() {
                "no findings".to_owned()
            } else {
                format!("no finding {wanted}")
            };
            return Err(Failure::cannot(format!("{path}: {what}")));
        }
        several => {
            let names = several.iter().take(20).map(|finding| {
                let short: String = finding.fingerprint.to_string().chars().take(8).collect();
                format!(
                    "\n  {path}#{short}  {} {}:{}  {}",
                    finding.rule, finding.path, finding.act.line, finding.title
                )
            });
            let names: String = names.collect();
            return Err(Failure::cannot(format!(
                "{path}: {} findings; name one:{names}",
                several.len()
            )));
        }
    };
    let tree = usize::try_from(finding.root).ok().and_then(|root| report.roots.get(root));
    let tree = tree.map(|root| root.path.clone()).unwrap_or_default();
    // A root that is a file names it twice.
    let is_file = std::fs::symlink_metadata(&tree).is_ok_and(|of| of.is_file());
    let tree =
        if is_file { tree.parent().map(Path::to_path_buf).unwrap_or_default() } else { tree };
    Ok((finding, tree))
}
