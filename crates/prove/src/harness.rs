//! From an audit finding to an experiment: a harness to edit, and the command line that runs it.
//!
//! What a finding cannot know (how an object is made, which arguments show the race) is left as a marked gap whose
//! setup fails until it is filled, so that an unedited harness gives no verdict instead of a green one.

use amorsize_finding::Finding;
use std::fmt::Write as _;

/// A harness in the language of the finding's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Harness {
    /// The name of the file it is meant for.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The command line that runs it.
    pub command: String,
}

/// Writes a harness for a finding; nothing for a language without a driver.
#[must_use]
pub fn harness(finding: &Finding) -> Option<Harness> {
    let (_, ending) = finding.path.rsplit_once('.')?;
    match ending {
        "py" => Some(python(finding)),
        "go" => Some(go(finding)),
        _ => None,
    }
}

/// What is known about the finding, as comment lines.
fn about(finding: &Finding, mark: &str) -> String {
    let line = |text: &str| crate::outcome::one_line(text, 200);
    let mut text = format!("{mark} {}: {}\n", finding.rule, line(&finding.title));
    writeln!(text, "{mark} {}:{} in {}", finding.path, finding.act.line, finding.function).ok();
    if let Some(check) = &finding.check {
        writeln!(text, "{mark}   check  line {}: {}", check.line, line(&check.text)).ok();
    }
    writeln!(text, "{mark}   act    line {}: {}", finding.act.line, line(&finding.act.text)).ok();
    if let Some(witness) = &finding.witness {
        writeln!(text, "{mark}   from   {}", line(&witness.initial)).ok();
        for step in &witness.steps {
            let result = step.result.as_deref().map(|result| format!(" -> {}", line(result)));
            let result = result.unwrap_or_default();
            writeln!(text, "{mark}     {}: {}{result}", step.actor, line(&step.effect)).ok();
        }
        writeln!(text, "{mark}   comes to  {}", line(&witness.outcome)).ok();
    }
    text
}

fn stem(finding: &Finding) -> String {
    let short: String = finding.rule.to_string().to_lowercase();
    format!("prove_{short}_{}", finding.act.line)
}

fn python(finding: &Finding) -> Harness {
    let file = format!("{}.py", stem(finding));
    let module =
        finding.path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
    let (owner, name) = match finding.function.rsplit_once('.') {
        Some((owner, name)) => (Some(owner), name),
        None => (None, finding.function.as_str()),
    };
    let subject = match owner {
        Some(owner) => format!("subject.{owner}(...)  # how is it made?"),
        None => "None  # what does it work on?".to_owned(),
    };
    let call = match owner {
        Some(_) => format!("state.{name}(...)"),
        None => format!("subject.{name}(...)"),
    };
    let text = format!(
        "{}import importlib\n\nGAP = NotImplementedError(\"fill the gaps marked ... in this file\")\n\n\n\
         def setup():\n    \"\"\"Prepares the state both orders start from.\"\"\"\n    raise GAP\n    \
         subject = importlib.import_module({module:?})\n    return {subject}\n\n\n\
         def a(state):\n    subject = importlib.import_module({module:?})\n    return {call}\n\n\n\
         def b(state):\n    subject = importlib.import_module({module:?})\n    return {call}\n\n\n\
         def probe(state):\n    \"\"\"What is left of {}, key {}.\"\"\"\n    return ...\n",
        about(finding, "#"),
        crate::outcome::one_line(&finding.store, 80).replace('"', "'"),
        crate::outcome::one_line(&finding.key, 80).replace('"', "'"),
    );
    let command = format!(
        "amorsize prove --setup py:{file}:setup --a py:{file}:a --b py:{file}:b --probe py:{file}:probe --on py:{}:{}",
        finding.path, finding.function
    );
    Harness { file, text, command }
}

fn go(finding: &Finding) -> Harness {
    let folder = stem(finding);
    let package = finding.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let function = finding.function.replace(['(', ')', '*'], "");
    let text = format!(
        "{}\npackage main\n\nimport \"errors\"\n\n// Import the package in {package} here, and fill the gaps.\n\n\
         func Setup() error {{ return errors.New(\"fill the gaps in this file\") }}\n\n\
         func A() any {{ return nil /* call {function} */ }}\n\n\
         func B() any {{ return nil /* call {function}, or what else writes {} */ }}\n\n\
         func Probe() string {{ return \"\" /* what is left */ }}\n",
        about(finding, "//"),
        crate::outcome::one_line(&finding.store, 80).replace("*/", "* /"),
    );
    let name = function.rsplit_once('/').map_or(function.as_str(), |(_, name)| name);
    let command = format!(
        "amorsize prove --setup go:{folder}:Setup --a go:{folder}:A --b go:{folder}:B --probe go:{folder}:Probe \
         --on go:IMPORT/PATH/OF/{package}.{name}"
    );
    Harness { file: format!("{folder}/harness.go"), text, command }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finding(path: &str, function: &str) -> Finding {
        serde_json::from_value(json!({
            "rule": "CTA101", "verdict": "open", "severity": "error", "consequence": "double-win",
            "title": "two callers both win", "message": "", "confidence": "high", "path": path,
            "function": function, "store": "self.data", "key": "key",
            "act": {"line": 14, "column": 9, "text": "self.data[key] = value"},
            "fingerprint": "0123456789abcdef"
        }))
        .unwrap()
    }

    #[test]
    fn a_python_finding_becomes_a_harness_that_fails_until_it_is_filled() {
        let harness = harness(&finding("pkg/memo.py", "Cache.add")).unwrap();
        assert_eq!(harness.file, "prove_cta101_14.py");
        assert!(harness.text.contains("raise GAP"), "{}", harness.text);
        assert!(harness.text.contains("import_module(\"pkg.memo\")"), "{}", harness.text);
        assert!(harness.text.contains("state.add(...)"), "{}", harness.text);
        assert!(harness.command.contains("--on py:pkg/memo.py:Cache.add"), "{}", harness.command);
    }

    #[test]
    fn a_go_finding_becomes_a_package_and_others_nothing() {
        let found =
            harness(&finding("tools/cache/delta_fifo.go", "(*DeltaFIFO).syncKeyLocked")).unwrap();
        assert!(found.text.contains("package main"));
        assert!(found.command.contains("tools/cache.DeltaFIFO.syncKeyLocked"), "{}", found.command);
        assert_eq!(harness(&finding("a.java", "A.b")), None);
    }
}
