//! `amorsize schema`: the JSON schemas of what this program writes.

use amorsize_finding::ExitCode;

use crate::context::Context;
use crate::failure::{Failure, Outcome};

/// Print the JSON schema of an output; without a name, the list
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which one
    name: Option<String>,
}

/// Every published schema: name, what it describes, text.
const SCHEMAS: &[(&str, &str, &str)] = &[
    (
        "report",
        "amorsize audit --format json",
        include_str!("../../../../docs/schema/report.schema.json"),
    ),
    (
        "report-lines",
        "amorsize audit --format jsonl, one line",
        include_str!("../../../../docs/schema/report-lines.schema.json"),
    ),
    (
        "diff",
        "amorsize report diff --format json",
        include_str!("../../../../docs/schema/diff.schema.json"),
    ),
];

/// Prints a schema or the list.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let Some(name) = &args.name else {
        for (name, what, _) in SCHEMAS {
            context.output.line(format!("{name:<13} {what}"))?;
        }
        return Ok(ExitCode::Clean);
    };
    let Some((_, _, text)) = SCHEMAS.iter().find(|(known, _, _)| known == name) else {
        let known: Vec<&str> = SCHEMAS.iter().map(|(name, _, _)| *name).collect();
        return Err(Failure::cannot(format!("there is no schema `{name}`"))
            .hint(format!("the schemas are: {}", known.join(", "))));
    };
    context.output.data(text)?;
    Ok(ExitCode::Clean)
}
