//! An answer as the `Cache-Status` header field of RFC 9211.
//!
//! Text is the reasons' `Display`, JSON their serde form; this is the third face, for programs that speak HTTP.

use crate::lookup::Lookup;
use crate::reason::Reason;

/// The value of a `Cache-Status` field for this answer, under the name of a cache (a token, or it is quoted).
///
/// ```
/// use amorsize_cache::{Cache, Key, Namespace, Options, Want, cache_status};
///
/// let cache = Cache::open("memory:", &Options::default())?;
/// let key = Key::new(&Namespace::new("mine")?, "subject");
/// let field = cache_status("amorsize", &cache.get(&key, &Want::default()));
/// assert_eq!(field, r#"amorsize; fwd=uri-miss; detail="absent: never stored""#);
/// # Ok::<(), amorsize_cache::Error>(())
/// ```
#[must_use]
pub fn cache_status(cache: &str, lookup: &Lookup) -> String {
    let name = if is_token(cache) { cache.to_owned() } else { quoted(cache) };
    match lookup {
        Lookup::Hit(hit) => {
            let left = hit.ttl.map(|ttl| seconds(ttl.as_secs_f64() - hit.age().as_secs_f64()));
            let ttl = left.map_or_else(String::new, |left| format!("; ttl={left}"));
            format!("{name}; hit{ttl}")
        }
        Lookup::Miss(miss) => {
            let ttl = miss.reasons.all().iter().find_map(|reason| match reason {
                Reason::Expired { age, ttl, .. } => {
                    Some(seconds(ttl.as_secs_f64() - age.as_secs_f64()))
                }
                _ => None,
            });
            let ttl = ttl.map_or_else(String::new, |left| format!("; ttl={left}"));
            let forward = forward_of(miss.reasons.primary());
            format!("{name}; fwd={forward}{ttl}; detail={}", quoted(&miss.reasons.to_string()))
        }
    }
}

/// The closest of the reasons that the RFC knows.
const fn forward_of(reason: &Reason) -> &'static str {
    match reason {
        Reason::Absent { .. } => "uri-miss",
        Reason::Expired { .. } => "stale",
        Reason::Version { .. } | Reason::Incompatible { .. } => "vary-miss",
        Reason::Unavailable { .. }
        | Reason::Corrupt { .. }
        | Reason::Deleted(_)
        | Reason::Evicted(_) => "miss",
    }
}

/// Whole seconds, rounded down, within the fifteen digits that a structured field may have.
fn seconds(left: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to fifteen digits before")]
    let whole = left.floor().clamp(-999_999_999_999_999.0, 999_999_999_999_999.0) as i64;
    whole
}

fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '*')
        && text.bytes().all(fits)
}

/// A string of a structured field: printable ASCII, quotes and backslashes escaped, anything else a question mark.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            ' '..='~' => out.push(letter),
            'µ' => out.push('u'),
            _ => out.push('?'),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lookup::Miss;
    use crate::reason::{LimitBy, Reasons};
    use crate::time::Time;

    fn miss(reason: Reason) -> Lookup {
        let reasons = Reasons::one(reason);
        Lookup::Miss(Miss { reasons, generation: None, created: None, t: Time::EPOCH, stale: None })
    }

    #[test]
    fn an_expired_entry_is_stale_with_a_negative_ttl() {
        let (age, ttl) = (Duration::from_secs(130), Duration::from_secs(100));
        let lookup = miss(Reason::Expired { age, ttl, limit_by: LimitBy::Writer, pruned: None });
        let field = cache_status("amorsize", &lookup);
        let expected =
            r#"amorsize; fwd=stale; ttl=-30; detail="expired: age 2.2 min, TTL 1.7 min""#;
        assert_eq!(field, expected);
    }

    #[test]
    fn odd_names_and_texts_are_quoted_and_cannot_break_out() {
        let what = "a \"b\" \\ \r\nSet-Cookie: ü".to_owned();
        let field = cache_status("my cache", &miss(Reason::Unavailable { what }));
        let expected = "\"my cache\"; fwd=miss; \
                        detail=\"unavailable: a \\\"b\\\" \\\\ ??Set-Cookie: ?\"";
        assert_eq!(field, expected);
    }
}
