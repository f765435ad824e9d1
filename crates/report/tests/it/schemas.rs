//! The published schemas, made from the types that are serialised.

use amorsize_finding::{Coverage, Finding, Report, Root, Stats, Tool, UnusedSuppression};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

/// Every schema: file name and text.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    [
        ("report.schema.json", report()),
        ("report-lines.schema.json", lines()),
        ("diff.schema.json", diff()),
    ]
    .into_iter()
    .map(|(name, mut schema)| {
        tidy(&mut schema);
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        (name, text)
    })
    .collect()
}

/// Every written key is required; what may be absent is `null`.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

fn report() -> Value {
    let mut schema: Value = generator().into_root_schema_for::<Report>().into();
    schema["title"] = "amorsize report".into();
    schema["properties"]["schema"] = json!({ "const": amorsize_finding::SCHEMA, "description": "Name and version of this schema." });
    schema
}

fn lines() -> Value {
    let mut generator = generator();
    let of = |name: &str, mut keys: Value| {
        keys["type"] = json!({ "const": name });
        let required: Vec<String> =
            keys.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        json!({ "type": "object", "properties": keys, "required": required })
    };
    let head = of(
        "report",
        json!({
            "schema": { "const": amorsize_finding::SCHEMA },
            "tool": part::<Tool>(&mut generator),
            "roots": part::<Vec<Root>>(&mut generator),
        }),
    );
    let end = of(
        "end",
        json!({
            "coverage": part::<Coverage>(&mut generator),
            "suppressions_unused": part::<Vec<UnusedSuppression>>(&mut generator),
            "stats": part::<Stats>(&mut generator),
        }),
    );
    let finding = json!({
        "allOf": [
            part::<Finding>(&mut generator),
            { "type": "object", "properties": { "type": { "const": "finding" } }, "required": ["type"] }
        ]
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "amorsize report, one line",
        "oneOf": [head, finding, end],
        "$defs": generator.take_definitions(true),
    })
}

fn diff() -> Value {
    let mut generator = generator();
    let finding = part::<Finding>(&mut generator);
    let object = |keys: Value| {
        let required: Vec<String> =
            keys.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        json!({ "type": "object", "properties": keys, "required": required })
    };
    let place = object(json!({
        "path": { "type": "string" },
        "line": { "type": "integer", "minimum": 0 },
        "function": { "type": "string" },
    }));
    let changes: Vec<&str> =
        amorsize_report::diff::Change::ALL.iter().map(|change| change.word()).collect();
    let entry = object(json!({
        "change": { "enum": changes, "description": "What happened to the finding." },
        "reason": { "type": "string", "description": "Why it is called that." },
        "uncertain": {
            "type": "boolean",
            "description": "Its file was not, or not wholly, looked at on one side."
        },
        "was": {
            "anyOf": [place, { "type": "null" }],
            "description": "Where it was, when that is somewhere else."
        },
        "finding": finding,
    }));
    let mut schema = object(json!({
        "schema": { "const": amorsize_report::diff::SCHEMA },
        "entries": { "type": "array", "items": entry },
        "old_complete": { "type": "boolean" },
        "new_complete": { "type": "boolean" },
    }));
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "amorsize report diff".into();
    schema["$defs"] = Value::Object(generator.take_definitions(true));
    schema
}

fn part<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().into()
}

/// Puts the prose of doc comments on one line and drops links that only mean something in Rust.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(keys) => {
            if let Some(Value::String(text)) = keys.get_mut("description") {
                *text = text.replace('\n', " ").replace("[`", "`").replace("`]", "`");
            }
            keys.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}
