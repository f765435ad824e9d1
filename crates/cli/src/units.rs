//! Durations and sizes as people write them ("7d", "2h 30m", "64MiB") and as they like to read them.

use std::time::Duration;

/// Reads a duration such as `7d`, `2h 30m`, `250ms` or a bare number of seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| match seconds < 0.0 {
            true => "a duration cannot be negative".to_owned(),
            false => {
                format!("{text:?} is longer than can be counted; write 30s, 15m, 2h 30m or 7d")
            }
        });
    }
    let span: jiff::SignedDuration = parse_span(text.trim())?;
    Duration::try_from(span).map_err(|_| "a duration cannot be negative".to_owned())
}

fn parse_span(text: &str) -> Result<jiff::SignedDuration, String> {
    let usage = || format!("{text:?} is not a duration; write 30s, 15m, 2h 30m or 7d");
    let span: jiff::Span = text.parse().map_err(|_| usage())?;
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    span.to_duration(days).map_err(|_| usage())
}

/// Reads a size such as `64MiB`, `1.5GB`, `4096`.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let usage = || format!("{text:?} is not a size; write 4096, 64MiB or 1.5GB");
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "kb" => 1e3,
        "m" | "mib" => 1024.0 * 1024.0,
        "mb" => 1e6,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "gb" => 1e9,
        "t" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        "tb" => 1e12,
        _ => return Err(usage()),
    };
    let number: f64 = number.parse().map_err(|_| usage())?;
    let total = number * factor;
    if !(0.0..=9.0e18).contains(&total) {
        return Err(usage());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked just above"
    )]
    Ok(total as u64)
}

/// A number of things, in words that agree with it.
pub(crate) fn count<N>(number: N, one: &str, many: &str) -> String
where
    N: Copy + std::fmt::Display + PartialEq + From<u8>,
{
    let words = if number == N::from(1) { one } else { many };
    format!("{number} {words}")
}

/// A size as people read it.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn show_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// A duration as people read it.
pub(crate) fn show_duration(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match seconds {
        s if s < 1e-3 => format!("{:.0} us", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.1} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} d", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("7d").unwrap(), Duration::from_secs(604_800));
        assert_eq!(duration("2h 30m").unwrap(), Duration::from_secs(9000));
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(duration("0.5").unwrap(), Duration::from_millis(500));
        assert!(duration("-3s").is_err());
        assert!(duration("soon").unwrap_err().contains("7d"));
        assert!(duration("NaN").is_err());
    }

    #[test]
    fn sizes_are_read_and_shown() {
        assert_eq!(bytes("64MiB").unwrap(), 64 << 20);
        assert_eq!(bytes("1.5kb").unwrap(), 1500);
        assert!(bytes("lots").is_err());
        assert!(bytes("-1").is_err());
        assert_eq!(show_bytes(64 << 20), "64.0 MiB");
        assert_eq!(show_duration(Duration::from_millis(1500)), "1.5 s");
    }
}
