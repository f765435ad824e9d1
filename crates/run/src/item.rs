//! An item: bytes with a number, and a key that names it in the journal.

use xxhash_rust::xxh3::xxh3_128;

/// One item of the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    number: u64,
    text: Vec<u8>,
    columns: Vec<Vec<u8>>,
}

impl Item {
    /// An item of one column; numbers count from 1.
    #[must_use]
    pub const fn new(number: u64, text: Vec<u8>) -> Self {
        Self { number, text, columns: Vec::new() }
    }

    /// An item of several columns; as a whole it shows them with blanks between.
    #[must_use]
    pub fn of_columns(number: u64, columns: Vec<Vec<u8>>) -> Self {
        if columns.len() == 1 {
            return Self::new(number, columns.into_iter().next().unwrap_or_default());
        }
        Self { number, text: columns.join(&b' '), columns }
    }

    /// Its place in the list.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The whole item.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// All columns; an item of one list has one.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &[u8]> {
        let whole = self.columns.is_empty().then_some(self.text.as_slice());
        whole.into_iter().chain(self.columns.iter().map(Vec::as_slice))
    }

    /// One column, empty where there is none.
    #[must_use]
    pub fn column(&self, at: usize) -> &[u8] {
        match (at, self.columns.is_empty()) {
            (0, true) => &self.text,
            _ => self.columns.get(at).map_or(&[], Vec::as_slice),
        }
    }

    /// The name of its content: equal items have equal keys, wherever they stand in the list.
    #[must_use]
    pub fn key(&self) -> u128 {
        if self.columns.is_empty() {
            return xxh3_128(&self.text);
        }
        // A column boundary is not a blank: "a b" + "c" is another item than "a" + "b c".
        xxh3_128(&self.columns.join(&0))
    }

    /// What it takes in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.columns.iter().map(|column| column.len() + 24).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_kept_apart_in_the_key() {
        let columns = |words: &[&str]| {
            Item::of_columns(1, words.iter().map(|word| word.as_bytes().to_vec()).collect())
        };
        let item = columns(&["a b", "c"]);
        assert_eq!(
            (item.text(), item.column(1), item.column(2)),
            (&b"a b c"[..], &b"c"[..], &b""[..])
        );
        assert_ne!(item.key(), columns(&["a", "b c"]).key());
        assert_eq!(columns(&["x"]).key(), Item::new(9, b"x".to_vec()).key());
        assert_eq!(columns(&["x"]).column(0), b"x");
    }
}
