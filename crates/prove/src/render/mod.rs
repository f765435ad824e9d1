//! A proof in the forms people and programs read.

mod columns;
mod markdown;
mod text;

pub use markdown::markdown;
pub use text::text;
