//! How entries, reasons and ages look, the same in every verb.

use std::time::Duration;

use amorsize_cache::time::human;
use amorsize_cache::{Reasons, Time};
use serde_json::{Value, json};

/// How much of a value is shown.
const PREVIEW_BYTES: usize = 2000;

/// A time with how long ago it was.
pub(super) fn moment(at: Time, now: Time) -> String {
    if at > now {
        return format!("{at} (in {})", human(at.since(now)));
    }
    format!("{at} ({} ago)", human(now.since(at)))
}

/// A time to live.
pub(super) fn ttl(ns: Option<u64>) -> String {
    ns.map_or_else(|| "for ever".to_owned(), |ns| human(Duration::from_nanos(ns)))
}

/// The value as text, or its first bytes in hexadecimal digits.
pub(super) fn value(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= PREVIEW_BYTES => text.to_owned(),
        Ok(text) => {
            let end = text.floor_char_boundary(PREVIEW_BYTES);
            format!("{}… ({} bytes in all)", &text[..end], bytes.len())
        }
        Err(_) => {
            let shown = &bytes[..bytes.len().min(64)];
            let digits: Vec<String> = shown.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{} ({} bytes, not text)", digits.join(" "), bytes.len())
        }
    }
}

/// The value for JSON: as text where it is text, else as hexadecimal digits.
pub(super) fn value_json(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({ "text": text }),
        Err(_) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "hex": digits })
        }
    }
}

/// The reasons as a JSON list, the primary one first.
pub(super) fn reasons_json(reasons: &Reasons) -> Value {
    serde_json::to_value(reasons.all()).unwrap_or_default()
}
