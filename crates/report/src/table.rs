//! Plain tables: columns that line up in a terminal, and the same table as Markdown or tab-separated.
//!
//! Numbers go right, words go left. When a width is given, the columns marked elastic give way, the
//! widest first, and what is cut ends in `…`. No colours, no boxes.

use crate::markdown::escape::cell_prose;
use crate::visible;

/// Where the content of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    name: String,
    align: Align,
    elastic: bool,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn left(name: impl Into<String>) -> Self {
        Self { name: name.into(), align: Align::Left, elastic: false }
    }

    /// A column of numbers.
    #[must_use]
    pub fn right(name: impl Into<String>) -> Self {
        Self { name: name.into(), align: Align::Right, elastic: false }
    }

    /// The same column, giving way when the table is too wide.
    #[must_use]
    pub fn elastic(mut self) -> Self {
        self.elastic = true;
        self
    }
}

/// A table.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    indent: usize,
    headless: bool,
}

/// An elastic column is not cut below this.
const NARROWEST: usize = 8;
const GAP: &str = "  ";

impl Table {
    /// A table with these columns and no rows.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), ..Self::default() }
    }

    /// The same table without its line of names.
    #[must_use]
    pub fn without_header(mut self) -> Self {
        self.headless = true;
        self
    }

    /// The same table, every line moved right.
    #[must_use]
    pub fn indented(mut self, columns: usize) -> Self {
        self.indent = columns;
        self
    }

    /// Adds a row. Missing cells are empty; there must not be more cells than columns.
    ///
    /// # Panics
    /// When there are more cells than columns: a mistake in the calling code.
    pub fn push<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells: Vec<String> =
            cells.into_iter().map(|cell| visible::line(&cell.into()).into_owned()).collect();
        assert!(cells.len() <= self.columns.len(), "a row has more cells than the table columns");
        self.rows.push(cells);
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, one line a row, each ended by a newline. `columns` bounds its width.
    #[must_use]
    pub fn render(&self, columns: Option<usize>) -> String {
        let widths = self.widths(columns);
        let mut out = String::new();
        if !self.headless {
            let names: Vec<String> = self.columns.iter().map(|c| c.name.clone()).collect();
            self.push_line(&names, &widths, &mut out);
        }
        for row in &self.rows {
            self.push_line(row, &widths, &mut out);
        }
        out
    }

    /// The table as Markdown. What stands between single backticks is code; nothing else is markup.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = String::from("|");
        for column in &self.columns {
            push!(&mut out, " {} |", cell_prose(&column.name));
        }
        out.push_str("\n|");
        for column in &self.columns {
            out.push_str(if column.align == Align::Left { " --- |" } else { " ---: |" });
        }
        out.push('\n');
        for row in &self.rows {
            out.push('|');
            for at in 0..self.columns.len() {
                push!(&mut out, " {} |", cell_prose(cell(row, at)));
            }
            out.push('\n');
        }
        out
    }

    /// The table as tab-separated values with a line of names; tabs cannot occur in cells.
    #[must_use]
    pub fn tsv(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        let mut out = names.join("\t") + "\n";
        for row in &self.rows {
            let cells: Vec<&str> = (0..self.columns.len()).map(|at| cell(row, at)).collect();
            out.push_str(&cells.join("\t"));
            out.push('\n');
        }
        out
    }

    fn push_line(&self, cells: &[String], widths: &[usize], out: &mut String) {
        let start = out.len();
        out.push_str(&" ".repeat(self.indent));
        for (at, (column, width)) in self.columns.iter().zip(widths).enumerate() {
            if at > 0 {
                out.push_str(GAP);
            }
            let text = visible::fit(cell(cells, at), *width);
            let space = " ".repeat(width.saturating_sub(visible::width(&text)));
            match column.align {
                Align::Left => out.extend([&*text, &space]),
                Align::Right => out.extend([&*space, &text]),
            }
        }
        out.truncate(start + out[start..].trim_end().len());
        out.push('\n');
    }

    fn widths(&self, bound: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let name = if self.headless { 0 } else { visible::width(&self.columns[at].name) };
                self.rows.iter().map(|row| visible::width(cell(row, at))).fold(name, usize::max)
            })
            .collect();
        let Some(bound) = bound else { return widths };
        let gaps = GAP.len() * self.columns.len().saturating_sub(1) + self.indent;
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(bound);
        while excess > 0 {
            // The widest elastic column shrinks to the second widest, or as far as needed.
            let elastic = |at: &usize| self.columns[*at].elastic && widths[*at] > NARROWEST;
            let Some(widest) = (0..widths.len()).filter(elastic).max_by_key(|at| widths[*at])
            else {
                break;
            };
            let next = (0..widths.len())
                .filter(|at| *at != widest && self.columns[*at].elastic)
                .map(|at| widths[at])
                .filter(|width| *width < widths[widest])
                .max()
                .unwrap_or(0)
                .max(NARROWEST);
            let cut = excess.min((widths[widest] - next).max(1));
            widths[widest] -= cut;
            excess -= cut;
        }
        widths
    }
}

fn cell(row: &[String], at: usize) -> &str {
    row.get(at).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table =
            Table::new([Column::left("name").elastic(), Column::right("n"), Column::left("note")]);
        table.push(["short", "7", "漢字"]);
        table.push(["a name that is rather long", "1,234"]);
        table
    }

    #[test]
    fn lines_up() {
        assert_eq!(
            sample().render(None),
            "name                            n  note\n\
             short                           7  漢字\n\
             a name that is rather long  1,234\n"
        );
    }

    #[test]
    fn elastic_columns_give_way() {
        let text = sample().render(Some(24));
        assert!(text.lines().all(|line| visible::width(line) <= 24), "{text}");
        assert!(text.contains("a name tha…"), "{text}");
    }

    #[test]
    fn too_narrow_is_too_wide_rather_than_wrong() {
        assert!(sample().render(Some(3)).contains("1,234"));
    }

    #[test]
    fn markdown_cells_cannot_break_out() {
        let mut table = Table::new([Column::left("a|b"), Column::right("n")]);
        table.push(["x|y\n<script> `a|b` [x](y)", "1"]);
        assert_eq!(
            table.markdown(),
            "| a\\|b | n |\n| --- | ---: |\n| x\\|y␊&lt;script> `a\\|b` \\[x\\](y) | 1 |\n"
        );
    }
}
