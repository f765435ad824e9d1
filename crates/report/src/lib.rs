//! Findings and figures made readable: text, JSON, SARIF, GitHub annotations, `JUnit`, Markdown, HTML,
//! text tables and SVG charts.
//!
//! Everything here takes values and gives back text. Nothing prints, reads the environment or looks
//! at the clock, so the same input gives the same bytes. Source files are reached only through
//! [`Sources`], which the caller implements; without them the excerpts fall back on the text the
//! findings carry.
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

pub mod diff;
mod excerpt;
mod format;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
pub mod number;
mod sarif;
mod summary;
pub mod svg;
pub mod table;
mod text;
pub mod visible;

pub use excerpt::{NoSources, Sources};
pub use format::{Format, Options, UnknownFormat, render};
pub use json::{Error, ErrorKind, from_json};
pub use summary::{coverage_line, totals_line};
