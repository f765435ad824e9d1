//! Axes: from values to pixels, with ticks at round numbers.

use super::canvas::{Anchor, Canvas};
use crate::number::Unit;

/// How an axis spreads its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scaling {
    /// Equal differences, equal distances.
    #[default]
    Linear,
    /// Equal ratios, equal distances; ticks at powers of two.
    Log2,
    /// Equal ratios, equal distances; ticks at powers of ten.
    Log10,
}

/// One axis of a chart.
#[derive(Debug, Clone, Default)]
pub struct Axis {
    /// What it shows: `workers`.
    pub label: String,
    /// The unit its values are shown in.
    pub unit: Unit,
    /// How it spreads them.
    pub scaling: Scaling,
    /// Whether zero must be on it; ignored by the logarithmic ones.
    pub from_zero: bool,
}

/// An axis laid over a stretch of pixels.
pub(super) struct Scale {
    low: f64,
    high: f64,
    scaling: Scaling,
    from: f64,
    to: f64,
}

const TICKS: f64 = 6.0;

impl Scale {
    /// Lays the axis over the pixels so that all finite values fit. Without values it spans 0 to 1.
    pub(super) fn over(
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        (from, to): (f64, f64),
    ) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let scaling = if low > 0.0 { axis.scaling } else { Scaling::Linear };
        if scaling == Scaling::Linear {
            if axis.from_zero {
                low = low.min(0.0);
                high = high.max(0.0);
            }
            if high - low <= f64::EPSILON * high.abs().max(1.0) {
                high = low + low.abs().max(1.0);
            }
            let step = step(high - low);
            low = (low / step).floor() * step;
            high = (high / step).ceil() * step;
        } else if high / low < 1.000_001 {
            low /= 2.0;
            high *= 2.0;
        }
        Self { low, high, scaling, from, to }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = match self.scaling {
            Scaling::Linear => (value - self.low) / (self.high - self.low),
            _ => (value.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
        };
        self.from + share.clamp(-0.02, 1.02) * (self.to - self.from)
    }

    /// Round values within the axis.
    pub(super) fn ticks(&self) -> Vec<f64> {
        match self.scaling {
            Scaling::Linear => {
                let step = step(self.high - self.low);
                let count = ((self.high - self.low) / step).round();
                (0..=20)
                    .map(f64::from)
                    .take_while(|at| *at <= count)
                    .map(|at| (at + (self.low / step).round()) * step)
                    .collect()
            }
            Scaling::Log2 => self.powers(2.0),
            Scaling::Log10 => self.powers(10.0),
        }
    }

    fn powers(&self, base: f64) -> Vec<f64> {
        let (first, last) = (
            (self.low.ln() / base.ln() - 1e-9).ceil(),
            (self.high.ln() / base.ln() + 1e-9).floor(),
        );
        let stride = ((last - first) / 10.0).ceil().max(1.0);
        let ticks: Vec<f64> = (0..=11)
            .map(|at| first + f64::from(at) * stride)
            .take_while(|power| *power <= last)
            .map(|power| base.powf(power))
            .collect();
        if ticks.len() >= 2 { ticks } else { vec![self.low, self.high] }
    }
}

/// A round step that cuts the span into some [`TICKS`].
fn step(span: f64) -> f64 {
    let rough = (span / TICKS).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(rough.log10().floor());
    let factor = match rough / power {
        f if f <= 1.0 => 1.0,
        f if f <= 2.0 => 2.0,
        f if f <= 5.0 => 5.0,
        _ => 10.0,
    };
    factor * power
}

/// The frame of a chart with two axes.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// Draws grid, ticks and labels.
    pub(super) fn draw(&self, canvas: &mut Canvas, x: (&Axis, &Scale), y: (&Axis, &Scale)) {
        for tick in y.1.ticks() {
            let at = y.1.at(tick);
            canvas.line((self.left, at), (self.right, at), "stroke:var(--az-grid)");
            canvas.text((self.left - 8.0, at + 4.0), Anchor::End, "m", &y.0.unit.show(tick));
        }
        let mut free = f64::NEG_INFINITY;
        for tick in x.1.ticks() {
            let at = x.1.at(tick);
            let text = x.0.unit.show(tick);
            let half = super::canvas::text_width(&text) / 2.0;
            canvas.line((at, self.bottom), (at, self.bottom + 4.0), "stroke:var(--az-muted)");
            if at - half > free {
                canvas.text((at, self.bottom + 18.0), Anchor::Middle, "m", &text);
                free = at + half + 6.0;
            }
        }
        let style = "stroke:var(--az-muted)";
        canvas.line((self.left, self.bottom), (self.right, self.bottom), style);
        let middle = f64::midpoint(self.left, self.right);
        canvas.text((middle, self.bottom + 36.0), Anchor::Middle, "m", &x.0.label);
        canvas.text((self.left, self.top - 10.0), Anchor::Start, "m", &y.0.label);
    }
}
