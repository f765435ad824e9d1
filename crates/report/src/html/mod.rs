//! One HTML file: no network, works without scripts and on paper, light and dark.
//!
//! Everything that comes from the audited code goes through maud, which escapes it, after hidden
//! characters were made visible. A content security policy in the page forbids all loading, so that
//! even a fault here could not reach out.

mod finding;
mod highlight;
mod page;
mod source;
mod words;

pub(crate) use self::page::render;
