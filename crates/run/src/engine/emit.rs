//! Hands over what ended items said, keeps the books, and only then calls them finished.
//!
//! The order is the invariant: first the output is handed over whole and flushed, then the results folder and the logs
//! are written, and last the journal. What the journal calls finished has been seen by the outside.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::journal::{Journal, Record, key_text};
use crate::kept::{Kept, Store};
use crate::outcome::{Logs, Outcome, Summary};
use crate::results::{Results, StreamKind, Unfinished};

use super::options::{Face, Options};

/// An ended process with what it said.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    pub(super) again: bool,
    /// Places it takes in the order of the items.
    pub(super) span: u64,
    pub(super) out: Kept,
    pub(super) err: Kept,
}

/// The first failures that are told by name.
const FAILURES_TOLD: usize = 10;

/// Everything that is told about ended items.
pub(super) struct Emitter {
    ordered: Option<BTreeMap<u64, Ending>>,
    next_ordinal: u64,
    tag: bool,
    journal: Option<Journal>,
    results: Option<Results>,
    logs: Logs,
    dirty: bool,
}

impl Emitter {
    pub(super) fn new(
        options: &Options,
        journal: Option<Journal>,
        results: Option<Results>,
        logs: Logs,
    ) -> Self {
        Self {
            ordered: options.keep_order.then(BTreeMap::new),
            next_ordinal: 1,
            tag: options.tag,
            journal,
            results,
            logs,
            dirty: false,
        }
    }

    /// Items that an earlier run recorded as failed and that this one left so.
    pub(super) fn left_failed(&self) -> u64 {
        self.journal.as_ref().map_or(0, Journal::left_failed)
    }

    pub(super) const fn journal(&mut self) -> Option<&mut Journal> {
        self.journal.as_mut()
    }

    /// The run stood still for so long.
    pub(super) fn paused(&mut self, pause_ns: u64) {
        self.logs.paused(pause_ns);
    }

    /// Endings that wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.ordered.as_ref().map_or(0, BTreeMap::len)
    }

    /// Takes an ending; hands it over if it is its turn.
    pub(super) fn take(&mut self, ending: Ending, to: &mut To<'_>) -> Result<()> {
        let Some(ordered) = &mut self.ordered else { return self.hand_over(ending, to) };
        ordered.insert(ending.outcome.ordinal, ending);
        while let Some(ending) = self.ordered.as_mut().and_then(|o| o.remove(&self.next_ordinal)) {
            self.next_ordinal += ending.span;
            self.hand_over(ending, to)?;
        }
        Ok(())
    }

    /// Hands over what is left in order, with the gaps of what was never run.
    pub(super) fn finish(&mut self, to: &mut To<'_>) -> Result<()> {
        for ending in self.ordered.take().unwrap_or_default().into_values() {
            self.hand_over(ending, to)?;
        }
        self.settle(to)?;
        self.journal.as_mut().map_or(Ok(()), Journal::sync)
    }

    fn hand_over(&mut self, ending: Ending, to: &mut To<'_>) -> Result<()> {
        let Ending { outcome, again, out, err, .. } = ending;
        let received = out.length();
        let mut result =
            self.results.as_ref().map(|results| results.begin(&outcome)).transpose()?;
        let tag = self.tag.then(|| tag_of(&outcome));
        self.stream(StreamKind::Out, out, tag.as_deref(), result.as_mut(), to)?;
        self.stream(StreamKind::Err, err, tag.as_deref(), result.as_mut(), to)?;
        to.face.ended(&outcome).map_err(Error::output)?;
        if let Some(error) = &outcome.error {
            to.face.note(&format!("{}: {error}", show(&outcome)));
        }
        let command = to.options.template.show(&outcome.items, 0);
        if let (Some(results), Some(result)) = (&self.results, result) {
            results.finish(result, &outcome, &command)?;
        }
        self.logs.write(&outcome, received, &command)?;
        count(to.summary, &outcome);
        if let (Some(journal), false) = (&mut self.journal, outcome.cut_short) {
            for item in &outcome.items {
                journal.record(&Record {
                    item: item.number(),
                    key: key_text(item.key()),
                    exit: outcome.exit,
                    signal: outcome.signal,
                    again,
                    start: self.logs.epoch_s(outcome.started_ns),
                    wall: crate::outcome::seconds(outcome.wall_ns),
                });
            }
        }
        self.dirty = true;
        Ok(())
    }

    fn stream(
        &self,
        kind: StreamKind,
        kept: Kept,
        tag: Option<&[u8]>,
        mut result: Option<&mut Unfinished>,
        to: &mut To<'_>,
    ) -> Result<()> {
        if kept.is_empty() {
            return Ok(());
        }
        let To { store, face, .. } = to;
        let mut line_start = true;
        store.hand_over(kept, |bytes| {
            if let Some(result) = &mut result {
                result.write(kind, bytes)?;
            }
            let tagged;
            let bytes = match tag {
                Some(tag) => {
                    tagged = with_tag(bytes, tag, &mut line_start);
                    &tagged
                }
                None => bytes,
            };
            let told = match kind {
                StreamKind::Out => face.out(bytes),
                StreamKind::Err => face.err(bytes),
            };
            told.map_err(Error::output)
        })
    }

    /// Flushes what was handed over, then records it as finished.
    pub(super) fn settle(&mut self, to: &mut To<'_>) -> Result<()> {
        if !self.dirty {
            return Ok(());
        }
        self.dirty = false;
        to.face.flush().map_err(Error::output)?;
        self.logs.flush()?;
        self.journal.as_mut().map_or(Ok(()), Journal::write)
    }
}

/// Where things go while they are handed over.
pub(super) struct To<'a> {
    pub(super) options: &'a Options,
    pub(super) store: &'a mut Store,
    pub(super) face: &'a mut dyn Face,
    pub(super) summary: &'a mut Summary,
}

fn count(summary: &mut Summary, outcome: &Outcome) {
    let items = outcome.items.len() as u64;
    if outcome.cut_short {
        summary.cut_short += items;
    } else if outcome.succeeded() {
        summary.succeeded += items;
    } else {
        summary.failed += items;
        if summary.failures.len() < FAILURES_TOLD {
            let number = outcome.items.first().map_or(0, crate::item::Item::number);
            summary.failures.push((number, show(outcome), outcome.words()));
        }
    }
}

/// The item of an outcome, short enough for a line.
fn show(outcome: &Outcome) -> String {
    const LONGEST: usize = 60;
    let Some(item) = outcome.items.first() else { return String::new() };
    let text = String::from_utf8_lossy(item.text());
    let mut shown: String = text.chars().flat_map(char::escape_default).take(LONGEST).collect();
    if text.chars().count() > LONGEST {
        shown.push('…');
    }
    match outcome.items.len() {
        1 => format!("item {} ({shown})", item.number()),
        more => format!("items {}-{} ({shown} …)", item.number(), item.number() + more as u64 - 1),
    }
}

fn tag_of(outcome: &Outcome) -> Vec<u8> {
    let mut tag = outcome.items.first().map(|item| item.text().to_vec()).unwrap_or_default();
    // A tag is one line, whatever the item holds.
    tag.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    tag.push(b'\t');
    tag
}

fn with_tag(bytes: &[u8], tag: &[u8], line_start: &mut bool) -> Vec<u8> {
    let mut tagged = Vec::with_capacity(bytes.len() + tag.len());
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if *line_start {
            tagged.extend_from_slice(tag);
        }
        tagged.extend_from_slice(line);
        *line_start = line.ends_with(b"\n");
    }
    tagged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_leads_each_line_once_also_across_pieces() {
        let mut start = true;
        let mut all = with_tag(b"a\nb", b"t\t", &mut start);
        all.extend(with_tag(b"c\n\n", b"t\t", &mut start));
        assert_eq!(all, b"t\ta\nt\tbc\nt\t\n");
    }
}
