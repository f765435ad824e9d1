//! Findings and figures made readable: text, JSON, SARIF, GitHub annotations, `JUnit`, Markdown, HTML,
//! text tables and SVG charts.
//!
//! Everything here takes values and gives back text. Nothing prints, reads the environment or looks
//! at the clock, so the same input gives the same bytes.
//!
//! Invariant: whatever stands in a finding (control characters, markup, right-to-left overrides,
//! a megabyte on one line), the output is well-formed in its format, and shows what is there
//! instead of obeying it.

/// Appends formatted text to a `String`.
macro_rules! push {
    ($out:expr, $($arg:tt)*) => {
        std::fmt::Write::write_fmt($out, format_args!($($arg)*))
            .expect("writing to a String cannot fail")
    };
}

pub mod number;
pub mod svg;
pub mod table;
pub mod visible;
