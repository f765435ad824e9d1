//! The few drawing strokes the charts are made of, and the only place that writes SVG syntax.

use std::borrow::Cow;

use super::{Look, STYLE};
use crate::visible;

/// Average advance of one column of 12 px text in the fonts the style asks for.
pub(super) const COLUMN: f64 = 6.7;
/// The same for the fixed-width font.
pub(super) const CODE_COLUMN: f64 = 7.0;
/// The colours series take in turn.
pub(super) const COLOURS: usize = 6;

/// Where a text hangs on its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in the making.
pub(super) struct Canvas {
    body: String,
    width: f64,
}

impl Canvas {
    pub(super) fn new(width: f64) -> Self {
        Self { body: String::new(), width }
    }

    /// Closes the drawing at `height` and wraps it up.
    pub(super) fn finish(self, height: f64, title: &str, look: Look) -> String {
        let (width, height, title) = (number(self.width), number(height), escape(title));
        let mut out = String::with_capacity(self.body.len() + 512);
        push!(
            &mut out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"az\" role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n<title>{title}</title>\n"
        );
        if look == Look::Standalone {
            push!(
                &mut out,
                "<style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill:var(--az-bg)\"/>\n"
            );
        }
        out.push_str(&self.body);
        out.push_str("</svg>\n");
        out
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        push!(
            &mut self.body,
            "<text x=\"{}\" y=\"{}\"{anchor}{class}>{}</text>\n",
            number(x),
            number(y),
            escape(text)
        );
    }

    /// A rectangle; `hint` is what a pointer resting on it shows.
    pub(super) fn rect(&mut self, at: (f64, f64), size: (f64, f64), style: &str, hint: &str) {
        push!(
            &mut self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" style=\"{style}\"",
            number(at.0),
            number(at.1),
            number(size.0.max(0.0)),
            number(size.1.max(0.0))
        );
        self.close(hint, "rect");
    }

    pub(super) fn rounded(&mut self, at: (f64, f64), size: (f64, f64), style: &str) {
        push!(
            &mut self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\" style=\"{style}\"/>\n",
            number(at.0),
            number(at.1),
            number(size.0.max(0.0)),
            number(size.1.max(0.0))
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        push!(
            &mut self.body,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" style=\"{style}\"/>\n",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        );
    }

    pub(super) fn circle(&mut self, at: (f64, f64), radius: f64, style: &str, hint: &str) {
        push!(
            &mut self.body,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" style=\"{style}\"",
            number(at.0),
            number(at.1),
            number(radius)
        );
        self.close(hint, "circle");
    }

    /// An open path through the points, or a closed area.
    pub(super) fn path(&mut self, points: &[(f64, f64)], closed: bool, style: &str) {
        if points.len() < 2 {
            return;
        }
        self.body.push_str("<path d=\"");
        for (at, (x, y)) in points.iter().enumerate() {
            let stroke = if at == 0 { 'M' } else { 'L' };
            push!(&mut self.body, "{stroke}{} {}", number(*x), number(*y));
        }
        push!(&mut self.body, "{}\" style=\"{style}\"/>\n", if closed { "Z" } else { "" });
    }

    fn close(&mut self, hint: &str, element: &str) {
        if hint.is_empty() {
            self.body.push_str("/>\n");
        } else {
            push!(&mut self.body, "><title>{}</title></{element}>\n", escape(hint));
        }
    }
}

/// The colour of the n-th series.
pub(super) fn colour(at: usize) -> String {
    format!("var(--az-c{})", at % COLOURS)
}

/// Width of a text in the normal font, in pixels, roughly.
#[expect(clippy::cast_precision_loss, reason = "widths of labels are small")]
pub(super) fn text_width(text: &str) -> f64 {
    visible::width(text) as f64 * COLUMN
}

/// How many columns of a font fit in so many pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded by the drawing's width"
)]
pub(super) fn columns(pixels: f64, column: f64) -> usize {
    (pixels.max(0.0) / column) as usize
}

/// A coordinate with at most two decimals.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text fit to stand in SVG: markup escaped, hidden characters shown.
pub(super) fn escape(text: &str) -> String {
    let shown: Cow<'_, str> = visible::line(text);
    let mut out = String::with_capacity(shown.len() + 8);
    for c in shown.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
