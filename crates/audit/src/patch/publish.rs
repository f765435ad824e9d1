//! Files that are published whole: a temporary name that nobody else has, in the same folder, and a
//! rename onto the name that others read.

use amorsize_facts::event::{EventKind, FileFacts, Lang};
use amorsize_finding::{Edit, Finding};

use super::lines::{Lines, first_argument, mentions};
use super::modules::import;
use super::propose::{Proposal, edit_between, function_at, whole_lines};

/// Proposes a name of its own for every writer.
pub(super) fn apart(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Proposal> {
    let lines = Lines::of(text);
    let (edit, wanted) = match facts.lang {
        Lang::Python => own_suffix(facts, text, finding)
            .or_else(|| opened_elsewhere(facts, &lines, finding))
            .or_else(|| written_elsewhere(&lines, finding))?,
        Lang::Go => own_name(&lines, finding).or_else(|| moved_onto(facts, &lines, finding))?,
        _ => return None,
    };
    let mut edits = vec![edit];
    for module in wanted {
        edits.extend(import(facts, &lines, finding, module)?);
    }
    Some(Proposal { edits, safe: true, says: None })
}

/// The edit, and the modules that what it puts in needs.
type Change = (Edit, &'static [&'static str]);

const OF_PROCESS: &[&str] = &["os", "time"];
const UNIQUE: &str = ".{os.getpid()}.{time.monotonic_ns()}.tmp";

/// `path + ".tmp"`, `f"{path}.tmp"` and `path.with_suffix(".tmp")` get the process and the time as well.
fn own_suffix(facts: &FileFacts, text: &str, finding: &Finding) -> Option<Change> {
    let function = function_at(facts, finding.act.line)?;
    let opened = finding.check.as_ref().map_or(0, |check| check.line);
    let mut place = None;
    function.each_event(|event| {
        if let EventKind::Act(act) = &event.kind
            && event.span.line == opened
            && let Some(value) = act.key.value
        {
            place = Some(function.value(value).span);
        }
    });
    let place = place?;
    let code = place.text(text);
    let at = code.rfind(".tmp\"")?;
    if code.contains('\n') || !code.is_ascii() {
        return None;
    }
    let (before, after) = (&code[..at], &code[at + 5..]);
    let formatted = before.strip_suffix('"').is_none();
    let fixed = match before.strip_suffix('"') {
        Some(before) => format!("{before}f\"{UNIQUE}\"{after}"),
        None if before.starts_with("f\"") && formatted => format!("{before}{UNIQUE}\"{after}"),
        None => return None,
    };
    let ends = place.column + u32::try_from(code.chars().count()).ok()?;
    let from = (place.line, place.column);
    Some((edit_between(finding, from, (place.end_line, ends), fixed), OF_PROCESS))
}

/// Names that the function does not use yet: for the draft, and for the path where it is an expression.
fn unused(lines: &Lines<'_>, facts: &FileFacts, line: u32) -> Option<[&'static str; 2]> {
    let function = function_at(facts, line)?;
    let body = lines.moved(function.span.line, function.span.end_line, "");
    let free = |names: [&'static str; 2]| names.into_iter().find(|name| !mentions(&body, name));
    Some([free(["temporary", "unpublished"])?, free(["target", "published"])?])
}

/// `with open(path, "w") as file:` writes beside the file, which is then replaced.
fn opened_elsewhere(facts: &FileFacts, lines: &Lines<'_>, finding: &Finding) -> Option<Change> {
    let head = finding.act.line;
    let (indent, code) = (lines.indent(head)?, lines.code(head)?);
    let opened = finding.act.text.as_str();
    let (before, after) = code.split_once(opened)?;
    let end = lines.block_end(head)?;
    let [name, target] = unused(lines, facts, head)?;
    let body = lines.moved(head + 1, end, "");
    let leaves = ["return", "yield", "break", "continue"].iter().any(|word| mentions(&body, word));
    if leaves || !before.starts_with("with ") || !after.starts_with(" as ") {
        return None;
    }
    let given = opened.strip_suffix(')')?;
    let (path, make, opens, publish);
    if let Some(given) = given.strip_prefix("open(") {
        let rest;
        (path, rest) = first_argument(given)?;
        let onto = if is_path(path) { path } else { target };
        make = format!("{name} = f\"{{{onto}}}{UNIQUE}\"");
        opens = format!("open({name}, {rest})");
        publish = format!("os.replace({name}, {onto})");
    } else {
        let rest;
        (path, rest) = given.split_once(".open(").filter(|(path, _)| is_path(path))?;
        make = format!("{name} = {path}.with_name(f\"{{{path}.name}}{UNIQUE}\")");
        opens = format!("{name}.open({rest})");
        publish = format!("{name}.replace({path})");
    }
    let of_head = |name: &str| mentions(path, name.split(',').next().unwrap_or(name).trim());
    if !["\"w\"", "\"wb\"", "'w'", "'wb'"].iter().any(|mode| opens.contains(mode))
        || before.split(" as ").skip(1).any(of_head)
    {
        return None;
    }
    let bound = match is_path(path) {
        true => String::new(),
        false => format!("{indent}{target} = {path}\n"),
    };
    let fixed =
        format!("{bound}{indent}{make}\n{indent}{before}{opens}{after}\n{body}{indent}{publish}\n");
    Some((whole_lines(finding, head, end, fixed), OF_PROCESS))
}

/// `path.write_text(data)` likewise.
fn written_elsewhere(lines: &Lines<'_>, finding: &Finding) -> Option<Change> {
    let line = finding.act.line;
    let (indent, code) = (lines.indent(line)?, lines.code(line)?);
    let (path, write) = [".write_text(", ".write_bytes("]
        .iter()
        .find_map(|write| Some((code.split_once(write)?.0, write)))?;
    if !is_path(path) || !code.ends_with(')') {
        return None;
    }
    let rest = code.strip_prefix(path)?.strip_prefix(write)?;
    let fixed = format!(
        "{indent}temporary = {path}.with_name(f\"{{{path}.name}}{UNIQUE}\")\n\
         {indent}temporary{write}{rest}\n{indent}temporary.replace({path})\n"
    );
    Some((whole_lines(finding, line, line, fixed), OF_PROCESS))
}

/// Whether an expression can stand twice and within a text: a name, or a field.
fn is_path(code: &str) -> bool {
    !code.is_empty() && code.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

const OF_GO: &[&str] = &["fmt", "os", "time"];

fn go_name(path: &str) -> String {
    format!("fmt.Sprintf(\"%s.%d.%d.tmp\", {path}, os.Getpid(), time.Now().UnixNano())")
}

/// `tmp := path + ".tmp"` gets the process and the time as well.
fn own_name(lines: &Lines<'_>, finding: &Finding) -> Option<Change> {
    let opened = finding.check.as_ref()?.line;
    let (line, name, path) = (1..=opened).rev().take(40).find_map(|number| {
        let (name, made) = lines.code(number)?.split_once(" := ")?;
        let path = made.strip_suffix(" + \".tmp\"")?;
        (is_path(name) && is_path(path)).then_some((number, name, path))
    })?;
    if !mentions(lines.at(opened)?, name) {
        return None;
    }
    let fixed = format!("{}{name} := {}\n", lines.indent(line)?, go_name(path));
    Some((whole_lines(finding, line, line, fixed), OF_GO))
}

/// `os.WriteFile(path, …)` writes beside the file, which is then renamed.
fn moved_onto(facts: &FileFacts, lines: &Lines<'_>, finding: &Finding) -> Option<Change> {
    let line = finding.act.line;
    let (indent, code) = (lines.indent(line)?, lines.code(line)?);
    let call =
        ["os.WriteFile(", "ioutil.WriteFile("].into_iter().find(|call| code.contains(call))?;
    let (before, given) = code.split_once(call)?;
    let (path, rest) = first_argument(given)?;
    let [name, target] = unused(lines, facts, line)?;
    let (onto, bound) = match is_path(path) {
        true => (path, String::new()),
        false => (target, format!("{indent}{target} := {path}\n")),
    };
    let made = format!("{bound}{indent}{name} := {}\n", go_name(onto));
    let renamed = format!("os.Rename({name}, {onto})");
    let written = format!("{indent}{before}{call}{name}, {rest}\n");
    if before == "return " && rest.ends_with(')') {
        let fixed = format!(
            "{made}{indent}if err := {call}{name}, {rest}; err != nil {{\n{indent}\treturn err\n{indent}}}\n\
             {indent}return {renamed}\n"
        );
        return Some((whole_lines(finding, line, line, fixed), OF_GO));
    }
    if before == "err := " || before == "err = " {
        (rest.ends_with(')') && lines.code(line + 1)? == "if err != nil {").then_some(())?;
        let fixed = format!(
            "{made}{written}{indent}if err == nil {{\n{indent}\terr = {renamed}\n{indent}}}\n"
        );
        return Some((whole_lines(finding, line, line, fixed), OF_GO));
    }
    let end = lines.closing(line)?;
    if !["if err := ", "if err = "].contains(&before) || !rest.ends_with("); err != nil {") {
        return None;
    }
    let body = lines.moved(line + 1, end, "");
    let fixed = format!("{made}{written}{body}{indent}{before}{renamed}; err != nil {{\n{body}");
    Some((whole_lines(finding, line, end, fixed), OF_GO))
}
