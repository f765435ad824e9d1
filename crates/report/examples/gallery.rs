//! Draws one of every chart into a folder, to be looked at: `cargo run -p amorsize-report --example gallery -- FOLDER`.

use std::path::PathBuf;

use amorsize_report::number::Unit;
use amorsize_report::svg::{
    Axis, Bar, Bars, Event, Group, HeatMap, Interval, Lines, Look, Mark, Party, Point, Scaling,
    Series, Strip, Timeline,
};

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let mut page = String::from(
        "<!doctype html><meta charset=utf-8><meta name=color-scheme content=\"light dark\">",
    );
    page.push_str("<style>body{margin:1rem;background:Canvas}");
    page.push_str(amorsize_report::svg::STYLE);
    page.push_str("</style>");
    for (name, draw) in charts() {
        std::fs::write(folder.join(format!("{name}.svg")), draw(Look::Standalone))?;
        page.push_str(&draw(Look::Inline));
    }
    std::fs::write(folder.join("gallery.html"), page)
}

type Draw = Box<dyn Fn(Look) -> String>;

fn charts() -> Vec<(&'static str, Draw)> {
    vec![
        ("bars", Box::new(|look| bars().render(look))),
        ("lines", Box::new(|look| lines().render(look))),
        ("heat", Box::new(|look| heat().render(look))),
        ("strip", Box::new(|look| strip().render(look))),
        ("timeline", Box::new(|look| timeline().render(look))),
    ]
}

fn bars() -> Bars {
    let bar = |label: &str, value: f64, interval, highlight, note: &str| Bar {
        label: label.to_owned(),
        value,
        interval,
        highlight,
        note: note.to_owned(),
    };
    Bars {
        title: "Wall time of 400 items of 12 ms".to_owned(),
        unit: Unit::Seconds,
        bars: vec![
            bar("amorsize run", 0.71, Some((0.69, 0.74)), true, ""),
            bar("xargs -P 8", 0.83, Some((0.80, 0.91)), false, ""),
            bar("serial", 4.81, Some((4.79, 4.85)), false, ""),
            bar("other <tool>", f64::NAN, None, false, "does not run here"),
        ],
    }
}

fn lines() -> Lines {
    let time = |n: f64| 0.1 * n.powf(0.6) + 4.8 / n.min(8.0);
    let workers: Vec<f64> = (1..=32).map(f64::from).collect();
    Lines {
        title: "Predicted and measured time by worker count".to_owned(),
        x: Axis {
            label: "workers".into(),
            unit: Unit::Count,
            scaling: Scaling::Log2,
            from_zero: false,
        },
        y: Axis {
            label: "total time".into(),
            unit: Unit::Seconds,
            scaling: Scaling::Linear,
            from_zero: true,
        },
        series: vec![
            Series {
                name: "predicted".into(),
                points: workers.iter().map(|x| Point { x: *x, y: time(*x) }).collect(),
                band: workers
                    .iter()
                    .map(|x| Interval {
                        x: *x,
                        y: time(*x),
                        low: time(*x) * 0.9,
                        high: time(*x) * 1.15,
                    })
                    .collect(),
                measured: [1.0, 2.0, 4.0, 8.0, 16.0]
                    .map(|x| Interval { x, y: time(x) * 1.03, low: time(x), high: time(x) * 1.08 })
                    .to_vec(),
                dashed: false,
            },
            Series {
                name: "no overhead".into(),
                points: workers.iter().map(|x| Point { x: *x, y: 4.8 / x }).collect(),
                dashed: true,
                ..Series::default()
            },
        ],
        marks: vec![Mark { x: 8.0, label: "plan: 8 workers".into() }],
    }
}

fn heat() -> HeatMap {
    let (rows, columns) = ([1.0, 2.0, 4.0, 8.0, 16.0], [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0]);
    HeatMap {
        title: "Total time by workers and chunk".into(),
        x_label: "items per chunk".into(),
        y_label: "workers".into(),
        columns: columns.iter().map(ToString::to_string).collect(),
        rows: rows.iter().map(ToString::to_string).collect(),
        values: rows
            .iter()
            .map(|w: &f64| {
                columns
                    .iter()
                    .map(|c: &f64| {
                        (c * w < 9000.0).then_some(4.8 / w.min(8.0) + 0.3 / c + c * w / 9e3)
                    })
                    .collect()
            })
            .collect(),
        unit: Unit::Seconds,
        chosen: Some((3, 2)),
    }
}

fn strip() -> Strip {
    let values = |n: u32, base: f64, spread: f64| {
        (0..n).map(|i| base + spread * (f64::from(i) * 0.618).fract().powi(3)).collect()
    };
    Strip {
        title: "Item times".into(),
        axis: Axis { label: "time of one item".into(), unit: Unit::Seconds, ..Axis::default() },
        groups: vec![
            Group { label: "before".into(), values: values(300, 0.010, 0.02) },
            Group { label: "after".into(), values: values(120, 0.008, 0.006) },
            Group { label: "four only".into(), values: values(4, 0.012, 0.01) },
        ],
    }
}

fn timeline() -> Timeline {
    let event = |party, effect: &str, result: &str, place: &str, note: &str| Event {
        party,
        effect: effect.into(),
        result: result.into(),
        place: place.into(),
        note: note.into(),
    };
    Timeline {
        title: "Two callers add the same expired key".into(),
        initial: "key k is present and expired".into(),
        parties: vec![
            Party { name: "A".into(), runs: "DatabaseCache.add(k, 1)".into() },
            Party { name: "B".into(), runs: "DatabaseCache.add(k, 2)".into() },
        ],
        events: vec![
            event(0, "SELECT cache_key, expires FROM t WHERE cache_key = k", "1 row, expired", "line 136", ""),
            event(1, "SELECT cache_key, expires FROM t WHERE cache_key = k", "1 row, expired", "line 136", ""),
            event(1, "UPDATE t SET value = 2 WHERE cache_key = k", "1 row; returns True", "line 157", ""),
            event(0, "UPDATE t SET value = 1 WHERE cache_key = k", "1 row; returns True", "line 157", "the WHERE does not ask whether the row is still expired"),
        ],
        outcome: "Both callers are told True; B's value is gone. One after the other, the second would get False.".into(),
        window: Some((0, 3)),
    }
}
