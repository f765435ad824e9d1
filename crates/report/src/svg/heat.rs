//! A heat map: one quantity over two choices, the best cell framed.

use super::Look;
use super::canvas::{Anchor, Canvas, columns, text_width};
use crate::number::Unit;
use crate::visible;

/// A heat map. Small values are good and light; a missing value is an empty cell.
#[derive(Debug, Clone, Default)]
pub struct HeatMap {
    /// What it shows.
    pub title: String,
    /// What the columns are.
    pub x_label: String,
    /// What the rows are.
    pub y_label: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Names of the rows.
    pub rows: Vec<String>,
    /// Row by row.
    pub values: Vec<Vec<Option<f64>>>,
    /// The unit of the values.
    pub unit: Unit,
    /// Row and column of the cell to frame.
    pub chosen: Option<(usize, usize)>,
}

const WIDTH: f64 = 720.0;
const CELL: f64 = 26.0;
/// Cells narrower than this show no number, only a hint.
const READABLE: f64 = 44.0;

impl HeatMap {
    /// Draws it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of rows and columns are small")]
    pub fn render(&self, look: Look) -> String {
        let mut canvas = Canvas::new(WIDTH);
        canvas.text((12.0, 22.0), Anchor::Start, "t", &visible::fit(&self.title, 90));
        let names = self.rows.iter().map(|row| text_width(&visible::fit(row, 20)));
        let left = names.fold(text_width(&self.y_label), f64::max) + 26.0;
        let wide = ((WIDTH - left - 14.0) / self.columns.len().max(1) as f64).min(110.0);
        let (top, mut free) = (66.0, f64::NEG_INFINITY);
        canvas.text((left - 8.0, top - 8.0), Anchor::End, "m", &self.y_label);
        canvas.text((left, top - 24.0), Anchor::Start, "m", &self.x_label);
        for (at, name) in self.columns.iter().enumerate() {
            let middle = left + (at as f64 + 0.5) * wide;
            let name = visible::fit(name, columns(wide.max(40.0), super::canvas::COLUMN));
            if middle - text_width(&name) / 2.0 > free {
                canvas.text((middle, top - 8.0), Anchor::Middle, "", &name);
                free = middle + text_width(&name) / 2.0 + 4.0;
            }
        }
        for (row, name) in self.rows.iter().enumerate() {
            let y = top + row as f64 * CELL;
            canvas.text((left - 8.0, y + 17.0), Anchor::End, "", &visible::fit(name, 20));
            for column in 0..self.columns.len() {
                self.cell(&mut canvas, (row, column), (left + column as f64 * wide, y), wide);
            }
        }
        if let Some((row, column)) = self.chosen.filter(|c| self.value(*c).is_some()) {
            let at = (left + column as f64 * wide, top + row as f64 * CELL);
            let style = "fill:none;stroke:var(--az-hot);stroke-width:2.5";
            canvas.rect(at, (wide - 1.0, CELL - 1.0), style, "");
        }
        canvas.finish(top + self.rows.len() as f64 * CELL + 14.0, &self.title, look)
    }

    fn value(&self, (row, column): (usize, usize)) -> Option<f64> {
        self.values.get(row)?.get(column).copied().flatten().filter(|value| value.is_finite())
    }

    fn cell(&self, canvas: &mut Canvas, cell: (usize, usize), (x, y): (f64, f64), wide: f64) {
        let size = (wide - 1.0, CELL - 1.0);
        let Some(value) = self.value(cell) else {
            canvas.rect((x, y), size, "fill:var(--az-soft)", "");
            return;
        };
        let share = self.share(value);
        let text = self.unit.show(value);
        let hint = format!("{} × {}: {text}", self.rows[cell.0], self.columns[cell.1]);
        let style =
            format!("fill:var(--az-c0);fill-opacity:{}", super::canvas::number(0.06 + 0.5 * share));
        canvas.rect((x, y), size, &style, &hint);
        if wide >= READABLE && text_width(&text) < wide {
            canvas.text((x + wide / 2.0, y + 17.0), Anchor::Middle, "s", &text);
        }
    }

    /// Where a value stands between the least and the greatest, by ratio when all are positive.
    fn share(&self, value: f64) -> f64 {
        let all = || self.values.iter().flatten().flatten().copied().filter(|v| v.is_finite());
        let (low, high) =
            (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        let share = if low > 0.0 {
            (value / low).ln() / (high / low).ln()
        } else {
            (value - low) / (high - low)
        };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }
}
