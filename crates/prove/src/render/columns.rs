//! Two histories side by side.

use crate::experiment::Op;
use crate::report::Witness;
use unicode_width::UnicodeWidthChar as _;

/// One row: what A did, or what B did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) party: Op,
    pub(super) text: String,
}

/// The rows of a witness, with the hold written in.
pub(super) fn rows(witness: &Witness) -> Vec<Row> {
    let mut rows = vec![];
    let mut held = false;
    for step in &witness.history {
        let holds = step.party == witness.held && step.boundary == witness.at;
        if !held && (step.party == witness.held.other() || holds) {
            held = true;
            let text = format!("‖ held before {}", witness.at);
            rows.push(Row { party: witness.held, text });
        }
        let note = step.note.as_ref().map(|note| format!("  → {note}")).unwrap_or_default();
        let text = format!("{} {}{note}", step.boundary, step.label);
        if !step.handshake {
            rows.push(Row { party: step.party, text });
        }
    }
    for op in [Op::A, Op::B] {
        if let Some(answer) = witness.outcome.answer(op) {
            rows.push(Row { party: op, text: format!("⇒ {}", answer.short()) });
        }
    }
    rows
}

/// Sets rows in two columns: the first no wider than it needs to be, nor than half.
pub(super) fn set(rows: &[Row], width: usize) -> String {
    let both = width.saturating_sub(5);
    let first = rows.iter().filter(|row| row.party != Op::B).map(|row| measure(&row.text)).max();
    let column = first.unwrap_or_default().clamp(1, both / 2);
    let mut text = String::new();
    let mut line = |left: &str, right: &str| {
        let pad = column.saturating_sub(measure(left));
        let row = format!("  {left}{}│ {right}", " ".repeat(pad + 1));
        text.push_str(row.trim_end());
        text.push('\n');
    };
    line("A", "B");
    for row in rows {
        let is_second = row.party == Op::B;
        for piece in wrap(&row.text, if is_second { both - column } else { column }) {
            if is_second { line("", &piece) } else { line(&piece, "") }
        }
    }
    text
}

fn measure(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    const LINES_MAX: usize = 4;
    let mut lines: Vec<String> = vec![];
    let mut line = String::new();
    let long = width.saturating_sub(2).max(1);
    let words = text.split(' ').flat_map(|word| pieces(word, long));
    for word in words {
        if line.is_empty() || measure(&line) + 1 + measure(&word) <= width {
            let gap = if line.is_empty() { "" } else { " " };
            line.push_str(gap);
            line.push_str(&word);
            continue;
        }
        if lines.len() + 1 == LINES_MAX {
            line.push('…');
            break;
        }
        lines.push(std::mem::replace(&mut line, format!("  {word}")));
    }
    lines.push(line);
    lines.into_iter().map(|line| clip(&line, width)).collect()
}

/// A word in pieces that fit.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut found = vec![String::new()];
    for c in word.chars() {
        let last = found.last().map_or(0, |last| measure(last));
        if last + c.width().unwrap_or(0) > width {
            found.push(String::new());
        }
        if let Some(last) = found.last_mut() {
            last.push(c);
        }
    }
    found
}

fn clip(line: &str, width: usize) -> String {
    if measure(line) <= width {
        return line.to_owned();
    }
    let mut clipped = String::new();
    for c in line.chars() {
        if measure(&clipped) + c.width().unwrap_or(0) + 1 > width {
            break;
        }
        clipped.push(c);
    }
    clipped.push('…');
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_long_labels_wrap() {
        let rows = [
            Row { party: Op::A, text: "1 stat(cache/k.json)".into() },
            Row { party: Op::B, text: "1 unlink(cache/a-rather-long-name-for-a-key.json)".into() },
        ];
        let text = set(&rows, 60);
        let bars: Vec<usize> =
            text.lines().map(|line| measure(line.split('│').next().unwrap_or_default())).collect();
        assert!(bars.iter().all(|bar| *bar == bars[0]), "{text}");
        assert!(text.lines().all(|line| measure(line) <= 60), "{text}");
        assert_eq!(bars[0], 2 + measure("1 stat(cache/k.json)") + 1, "{text}");
        let long = Row { party: Op::A, text: format!("1 stat({}/end)", "deep/".repeat(9)) };
        let text = set(&[long], 60);
        assert!(text.lines().all(|line| measure(line) <= 60), "{text}");
        assert!(text.contains("end)"), "{text}");
    }
}
