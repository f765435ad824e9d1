//! A plan as a picture: predicted time over the workers, and over workers and chunks, with what was measured.

use std::path::Path;

use amorsize_report::number::Unit;
use amorsize_report::svg::{
    Axis, HeatMap, Interval, Lines, Look, Mark, Point, STYLE, Scaling, Series,
};
use amorsize_sizing::plan::{Plan, grid, sensible_chunks};
use amorsize_sizing::{Limits, Measurements};

use crate::context::Context;
use crate::failure::Failure;
use crate::units::count;

/// One measured point of the grid, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    /// How many at once.
    pub(crate) workers: u64,
    /// Items a process.
    pub(crate) chunk: u64,
    /// The median.
    pub(crate) secs: f64,
    /// The least.
    pub(crate) low: f64,
    /// The most.
    pub(crate) high: f64,
}

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawing<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// What it was made from.
    pub(crate) seen: &'a Measurements,
    /// The machine's limits.
    pub(crate) limits: &'a Limits,
    /// What was measured.
    pub(crate) measured: &'a [Measured],
    /// The largest chunk there may be.
    pub(crate) chunk_most: u64,
}

/// Writes the picture: a page for `.html`, else an SVG.
pub(crate) fn write(drawing: &Drawing<'_>, path: &Path, context: &Context) -> Result<(), Failure> {
    let page = path.extension().is_some_and(|kind| kind == "html" || kind == "htm");
    let text = if page { html(drawing) } else { lines(drawing).render(Look::Standalone) };
    context.output.file(path, text.as_bytes())
}

fn html(drawing: &Drawing<'_>) -> String {
    let mut charts = lines(drawing).render(Look::Inline);
    if drawing.chunk_most > 1 {
        charts.push_str(&heat(drawing).render(Look::Inline));
    }
    let reason = escaped(&drawing.plan.reason);
    let workers = drawing.plan.workers;
    let each = count(drawing.plan.chunk, "item", "items");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>amorsize plan</title>\n\
         <style>body{{font:16px system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}\
         {STYLE}</style></head>\n<body><h1>{workers} at once, {each} each</h1>\n<p>{reason}.</p>\n\
         {charts}\n</body></html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The worker counts that are drawn: all while they are few, then powers of two.
fn workers(drawing: &Drawing<'_>) -> Vec<u64> {
    let plan = drawing.plan.workers;
    let most = (plan.max(drawing.limits.workers_at_first()) * 4).min(1024);
    let mut counts: Vec<u64> = (1..=most.min(16)).collect();
    counts.extend((5..=10).map(|power| 1 << power).filter(|&count| count <= most));
    counts.push(plan);
    counts.sort_unstable();
    counts.dedup();
    counts
}

fn lines(drawing: &Drawing<'_>) -> Lines {
    let plan = drawing.plan;
    let points = grid(drawing.seen, drawing.limits, &workers(drawing), &[plan.chunk]);
    let predicted = Series {
        name: format!("predicted, {} each", count(plan.chunk, "item", "items")),
        points: points
            .iter()
            .map(|point| Point { x: real(point.workers), y: point.predicted.ns / 1e9 })
            .collect(),
        band: points
            .iter()
            .map(|point| Interval {
                x: real(point.workers),
                y: point.predicted.ns / 1e9,
                low: point.predicted.low_ns / 1e9,
                high: point.predicted.high_ns / 1e9,
            })
            .collect(),
        ..Series::default()
    };
    let of_chunk = drawing.measured.iter().filter(|point| point.chunk == plan.chunk);
    let measured: Vec<Interval> = of_chunk
        .map(|point| Interval {
            x: real(point.workers),
            y: point.secs,
            low: point.low,
            high: point.high,
        })
        .collect();
    let mut series = vec![predicted];
    if !measured.is_empty() {
        series.push(Series { name: "measured".to_owned(), measured, ..Series::default() });
    }
    Lines {
        title: format!("{} items: time over the number at once", plan.items),
        x: Axis {
            label: "at once".to_owned(),
            unit: Unit::Count,
            scaling: Scaling::Log2,
            from_zero: false,
        },
        y: Axis {
            label: "time".to_owned(),
            unit: Unit::Seconds,
            scaling: Scaling::Linear,
            from_zero: true,
        },
        series,
        marks: vec![Mark { x: real(plan.workers), label: "plan".to_owned() }],
    }
}

fn heat(drawing: &Drawing<'_>) -> HeatMap {
    let plan = drawing.plan;
    let mut rows: Vec<u64> = workers(drawing);
    rows.retain(|&count| count.is_power_of_two() || count == plan.workers);
    let mut columns = sensible_chunks(plan.items, plan.workers, drawing.chunk_most);
    columns.retain(|&chunk| chunk.is_power_of_two() || chunk == plan.chunk);
    let points = grid(drawing.seen, drawing.limits, &rows, &columns);
    let values = points
        .chunks(columns.len().max(1))
        .map(|row| row.iter().map(|point| Some(point.predicted.ns / 1e9)).collect())
        .collect();
    let place = |list: &[u64], value: u64| list.iter().position(|&one| one == value);
    HeatMap {
        title: "predicted time over the number at once and the items each".to_owned(),
        x_label: "items each".to_owned(),
        y_label: "at once".to_owned(),
        columns: columns.iter().map(u64::to_string).collect(),
        rows: rows.iter().map(u64::to_string).collect(),
        values,
        unit: Unit::Seconds,
        chosen: place(&rows, plan.workers).zip(place(&columns, plan.chunk)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of workers are small")]
fn real(count: u64) -> f64 {
    count as f64
}
