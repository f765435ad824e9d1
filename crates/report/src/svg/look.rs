//! Where a chart stands and the style that goes with it.

/// Where the drawing will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// In a file of its own.
    Standalone,
    /// In a page that has [`STYLE`].
    Inline,
}

/// The colours and text styles of every chart, as CSS.
pub const STYLE: &str = include_str!("style.css");
