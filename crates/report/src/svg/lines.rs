//! Lines with intervals and measured points: a prediction, its uncertainty, and what really happened.

use super::Look;
use super::canvas::{Anchor, Canvas, colour, text_width};
use super::scale::{Axis, Frame, Scale};
use crate::visible;

/// A chart of lines.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// What it shows.
    pub title: String,
    /// Across.
    pub x: Axis,
    /// Up.
    pub y: Axis,
    /// The lines, in the order of their colours.
    pub series: Vec<Series>,
    /// Places on the x axis worth naming.
    pub marks: Vec<Mark>,
}

/// One line, with what belongs to it.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Joined by a line, in the order given.
    pub points: Vec<Point>,
    /// A shaded band around the line.
    pub band: Vec<Interval>,
    /// Drawn as dots, with a whisker where an interval is known.
    pub measured: Vec<Interval>,
    /// Dashed, for what is only there to compare with.
    pub dashed: bool,
}

/// A point.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
}

/// A value with its interval.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Interval {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// Lower end; equal to `y` where none is known.
    pub low: f64,
    /// Upper end; equal to `y` where none is known.
    pub high: f64,
}

/// A place on the x axis.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// What is there.
    pub label: String,
}

const WIDTH: f64 = 720.0;
const PLOT: f64 = 300.0;

impl Lines {
    /// Draws it.
    #[must_use]
    pub fn render(&self, look: Look) -> String {
        let mut canvas = Canvas::new(WIDTH);
        canvas.text((12.0, 22.0), Anchor::Start, "t", &visible::fit(&self.title, 90));
        let top = self.legend(&mut canvas) + 30.0 + if self.marks.is_empty() { 0.0 } else { 16.0 };
        let frame = Frame { left: 76.0, right: WIDTH - 20.0, top, bottom: top + PLOT };
        let marks = self.marks.iter().map(|mark| mark.x);
        let x =
            Scale::over(&self.x, self.all(|p| [p.x; 3]).chain(marks), (frame.left, frame.right));
        let y = Scale::over(&self.y, self.all(|p| [p.y, p.low, p.high]), (frame.bottom, frame.top));
        frame.draw(&mut canvas, (&self.x, &x), (&self.y, &y));
        self.draw_marks(&mut canvas, &frame, &x);
        for (at, series) in self.series.iter().enumerate() {
            series.draw(&mut canvas, &colour(at), |p| (x.at(p.x), y.at(p.y)), self);
        }
        canvas.finish(frame.bottom + 48.0, &self.title, look)
    }

    /// Every number that must be within an axis.
    fn all<'a>(&'a self, of: impl Fn(Interval) -> [f64; 3] + 'a) -> impl Iterator<Item = f64> + 'a {
        let whole = |p: &Point| Interval { x: p.x, y: p.y, low: p.y, high: p.y };
        self.series
            .iter()
            .flat_map(move |s| {
                let points = s.points.iter().map(whole);
                points.chain(s.band.iter().copied()).chain(s.measured.iter().copied())
            })
            .flat_map(of)
    }

    fn legend(&self, canvas: &mut Canvas) -> f64 {
        let (mut x, mut y) = (14.0, 44.0);
        if self.series.len() < 2 && self.series.iter().all(|s| s.measured.is_empty()) {
            return 30.0;
        }
        for (at, series) in self.series.iter().enumerate() {
            let name = visible::fit(&series.name, 40);
            let needed = text_width(&name) + 44.0;
            if x + needed > WIDTH - 12.0 && x > 14.0 {
                x = 14.0;
                y += 18.0;
            }
            let style = format!("stroke:{};stroke-width:2{}", colour(at), series.dash());
            if !series.points.is_empty() {
                canvas.line((x, y - 4.0), (x + 20.0, y - 4.0), &style);
            }
            if !series.measured.is_empty() {
                canvas.circle((x + 10.0, y - 4.0), 3.5, &format!("fill:{}", colour(at)), "");
            }
            canvas.text((x + 26.0, y), Anchor::Start, "", &name);
            x += needed;
        }
        y
    }

    fn draw_marks(&self, canvas: &mut Canvas, frame: &Frame, x: &Scale) {
        for mark in self.marks.iter().filter(|mark| mark.x.is_finite()) {
            let at = x.at(mark.x);
            let style = "stroke:var(--az-hot);stroke-dasharray:2 3";
            canvas.line((at, frame.top), (at, frame.bottom), style);
            let label = visible::fit(&mark.label, 40);
            let half = text_width(&label) / 2.0;
            let middle = at.clamp(frame.left + half, (frame.right - half).max(frame.left + half));
            // The axis label stands at the left of the same row; the marks get the row above it.
            canvas.text((middle, frame.top - 26.0), Anchor::Middle, "hot s", &label);
        }
    }
}

impl Series {
    fn dash(&self) -> &'static str {
        if self.dashed { ";stroke-dasharray:5 4" } else { "" }
    }

    fn draw(
        &self,
        canvas: &mut Canvas,
        colour: &str,
        place: impl Fn(Point) -> (f64, f64),
        chart: &Lines,
    ) {
        let finite = |p: &&Interval| [p.x, p.y, p.low, p.high].iter().all(|v| v.is_finite());
        let mut area: Vec<(f64, f64)> = Vec::new();
        area.extend(self.band.iter().filter(finite).map(|p| place(Point { x: p.x, y: p.high })));
        area.extend(
            self.band.iter().rev().filter(finite).map(|p| place(Point { x: p.x, y: p.low })),
        );
        canvas.path(&area, true, &format!("fill:{colour};fill-opacity:.15;stroke:none"));
        let points = self.points.iter().filter(|p| p.x.is_finite() && p.y.is_finite());
        let points: Vec<_> = points.map(|p| place(*p)).collect();
        let style = format!("fill:none;stroke:{colour};stroke-width:2{}", self.dash());
        canvas.path(&points, false, &style);
        for p in self.measured.iter().filter(finite) {
            let (x, y) = place(Point { x: p.x, y: p.y });
            let (low, high) =
                (place(Point { x: p.x, y: p.low }), place(Point { x: p.x, y: p.high }));
            if (low.1 - high.1).abs() > 0.5 {
                canvas.line(low, high, &format!("stroke:{colour};stroke-width:1.5"));
            }
            let hint =
                format!("{}: {} at {}", self.name, chart.y.unit.show(p.y), chart.x.unit.show(p.x));
            canvas.circle((x, y), 3.5, &format!("fill:{colour};stroke:var(--az-bg)"), &hint);
        }
    }
}
