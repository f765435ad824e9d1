//! Charts as SVG: bars, lines with intervals and measured points, a heat map, boxes with their points,
//! and a schedule of two or more parties.
//!
//! Each chart is a plain struct with a `render`. [`Look::Standalone`] gives a file of its own that
//! follows the reader's light or dark setting; [`Look::Inline`] leaves the colours to the page that
//! puts [`STYLE`] into its style sheet once. No scripts, no fonts to fetch, no identifiers that could
//! clash on one page. A value that is not finite is left out, never drawn as zero.

mod bars;
mod canvas;
mod heat;
mod lines;
mod look;
mod scale;
mod strip;
mod timeline;

pub use bars::{Bar, Bars};
pub use heat::HeatMap;
pub use lines::{Interval, Lines, Mark, Point, Series};
pub use look::{Look, STYLE};
pub use scale::{Axis, Scaling};
pub use strip::{Group, Strip};
pub use timeline::{Event, Party, Timeline};
