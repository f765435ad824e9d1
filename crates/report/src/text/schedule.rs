//! A witness as a table: one column a party, time downwards.

use amorsize_finding::{Step, Witness};

use super::paint::Paint;
use crate::visible;

const INDENT: usize = 4;
/// Width of the step numbers with the gap behind them.
const NUMBERS: usize = 4;
const GAP: &str = " │ ";
const NARROWEST: usize = 12;
const WIDEST: usize = 72;
/// So many steps are shown, the others are counted.
const STEPS: usize = 60;

/// Renders the schedule, its outcome and why no serial order gives it.
pub(super) fn render(witness: &Witness, columns: usize, paint: Paint) -> String {
    let mut table = Table::new(witness, columns, paint);
    if !witness.initial.is_empty() {
        table.sentence("at first", &witness.initial, |text| text.to_owned());
    }
    let heads: Vec<Vec<String>> = witness
        .actors
        .iter()
        .map(|actor| {
            let runs =
                if actor.runs.is_empty() { String::new() } else { format!(": {}", actor.runs) };
            visible::wrap(&visible::line(&format!("{}{runs}", actor.name)), table.wide)
        })
        .collect();
    table.row("", &heads, |_, text| paint.strong(text));
    for (at, step) in witness.steps.iter().take(STEPS).enumerate() {
        table.step(at + 1, step);
    }
    if witness.steps.len() > STEPS {
        let more = crate::number::counted((witness.steps.len() - STEPS) as u64, "more step");
        push!(&mut table.out, "{:INDENT$}… {more}\n", "");
    }
    table.sentence("so", &witness.outcome, |text| paint.alarm(text));
    table.sentence("but", &witness.not_serial, |text| text.to_owned());
    if let Some(eviction) = &witness.eviction {
        table.sentence("and", eviction, |text| text.to_owned());
    }
    table.out
}

struct Table<'a> {
    witness: &'a Witness,
    columns: usize,
    wide: usize,
    paint: Paint,
    out: String,
}

impl<'a> Table<'a> {
    fn new(witness: &'a Witness, columns: usize, paint: Paint) -> Self {
        let parties = witness.actors.len().max(1);
        let gaps = visible::width(GAP) * (parties - 1);
        let room = columns.saturating_sub(INDENT + NUMBERS + gaps) / parties;
        Self { witness, columns, wide: room.clamp(NARROWEST, WIDEST), paint, out: String::new() }
    }

    fn step(&mut self, number: usize, step: &Step) {
        let known = self.witness.actors.iter().position(|actor| actor.name == step.actor);
        let party = known.unwrap_or(0);
        let place = match (&step.path, step.line) {
            (Some(path), Some(line)) => format!("{path}:{line} "),
            (None, Some(line)) => format!("L{line} "),
            (Some(path), None) => format!("{path} "),
            (None, None) => String::new(),
        };
        let who = if known.is_none() { format!("{}: ", step.actor) } else { String::new() };
        let effect = visible::line(&format!("{who}{place}{}", step.effect)).into_owned();
        let mut rows = visible::wrap(&effect, self.wide);
        let results = rows.len();
        if let Some(result) = &step.result {
            rows.extend(self.hanging("→ ", result));
        }
        let notes = rows.len();
        if let Some(note) = &step.note {
            rows.extend(self.hanging("! ", note));
        }
        let mut cells = vec![Vec::new(); self.witness.actors.len().max(1)];
        cells[party] = rows;
        let paint = self.paint;
        self.row(&number.to_string(), &cells, |at, text| match at {
            at if at >= notes => paint.alarm(text),
            at if at >= results => paint.result(text),
            _ => text.to_owned(),
        });
    }

    fn hanging(&self, sign: &str, text: &str) -> Vec<String> {
        let rows = visible::wrap(&visible::line(text), self.wide.saturating_sub(2));
        let with_sign = |(at, row): (usize, String)| {
            if at == 0 { format!("{sign}{row}") } else { format!("  {row}") }
        };
        rows.into_iter().enumerate().map(with_sign).collect()
    }

    fn row(&mut self, number: &str, cells: &[Vec<String>], paint: impl Fn(usize, &str) -> String) {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..height {
            let number = if at == 0 { number } else { "" };
            let mut line = format!("{:INDENT$}{number:>2}  ", "");
            for (column, cell) in cells.iter().enumerate() {
                if column > 0 {
                    line.push_str(GAP);
                }
                let text = cell.get(at).map_or("", String::as_str);
                let space = self.wide.saturating_sub(visible::width(text));
                line.push_str(&paint(at, text));
                line.push_str(&" ".repeat(space));
            }
            push!(&mut self.out, "{}\n", line.trim_end());
        }
    }

    fn sentence(&mut self, word: &str, text: &str, paint: impl Fn(&str) -> String) {
        if text.is_empty() {
            return;
        }
        let room = self.columns.saturating_sub(INDENT + word.len() + 2);
        for (at, row) in visible::wrap(&visible::line(text), room).iter().enumerate() {
            let lead = if at == 0 { format!("{word}: ") } else { " ".repeat(word.len() + 2) };
            push!(&mut self.out, "{:INDENT$}{}{}\n", "", self.paint.faint(&lead), paint(row));
        }
    }
}
