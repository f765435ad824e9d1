//! `amorsize config`: every setting, its value and where it came from.

use amorsize_finding::ExitCode;
use serde_json::json;

use crate::context::Context;
use crate::failure::Outcome;
use crate::output::Format;
use crate::settings::{Origin, SETTINGS};

/// Show every setting, its value and where it came from
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show which file and line, or which variable, each value came from
    #[arg(long)]
    origin: bool,

    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Prints the settings.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    let rows = SETTINGS.iter().map(|setting| {
        let origin = context.settings.origin(setting.name);
        let value = match (&origin, context.settings.value(setting.name)) {
            (Origin::Default, _) | (_, None) => setting.default.to_owned(),
            (_, Some(toml::Value::String(text))) => text.clone(),
            (_, Some(value)) => value.to_string(),
        };
        (setting, value, origin)
    });
    match args.format {
        Format::Json => {
            let rows: Vec<_> = rows
                .map(|(setting, value, origin)| {
                    json!({
                        "name": setting.name, "value": value, "origin": origin.to_string(),
                        "environment": setting.env, "help": setting.help,
                    })
                })
                .collect();
            context.output.json(&json!({ "schema": "amorsize-config/1", "settings": rows }))?;
        }
        Format::Text => {
            for (setting, value, origin) in rows {
                let from = if args.origin { format!("  # {origin}") } else { String::new() };
                context.output.line(format!("{} = {value}{from}", setting.name))?;
            }
        }
    }
    Ok(ExitCode::Clean)
}
