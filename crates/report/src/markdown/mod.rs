//! A report a person would hand in: grouped by repository, one section a site.
//!
//! Each site says where it is, which check decides which act, what can happen in between, what the code's
//! own comments admit, what fails silently, who does it right, the verdict with its reason, and the
//! smallest fix. Markup in the source is quoted, never interpreted.

pub(crate) mod escape;
mod page;
mod site;

pub(crate) use self::page::render;
