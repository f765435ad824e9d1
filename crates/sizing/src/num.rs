//! Conversions between counts and real numbers, in one place, saturating and never wrapping.

/// A count as a real number; exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// A count of things in memory as a real number.
pub(crate) fn real_len(count: usize) -> f64 {
    real(count as u64)
}

/// The nearest count at or below a real number: 0 for negatives and NaN, saturating above.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float-to-integer casts saturate, and saturation is what is wanted"
)]
pub(crate) fn floor(value: f64) -> u64 {
    value.floor() as u64
}

/// The nearest count at or above a real number, saturating.
pub(crate) fn ceil(value: f64) -> u64 {
    floor(value.ceil())
}

/// A count as an index, saturating on small machines.
pub(crate) fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
