//! The rules: one `.rs` and one `.md` each. The Markdown is the explain text, the page and the
//! test cases: blocks marked `bad` must be found on the marked line, blocks marked `good` must not
//! be found at all.

mod cta101;
mod cta102;
mod cta103;
mod cta104;
mod cta105;
mod cta106;
mod cta107;
mod cta108;
mod cta109;
mod cta110;
mod cta111;
mod cta120;
mod cta131;
mod cta140;
mod cta142;
mod cta143;
mod cta144;
mod cta150;
mod cta151;
mod cta152;
mod cta160;
mod cta161;
mod cta162;
mod cta163;
mod cta170;
mod cta201;
mod cta202;
mod cta203;
mod cta301;
mod cta302;
mod cta303;
mod table;

pub(crate) use table::advice;
pub use table::{RULES, Rule, rule};
