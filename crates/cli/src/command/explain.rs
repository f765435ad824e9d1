//! `amorsize explain`: what a rule or a miss reason means, and what to do about it.
//!
//! The text of a topic is one Markdown file, shown as it stands: the page, the help and the definition are one.

use std::borrow::Cow;

use amorsize_finding::ExitCode;
use clap::builder::StringValueParser;

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::nearest::nearest;
use crate::offer::offering;

/// Explain a rule (CTA101) or a miss reason (expired)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The rule or reason; without one, the topics are listed
    #[arg(value_parser = offering(StringValueParser::new(), names), hide_possible_values = true)]
    topic: Option<String>,
}

/// The name of a topic and its text.
type Topic = (Cow<'static, str>, &'static str);

/// The miss reasons, in the order in which they outrank one another.
const REASONS: &[(&str, &str)] = &[
    ("corrupt", include_str!("../../../../docs/reasons/corrupt.md")),
    ("version", include_str!("../../../../docs/reasons/version.md")),
    ("expired", include_str!("../../../../docs/reasons/expired.md")),
    ("incompatible", include_str!("../../../../docs/reasons/incompatible.md")),
    ("deleted", include_str!("../../../../docs/reasons/deleted.md")),
    ("evicted", include_str!("../../../../docs/reasons/evicted.md")),
    ("absent", include_str!("../../../../docs/reasons/absent.md")),
    ("unavailable", include_str!("../../../../docs/reasons/unavailable.md")),
];

/// Other words for the same, as they stand in answers and contracts.
const ALSO: &[(&str, &str)] =
    &[("machine changed", "incompatible"), ("unreadable", "unavailable"), ("pruned", "expired")];

/// Prints the text of the topic, or the list of topics.
pub(crate) fn run(args: &Args, context: &Context) -> Outcome {
    match &args.topic {
        None => {
            for (name, text) in topics() {
                let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
                context.output.line(format!("{name:14} {title}"))?;
            }
        }
        Some(wanted) => {
            let also = ALSO.iter().find(|(word, _)| word.eq_ignore_ascii_case(wanted));
            let wanted = also.map_or(wanted.as_str(), |(_, name)| name);
            let found = topics().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            let Some((_, text)) = found else { return Err(unknown(wanted)) };
            context.output.data(text)?;
        }
    }
    Ok(ExitCode::Clean)
}

fn topics() -> impl Iterator<Item = Topic> {
    let rules =
        amorsize_audit::RULES.iter().map(|rule| (Cow::Owned(format!("CTA{}", rule.id)), rule.page));
    rules.chain(REASONS.iter().map(|(name, text)| (Cow::Borrowed(*name), *text)))
}

fn names() -> Vec<String> {
    topics().map(|(name, _)| name.into_owned()).collect()
}

fn unknown(wanted: &str) -> Failure {
    let failure = Failure::cannot(format!("nothing is known about {wanted:?}"));
    let known: Vec<Topic> = topics().collect();
    match nearest(wanted, known.iter().map(|(name, _)| name.as_ref())) {
        Some(known) => failure.hint(format!("did you mean {known}?")),
        None => failure.hint("`amorsize explain` lists the topics"),
    }
}
