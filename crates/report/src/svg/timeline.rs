//! A schedule drawn: a column a party, time downwards, the window shaded.

use super::Look;
use super::canvas::{Anchor, CODE_COLUMN, COLUMN, Canvas, colour, columns};
use crate::visible;

/// A schedule of two or more parties.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// What it shows.
    pub title: String,
    /// The state it starts from.
    pub initial: String,
    /// One column each.
    pub parties: Vec<Party>,
    /// From top to bottom.
    pub events: Vec<Event>,
    /// What comes of it.
    pub outcome: String,
    /// First and last event of the window, as indices.
    pub window: Option<(usize, usize)>,
}

/// A column.
#[derive(Debug, Clone, Default)]
pub struct Party {
    /// Its name.
    pub name: String,
    /// What it runs.
    pub runs: String,
}

/// A step.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// Index of its column.
    pub party: usize,
    /// What is done.
    pub effect: String,
    /// What it gives back.
    pub result: String,
    /// Where: `line 142`.
    pub place: String,
    /// What to notice.
    pub note: String,
}

const WIDTH: f64 = 720.0;
const MARGIN: f64 = 34.0;
const ROW: f64 = 16.0;
const GAP: f64 = 10.0;
/// A box never grows beyond so many lines of text.
const LINES: usize = 5;

struct Layout {
    wide: f64,
}

impl Layout {
    #[expect(clippy::cast_precision_loss, reason = "counts of parties are small")]
    fn new(parties: usize) -> Self {
        Self { wide: (WIDTH - MARGIN - 10.0) / parties.max(1) as f64 }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of parties are small")]
    fn left(&self, party: usize) -> f64 {
        MARGIN + party as f64 * self.wide
    }
}

/// A wrapped text in its font.
struct Block(Vec<String>, &'static str);

impl Block {
    fn new(text: &str, class: &'static str, pixels: f64) -> Self {
        if text.is_empty() {
            return Self(Vec::new(), class);
        }
        let column = if class.starts_with('k') { CODE_COLUMN } else { COLUMN };
        let room = columns(pixels, column);
        let mut rows = visible::wrap(&visible::line(&shortened(text)), room);
        if rows.len() > LINES {
            rows.truncate(LINES);
            if let Some(last) = rows.last_mut() {
                *last = format!(
                    "{}…",
                    visible::fit(last, room.saturating_sub(1)).trim_end_matches('…')
                );
            }
        }
        Self(rows, class)
    }

    #[expect(clippy::cast_precision_loss, reason = "at most a handful of lines")]
    fn height(&self) -> f64 {
        self.0.len() as f64 * ROW
    }

    fn draw(&self, canvas: &mut Canvas, x: f64, y: &mut f64) {
        for row in &self.0 {
            canvas.text((x, *y), Anchor::Start, self.1, row);
            *y += ROW;
        }
    }
}

/// The first part of a text: nothing in a drawing needs more.
fn shortened(text: &str) -> String {
    text.chars().take(600).collect()
}

impl Timeline {
    /// Draws it.
    #[must_use]
    pub fn render(&self, look: Look) -> String {
        let mut canvas = Canvas::new(WIDTH);
        let mut y = 22.0;
        if !self.title.is_empty() {
            canvas.text((12.0, y), Anchor::Start, "t", &visible::fit(&self.title, 90));
            y += 22.0;
        }
        if !self.initial.is_empty() {
            let text = format!("At first: {}", self.initial);
            Block::new(&text, "m", WIDTH - 24.0).draw(&mut canvas, 12.0, &mut y);
            y += 4.0;
        }
        let layout = Layout::new(self.parties.len());
        y = self.heads(&mut canvas, &layout, y);
        let boxes: Vec<[Block; 3]> = self.events.iter().map(|e| blocks(e, &layout)).collect();
        let mut places = Vec::with_capacity(boxes.len());
        let mut next = y + 6.0;
        for parts in &boxes {
            let height = parts.iter().map(Block::height).sum::<f64>() + 12.0;
            places.push((next, height));
            next += height + GAP;
        }
        self.lifelines(&mut canvas, &layout, (y, next));
        self.shade(&mut canvas, &layout, &places);
        for ((at, event), (parts, place)) in
            self.events.iter().enumerate().zip(boxes.iter().zip(&places))
        {
            event.draw(&mut canvas, &layout, (at, event.party.min(self.last())), (parts, *place));
        }
        let mut end = next + 8.0;
        if !self.outcome.is_empty() {
            let text = Block::new(&self.outcome, "hot b", WIDTH - 48.0);
            let size = (WIDTH - 20.0, text.height() + 12.0);
            canvas.rounded((10.0, end - 6.0), size, "fill:var(--az-hot-soft);stroke:var(--az-hot)");
            end += 12.0;
            text.draw(&mut canvas, 22.0, &mut end);
        }
        canvas.finish(end + 6.0, self.name(), look)
    }

    fn name(&self) -> &str {
        if self.title.is_empty() { "A schedule" } else { &self.title }
    }

    fn last(&self) -> usize {
        self.parties.len().saturating_sub(1)
    }

    fn heads(&self, canvas: &mut Canvas, layout: &Layout, top: f64) -> f64 {
        let mut bottom = top;
        for (at, party) in self.parties.iter().enumerate() {
            let x = layout.left(at);
            let mut y = top + 10.0;
            canvas.rect((x, top - 4.0), (4.0, 18.0), &format!("fill:{}", colour(at)), "");
            canvas.text((x + 10.0, y), Anchor::Start, "b", &visible::fit(&party.name, 30));
            y += ROW;
            Block::new(&party.runs, "k m", layout.wide - 30.0).draw(canvas, x + 10.0, &mut y);
            bottom = bottom.max(y);
        }
        bottom - 4.0
    }

    fn lifelines(&self, canvas: &mut Canvas, layout: &Layout, (from, to): (f64, f64)) {
        for at in 0..self.parties.len() {
            let x = layout.left(at) + 2.0;
            let style = format!("stroke:{};stroke-width:2;stroke-opacity:.35", colour(at));
            canvas.line((x, from), (x, to), &style);
        }
    }

    /// Shades the window on the lifeline of the party whose window it is.
    fn shade(&self, canvas: &mut Canvas, layout: &Layout, places: &[(f64, f64)]) {
        let Some((first, last)) = self.window else { return };
        let (Some(from), Some(to), Some(event)) =
            (places.get(first), places.get(last), self.events.get(first))
        else {
            return;
        };
        let x = layout.left(event.party.min(self.last()));
        let at = (x - 1.0, from.0 + from.1 / 2.0);
        let size = (6.0, to.0 + to.1 / 2.0 - at.1);
        canvas.rect(at, size, "fill:var(--az-hot)", "the window");
    }
}

fn blocks(event: &Event, layout: &Layout) -> [Block; 3] {
    let room = layout.wide - 40.0;
    let result =
        if event.result.is_empty() { String::new() } else { format!("→ {}", event.result) };
    [
        Block::new(&event.effect, "k", room),
        Block::new(&result, "k good", room),
        Block::new(&event.note, "s hot", room),
    ]
}

impl Event {
    fn draw(
        &self,
        canvas: &mut Canvas,
        layout: &Layout,
        (at, party): (usize, usize),
        (parts, (y, height)): (&[Block; 3], (f64, f64)),
    ) {
        let x = layout.left(party) + 12.0;
        let style = format!("fill:var(--az-soft);stroke:{};stroke-opacity:.6", colour(party));
        canvas.line((x - 10.0, y + 13.0), (x, y + 13.0), &format!("stroke:{}", colour(party)));
        canvas.rounded((x, y), (layout.wide - 24.0, height), &style);
        canvas.text((MARGIN - 8.0, y + 17.0), Anchor::End, "m s", &format!("{}", at + 1));
        let mut row = y + 17.0;
        for part in parts {
            part.draw(canvas, x + 8.0, &mut row);
        }
        if !self.place.is_empty() {
            let place = (x + layout.wide - 30.0, y + height - 6.0);
            let taken = parts.iter().rev().find_map(|part| part.0.last());
            let free = taken.map_or(0.0, |text| super::canvas::text_width(text) + 20.0);
            let label = visible::fit(&self.place, 24);
            if free + super::canvas::text_width(&label) < layout.wide - 30.0 {
                canvas.text(place, Anchor::End, "m s", &label);
            }
        }
    }
}
