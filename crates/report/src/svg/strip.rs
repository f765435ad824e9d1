//! Boxes with their points: the whole sample, not only its summary.

use super::Look;
use super::canvas::{Anchor, Canvas, colour, text_width};
use super::scale::{Axis, Scale};
use crate::visible;

/// A chart of samples, one row a group.
#[derive(Debug, Clone, Default)]
pub struct Strip {
    /// What it shows.
    pub title: String,
    /// The axis of the values.
    pub axis: Axis,
    /// From top to bottom.
    pub groups: Vec<Group>,
}

/// One sample.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its name.
    pub label: String,
    /// Its values, in any order.
    pub values: Vec<f64>,
}

const WIDTH: f64 = 720.0;
const ROW: f64 = 46.0;
/// More points than this are thinned evenly over the sorted sample.
const POINTS: usize = 400;

impl Strip {
    /// Draws it.
    #[must_use]
    pub fn render(&self, look: Look) -> String {
        let mut canvas = Canvas::new(WIDTH);
        canvas.text((12.0, 22.0), Anchor::Start, "t", &visible::fit(&self.title, 90));
        let names = self.groups.iter().map(|g| text_width(&visible::fit(&g.label, 28)));
        let left = names.fold(60.0, f64::max) + 24.0;
        let values = self.groups.iter().flat_map(|group| group.values.iter().copied());
        let scale = Scale::over(&self.axis, values, (left, WIDTH - 24.0));
        let top = 40.0;
        #[expect(clippy::cast_precision_loss, reason = "counts of groups are small")]
        let bottom = top + self.groups.len() as f64 * ROW;
        for tick in scale.ticks() {
            let at = scale.at(tick);
            canvas.line((at, top), (at, bottom), "stroke:var(--az-grid)");
            let text = self.axis.unit.show(tick);
            canvas.text((at, bottom + 16.0), Anchor::Middle, "m", &text);
        }
        let mut y = top;
        for (at, group) in self.groups.iter().enumerate() {
            let middle = y + ROW / 2.0;
            let label = visible::fit(&group.label, 28);
            canvas.text((left - 10.0, middle), Anchor::End, "", &label);
            let size = format!("n = {}", crate::number::count(group.values.len() as u64));
            canvas.text((left - 10.0, middle + 14.0), Anchor::End, "m s", &size);
            self.draw(&mut canvas, group, (middle, &colour(at)), &scale);
            y += ROW;
        }
        let label = (f64::midpoint(left, WIDTH - 24.0), bottom + 34.0);
        canvas.text(label, Anchor::Middle, "m", &self.axis.label);
        canvas.finish(bottom + 46.0, &self.title, look)
    }

    fn draw(&self, canvas: &mut Canvas, group: &Group, (y, colour): (f64, &str), scale: &Scale) {
        let mut values: Vec<f64> =
            group.values.iter().copied().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        if values.is_empty() {
            return;
        }
        if values.len() >= 5 {
            let [low, first, median, third, high] =
                [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| scale.at(quantile(&values, share)));
            let style = format!("stroke:{colour}");
            canvas.line((low, y - 7.0), (high, y - 7.0), &style);
            let hint =
                format!("{}: median {}", group.label, self.axis.unit.show(quantile(&values, 0.5)));
            let fill = format!("fill:{colour};fill-opacity:.2;stroke:{colour}");
            canvas.rect((first, y - 14.0), ((third - first).max(1.0), 14.0), &fill, &hint);
            let bold = format!("stroke:{colour};stroke-width:2.5");
            canvas.line((median, y - 14.0), (median, y), &bold);
        }
        let stride = values.len().div_ceil(POINTS);
        for (at, value) in values.iter().enumerate().step_by(stride) {
            // The same points fall on the same places in every rendering.
            let jitter = f64::from([0u8, 5, 2, 7, 3, 6, 1, 4][at % 8]);
            let style = format!("fill:{colour};fill-opacity:.5");
            canvas.circle((scale.at(*value), y + 4.0 + jitter), 2.0, &style, "");
        }
    }
}

/// The quantile of a sorted sample, interpolated.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions within a sample that fits in memory"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, rest) = (place.floor() as usize, place.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * rest
}
