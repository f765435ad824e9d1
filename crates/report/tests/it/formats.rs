//! Each format against its own grammar: JSON against the published schema, SARIF against the standard's,
//! XML, Markdown and HTML through a parser.

use amorsize_finding::Report;
use amorsize_report::{Format, NoSources, Options, from_json, render};
use serde_json::Value;

use crate::{sample, schemas};

pub(crate) const OPTIONS: Options<'static> =
    Options { sources: &sample::sources, columns: Some(100), color: false, all: true, link: None };

pub(crate) fn validator(name: &str) -> jsonschema::Validator {
    let (_, text) = schemas::all().into_iter().find(|(known, _)| *known == name).expect("a schema");
    let schema = serde_json::from_str(&text).expect("JSON");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

#[track_caller]
pub(crate) fn validate(validator: &jsonschema::Validator, text: &str) {
    let value: Value = serde_json::from_str(text).expect("JSON");
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn committed_schemas_are_up_to_date() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    for (name, text) in schemas::all() {
        let have = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(have == text, "docs/schema/{name} is out of date: run `cargo xtask generate`");
    }
}

#[test]
fn json_follows_its_schema_and_comes_back() {
    let report = sample::report();
    let text = render(&report, Format::Json, &OPTIONS);
    validate(&validator("report.schema.json"), &text);
    assert_eq!(from_json(&text).unwrap(), report);
}

#[test]
fn every_line_of_jsonl_follows_its_schema() {
    let validator = validator("report-lines.schema.json");
    let text = render(&sample::report(), Format::Jsonl, &OPTIONS);
    assert_eq!(text.lines().count(), 2 + sample::report().findings.len());
    text.lines().for_each(|line| validate(&validator, line));
}

#[test]
fn a_comparison_follows_its_schema() {
    let old = sample::report();
    let mut new = sample::report();
    new.findings.remove(0);
    let diff = amorsize_report::diff::diff(&old, &new);
    validate(&validator("diff.schema.json"), &diff.json());
}

#[test]
fn other_json_is_refused_with_its_reason() {
    let refusal = |text: &str| from_json(text).unwrap_err().to_string();
    assert!(refusal("[]").contains("not a report"), "{}", refusal("[]"));
    let other = refusal(r#"{"schema":"amorsize-report/99"}"#);
    assert!(other.contains("amorsize-report/99"), "{other}");
}

/// The schema of the standard is fetched by `cargo xtask setup`, not committed.
#[expect(clippy::print_stderr, reason = "a check that was left out is said aloud")]
pub(crate) fn sarif_validator() -> Option<jsonschema::Validator> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/fetched/sarif-2.1.0.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        assert!(
            std::env::var_os("AMORSIZE_STRICT").is_none(),
            "the SARIF schema is missing: run `cargo xtask setup`"
        );
        eprintln!("SKIPPED: SARIF not checked against its schema; run `cargo xtask setup`");
        return None;
    };
    // One pattern of the standard's own file is no valid expression: it closes a bracket it never opened.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    Some(jsonschema::validator_for(&schema).expect("a valid schema"))
}

#[test]
fn sarif_follows_the_standard() {
    let Some(validator) = sarif_validator() else { return };
    validate(&validator, &render(&sample::report(), Format::Sarif, &OPTIONS));
    validate(&validator, &render(&Report::new("0", vec![]), Format::Sarif, &OPTIONS));
}

#[test]
fn sarif_carries_witness_identity_and_what_was_not_looked_at() {
    let text = render(&sample::report(), Format::Sarif, &OPTIONS);
    let log: Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let message = result["message"]["text"].as_str().unwrap();
    assert!(message.starts_with("two callers both win when the key is expired. `add` looks"));
    let flows = result["codeFlows"][0]["threadFlows"].as_array().unwrap();
    assert_eq!(flows.len(), 2);
    let order = |flow: &Value| -> Vec<u64> {
        let locations = flow["locations"].as_array().unwrap().iter();
        locations.map(|location| location["executionOrder"].as_u64().unwrap()).collect()
    };
    assert_eq!((order(&flows[0]), order(&flows[1])), (vec![1, 4], vec![2, 3]));
    let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(
        (&place["uri"], &place["uriBaseId"]),
        (&"webshop/cache/db.py".into(), &"%SRCROOT%".into())
    );
    assert_eq!(result["partialFingerprints"]["amorsizeSite/v1"].as_str().unwrap().len(), 32);
    let outside = run["results"].as_array().unwrap().last().unwrap();
    let place = &outside["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!((&place["uri"], &place["uriBaseId"]), (&"queue.go".into(), &"ROOT1".into()));
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), 3);
    assert_eq!(run["results"][2]["suppressions"][0]["kind"], "inSource");
    assert_eq!(run["results"][1]["kind"], "pass");
}

#[test]
fn junit_counts_what_it_lists() {
    let text = render(&sample::report(), Format::Junit, &OPTIONS);
    let tags = xml_tags(&text);
    let of = |name: &str| tags.iter().filter(|tag| tag.as_str() == name).count();
    assert_eq!((of("testcase"), of("failure"), of("error"), of("skipped")), (7, 2, 2, 2));
    assert!(text.contains("tests=\"7\" failures=\"2\" errors=\"2\" skipped=\"2\""));
}

#[test]
fn an_empty_look_is_not_a_clean_bill() {
    let report = Report::new("0", vec![amorsize_finding::Root::default()]);
    let options = Options { sources: &NoSources, ..OPTIONS };
    assert!(render(&report, Format::Text, &options).contains("nothing was looked at"));
    assert!(render(&report, Format::Junit, &options).contains("errors=\"1\""));
    assert!(render(&report, Format::Md, &options).contains("Nothing was looked at"));
    assert!(render(&report, Format::Html, &options).contains("nothing was looked at"));
}

#[test]
fn the_page_is_small_and_loads_nothing() {
    let page = render(&sample::report(), Format::Html, &OPTIONS);
    assert!(page.len() < 40_000, "{} bytes", page.len());
    for forbidden in ["src=\"", "@import", "url(", "<link", "<iframe", " onclick"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let script = page.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(script.len() <= 2048, "{} bytes of script", script.len());
    // The policy admits this script by its hash and no other.
    use base64::Engine as _;
    let hash = <sha2::Sha256 as sha2::Digest>::digest(script);
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    assert!(page.contains(&format!("script-src 'sha256-{hash}'")), "FILTER_HASH is sha256-{hash}");
}

#[test]
fn a_thousand_findings_stay_small() {
    let mut report = sample::report();
    let one = report.findings[0].clone();
    report.findings = (0..1000)
        .map(|line| {
            let mut finding = one.clone();
            finding.act.line = line + 10;
            finding
        })
        .collect();
    report.sort();
    for format in Format::ALL {
        let size = render(&report, *format, &OPTIONS).len();
        assert!(size < 20_000_000, "{format}: {size} bytes");
    }
}

/// Parses the whole text as XML; gives the names of its elements.
pub(crate) fn xml_tags(text: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut tags = Vec::new();
    let mut depth = 0_i32;
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) => {
                depth += 1;
                tag.attributes().for_each(|attribute| drop(attribute.expect("an attribute")));
                tags.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
            }
            Event::Empty(tag) => {
                tag.attributes().for_each(|attribute| drop(attribute.expect("an attribute")));
                tags.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    tags
}
