//! Numbers the way a person reads them: thousands, durations, bytes, ratios, each with a unit.
//!
//! Three significant digits, never `0.0` for something that is there, never a bare `NaN`.

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Nothing named.
    #[default]
    Plain,
    /// Whole things, with thousands separated.
    Count,
    /// Seconds, shown as ns, µs, ms, s, min or h.
    Seconds,
    /// Bytes, shown with binary prefixes.
    Bytes,
    /// A factor: `3.2x`.
    Times,
    /// A share of one, shown as per cent.
    Percent,
}

impl Unit {
    /// Shows a value in this unit.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return "n/a".to_owned();
        }
        match self {
            Self::Plain => significant(value),
            Self::Count => count_f64(value),
            Self::Seconds => duration(value),
            Self::Bytes => bytes(value),
            Self::Times => format!("{}x", significant(value)),
            Self::Percent => format!("{} %", significant(value * 100.0)),
        }
    }
}

/// A whole number with its thousands separated by commas.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 file`, `2 files`: the count with its noun, which takes an `s` unless it stands for one thing.
#[must_use]
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

fn count_f64(value: f64) -> String {
    let rounded = value.round();
    if (value - rounded).abs() > 1e-9 || rounded.abs() >= 1e15 {
        return significant(value);
    }
    let sign = if rounded < 0.0 { "-" } else { "" };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, positive and below 1e15, so it fits exactly"
    )]
    let whole = rounded.abs() as u64;
    format!("{sign}{}", count(whole))
}

/// Three significant digits without a useless tail.
fn significant(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        s if s >= 0.09995 => 3,
        s if s >= 0.009995 => 4,
        _ => 5,
    };
    let shown = format!("{value:.decimals$}");
    if shown.contains('.') {
        shown.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        shown
    }
}

fn duration(seconds: f64) -> String {
    let size = seconds.abs();
    if size == 0.0 {
        return "0 s".to_owned();
    }
    let (factor, unit) = match size {
        s if s < 0.999_5e-6 => (1e9, "ns"),
        s if s < 0.999_5e-3 => (1e6, "µs"),
        s if s < 0.999_5 => (1e3, "ms"),
        s if s < 119.5 => (1.0, "s"),
        s if s < 7170.0 => (1.0 / 60.0, "min"),
        _ => (1.0 / 3600.0, "h"),
    };
    format!("{} {unit}", significant(seconds * factor))
}

fn bytes(value: f64) -> String {
    let mut scaled = value;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if scaled.abs() < 1023.5 {
            break;
        }
        scaled /= 1024.0;
        unit = next;
    }
    format!("{} {unit}", significant(scaled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_units() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(Unit::Count.show(-12_345.0), "-12,345");
        assert_eq!(Unit::Seconds.show(0.000_123_4), "123 µs");
        assert_eq!(Unit::Seconds.show(0.999_9), "1 s");
        assert_eq!(Unit::Seconds.show(0.0), "0 s");
        assert_eq!(Unit::Seconds.show(4000.0), "66.7 min");
        assert_eq!(Unit::Bytes.show(1536.0), "1.5 KiB");
        assert_eq!(Unit::Times.show(3.214), "3.21x");
        assert_eq!(Unit::Percent.show(0.051), "5.1 %");
        assert_eq!(Unit::Plain.show(f64::NAN), "n/a");
        assert_eq!(Unit::Plain.show(0.012_345), "0.0123");
        assert_eq!(Unit::Plain.show(1.0e9), "1.00e9");
    }
}
