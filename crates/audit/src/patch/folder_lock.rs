//! A file that is judged and then removed by its name: no system call removes a file only if it is
//! still the one that was judged. Where everybody who puts such files in place stands in one module,
//! one lock on the folder does it, held from the look to the removal and around each rename.

use amorsize_facts::event::{Act, ActKind, Event, EventKind, FileFacts, Lang, StoreKind};
use amorsize_finding::{Edit, Finding};

use super::lines::{Lines, mentions};
use super::modules::{before_definitions, import};
use super::propose::{Proposal, edit_between, whole_lines};

const HELPER: &str = "\
@contextlib.contextmanager
def _folder_locked(path):
    \"\"\"Keep out whoever locks the same folder, in this process or another.\"\"\"
    folder = os.open(os.path.dirname(path) or \".\", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


";
const LOCKED: &str = "with _folder_locked(";

/// Proposes the lock, its holding around judging and removing, and around each rename.
pub(super) fn judged_and_removed(
    facts: &FileFacts,
    text: &str,
    finding: &Finding,
) -> Option<Proposal> {
    if facts.lang != Lang::Python || finding.store != "files" {
        return None;
    }
    let lines = Lines::of(text);
    let path = removed(&finding.act.text)?;
    let own = lines.cover(finding.check.as_ref()?.line, finding.act.line)?;
    let mut edits = vec![held(facts, &lines, finding, (own, path))?];
    let mut writers = Vec::new();
    for function in &facts.functions {
        let mut puts: Vec<(&Event, &Act)> = Vec::new();
        function.each_event(|event| {
            if let EventKind::Act(act) = &event.kind
                && function.store(act.store).kind == StoreKind::File
            {
                puts.push((event, act));
            }
        });
        for (event, act) in &puts {
            let renames = puts.iter().any(|(_, act)| act.kind == ActKind::Rename);
            let in_place = match act.kind {
                ActKind::Rename => true,
                // What a function writes before it renames something is the draft.
                ActKind::Create | ActKind::OpenWrite | ActKind::Write => !renames,
                _ => false,
            };
            if !in_place {
                continue;
            }
            writers.push(function.name.as_str());
            let line = event.span.line;
            if locked_around(&lines, line) {
                continue;
            }
            let place = lines.cover(line, event.span.end_line)?;
            // What is within the section already needs no lock of its own.
            if own.0 <= place.0 && place.1 <= own.1 {
                continue;
            }
            edits.push(held(facts, &lines, finding, (place, put(event.span.text(text))?))?);
        }
    }
    let section = lines.moved(own.0, own.1, "");
    if writers.is_empty() || writers.iter().any(|name| mentions(&section, name)) {
        return None;
    }
    if !facts.functions.iter().any(|function| function.name.as_str() == "_folder_locked") {
        let line = before_definitions(facts, &lines)?;
        edits.push(edit_between(finding, (line, 1), (line, 1), HELPER.to_owned()));
        for module in ["contextlib", "fcntl", "os"] {
            edits.extend(import(facts, &lines, finding, module)?);
        }
    }
    edits.dedup();
    Some(Proposal {
        edits,
        safe: false,
        says: Some(
            "Hold one lock on the folder from the look to the removal, and wherever a file is put in \
             place (`flock` is not there on Windows).",
        ),
    })
}

/// The path that a call removes.
fn removed(call: &str) -> Option<&str> {
    let given = ["os.remove(", "os.unlink("]
        .iter()
        .find_map(|word| call.strip_prefix(word)?.strip_suffix(')'));
    let path = given.or_else(|| Some(call.split_once(".unlink(")?.0))?;
    plain(path).then_some(path)
}

/// The path that a call puts a file at.
fn put(call: &str) -> Option<&str> {
    let given = call.rsplit_once(')').map_or(call, |(given, _)| given);
    let onto = ["os.replace(", "os.rename(", "shutil.move("]
        .iter()
        .find_map(|word| given.strip_prefix(word)?.split_once(", "))
        .map(|(_, onto)| onto)
        .or_else(|| {
            [".replace(", ".rename("].iter().find_map(|word| Some(given.split_once(word)?.1))
        });
    let written = || {
        given.strip_prefix("open(").map(|given| given.split(',').next().unwrap_or(given)).or_else(
            || [".open(", ".write_"].iter().find_map(|word| Some(given.split_once(word)?.0)),
        )
    };
    onto.or_else(written)
}

/// Whether an expression costs nothing to say again.
fn plain(path: &str) -> bool {
    !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

/// Whether a helper of the file builds the path, and does nothing else.
fn built(facts: &FileFacts, path: &str) -> bool {
    let Some((name, given)) = path.strip_suffix(')').and_then(|call| call.split_once('(')) else {
        return false;
    };
    let name = name.rsplit('.').next().unwrap_or(name);
    let helper = facts.functions.iter().find(|function| function.name.as_str() == name);
    let acts = |function: &amorsize_facts::event::Function| {
        let mut acts = false;
        function.each_event(|event| acts |= matches!(event.kind, EventKind::Act(_)));
        acts
    };
    plain(given) && helper.is_some_and(|helper| !acts(helper))
}

fn locked_around(lines: &Lines<'_>, line: u32) -> bool {
    (1..line).rev().take(60).any(|head| {
        lines.code(head).is_some_and(|code| code.starts_with(LOCKED))
            && lines.block_end(head).is_some_and(|end| end >= line)
    })
}

/// The statements of some lines, under the lock.
fn held(
    facts: &FileFacts,
    lines: &Lines<'_>,
    finding: &Finding,
    ((first, last), path): ((u32, u32), &str),
) -> Option<Edit> {
    let section = lines.moved(first, last, "    ");
    let unfit = ["\"\"\"", "'''", "yield", "await "];
    let root = path.split('.').next()?;
    let made = (first..=last).any(|line| {
        lines.code(line).is_some_and(|code| {
            code.starts_with(&format!("{root} = "))
                || code.contains(&format!(" as {root}:"))
                || code.starts_with(&format!("for {root} in"))
        })
    });
    if made
        || !plain(path) && !built(facts, path)
        || unfit.iter().any(|word| section.contains(word))
    {
        return None;
    }
    let fixed = format!("{}{LOCKED}{path}):\n{section}", lines.indent(first)?);
    Some(whole_lines(finding, first, last, fixed))
}
