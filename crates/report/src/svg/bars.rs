//! Horizontal bars with intervals: one quantity, several contenders.

use super::Look;
use super::canvas::{Anchor, Canvas, text_width};
use crate::number::Unit;
use crate::visible;

/// A chart of bars.
#[derive(Debug, Clone, Default)]
pub struct Bars {
    /// What it shows.
    pub title: String,
    /// The unit of the values.
    pub unit: Unit,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, Default)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Its length; not finite or negative: only the note is shown.
    pub value: f64,
    /// Lower and upper end of its interval.
    pub interval: Option<(f64, f64)>,
    /// Whether it is the one the chart is about.
    pub highlight: bool,
    /// Shown behind the value.
    pub note: String,
}

const WIDTH: f64 = 720.0;
const ROW: f64 = 28.0;
const TOP: f64 = 40.0;

impl Bars {
    /// Draws it.
    #[must_use]
    pub fn render(&self, look: Look) -> String {
        let mut canvas = Canvas::new(WIDTH);
        canvas.text((12.0, 22.0), Anchor::Start, "t", &visible::fit(&self.title, 90));
        let left = self
            .bars
            .iter()
            .map(|bar| text_width(&visible::fit(&bar.label, 32)))
            .fold(40.0, f64::max)
            + 24.0;
        let notes: Vec<String> = self.bars.iter().map(|bar| self.note(bar)).collect();
        let widest = notes.iter().map(|note| text_width(note)).fold(0.0, f64::max);
        let room = (WIDTH - left - widest - 28.0).max(120.0);
        let longest = self
            .bars
            .iter()
            .flat_map(|bar| [Some(bar.value), bar.interval.map(|(_, high)| high)])
            .flatten()
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max);
        let scale = |value: f64| if longest > 0.0 { value.max(0.0) / longest * room } else { 0.0 };
        let mut y = TOP;
        for (bar, note) in self.bars.iter().zip(&notes) {
            let class = if bar.highlight { "b" } else { "" };
            let label = visible::fit(&bar.label, 32);
            canvas.text((left - 10.0, y + 17.0), Anchor::End, class, &label);
            let mut end = left;
            if bar.value.is_finite() && bar.value >= 0.0 {
                let colour = if bar.highlight { "var(--az-c0)" } else { "var(--az-muted)" };
                let hint = format!("{}: {note}", bar.label);
                let size = (scale(bar.value).max(1.0), ROW - 10.0);
                let strength = if bar.highlight { "" } else { ";fill-opacity:.55" };
                canvas.rect((left, y + 4.0), size, &format!("fill:{colour}{strength}"), &hint);
                end = left + size.0;
            }
            if let Some((low, high)) = bar.interval.filter(|i| i.0.is_finite() && i.1.is_finite()) {
                let (low, high) = (left + scale(low), left + scale(high));
                let style = "stroke:var(--az-fg);stroke-width:1.5";
                let middle = y + 4.0 + (ROW - 10.0) / 2.0;
                canvas.line((low, middle), (high, middle), style);
                canvas.line((low, middle - 4.0), (low, middle + 4.0), style);
                canvas.line((high, middle - 4.0), (high, middle + 4.0), style);
                end = end.max(high);
            }
            canvas.text((end + 8.0, y + 17.0), Anchor::Start, class, note);
            y += ROW;
        }
        canvas.finish(y + 10.0, &self.title, look)
    }

    fn note(&self, bar: &Bar) -> String {
        let value = if bar.value.is_finite() { self.unit.show(bar.value) } else { String::new() };
        let gap = if value.is_empty() || bar.note.is_empty() { "" } else { "  " };
        visible::fit(&format!("{value}{gap}{}", bar.note), 48).into_owned()
    }
}
