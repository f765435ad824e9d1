//! "Did you mean …?": the known word closest to a mistyped one.

/// The candidate nearest to `word`, if it is near enough to be a slip of the hand.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1) + 1;
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, candidate)| candidate)
}

/// How many letters to insert, delete or change to get from one word to the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for column in 0..to.len() {
            let change = diagonal + usize::from(letter != to[column]);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        assert_eq!(nearest("stroe", ["store", "ttl"]), Some("store"));
        assert_eq!(nearest("max-sise", ["max-size", "ttl"]), Some("max-size"));
        assert_eq!(nearest("banana", ["store", "ttl"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
