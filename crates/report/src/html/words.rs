//! Words on the page: text with hidden characters shown, prose with its code set apart, the names of links.

use amorsize_finding::Finding;
use maud::{Markup, html};

use crate::visible;

/// Text of the code or of the audit, with hidden characters shown.
pub(super) fn shows(text: &str) -> String {
    visible::line(text).into_owned()
}

/// Text in which stretches between single backticks are code.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let balanced = parts.len() % 2 == 1;
    html! {
        @if balanced {
            @for (at, part) in parts.iter().enumerate() {
                @if at % 2 == 1 { code { (shows(part)) } } @else { (shows(part)) }
            }
        } @else { (shows(text)) }
    }
}

/// The name a finding is linked by; two findings of one fingerprint differ in their line.
pub(super) fn anchor(finding: &Finding) -> String {
    let hex = |c: &char| c.is_ascii_hexdigit();
    let digits: String = finding.fingerprint.as_str().chars().filter(hex).take(12).collect();
    format!("f{digits}-{}-{}", finding.act.line, finding.act.column)
}
