//! The lines of a file by their numbers, and what their indentation says of where blocks end. What is
//! not laid out as its language's formatter would is left alone.

/// A file's lines, counted from 1.
pub(super) struct Lines<'t>(Vec<&'t str>);

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self(text.lines().collect())
    }

    /// The line; `None` where the file has ended.
    pub(super) fn at(&self, number: u32) -> Option<&'t str> {
        self.0.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// What stands in a line but for white space at its ends.
    pub(super) fn code(&self, number: u32) -> Option<&'t str> {
        Some(self.at(number)?.trim())
    }

    /// The code of a line and the comment behind it, with what sets it off.
    pub(super) fn parted(&self, number: u32) -> Option<(&'t str, &'t str)> {
        let code = self.code(number)?;
        let at = code.find("  #").or_else(|| code.find(" # ")).or_else(|| code.find(" // "));
        let quoted = |at: usize| code[..at].matches(['"', '\'', '`']).count() % 2 == 1;
        Some(match at.filter(|at| !quoted(*at)) {
            Some(at) => code.split_at(at),
            None => (code, ""),
        })
    }

    /// The white space before a line.
    pub(super) fn indent(&self, number: u32) -> Option<&'t str> {
        let line = self.at(number)?;
        Some(&line[..line.len() - line.trim_start().len()])
    }

    /// How far a line is indented; `None` for one that is empty or not there.
    pub(super) fn depth(&self, number: u32) -> Option<usize> {
        let blank = self.code(number)?.is_empty();
        (!blank).then(|| self.indent(number).map(str::len))?
    }

    /// The last line of the block under a head, as Python has it: what follows and is indented deeper.
    pub(super) fn block_end(&self, head: u32) -> Option<u32> {
        let depth = self.depth(head)?;
        let mut end = head;
        let mut number = head + 1;
        while let Some(line) = self.at(number) {
            if !line.trim().is_empty() {
                if self.depth(number)? <= depth {
                    break;
                }
                end = number;
            }
            number += 1;
        }
        (end > head).then_some(end)
    }

    /// The line of the brace that closes what a head opens, as Go has it.
    pub(super) fn closing(&self, head: u32) -> Option<u32> {
        let depth = self.depth(head)?;
        if !self.code(head)?.ends_with('{') {
            return None;
        }
        let mut number = head + 1;
        loop {
            if self.depth(number).is_some_and(|own| own <= depth) {
                return (self.code(number)? == "}").then_some(number);
            }
            self.at(number)?;
            number += 1;
        }
    }

    /// The whole statements, all of one Python block, that some lines are part of.
    pub(super) fn cover(&self, from: u32, to: u32) -> Option<(u32, u32)> {
        let goes_on = |line: u32| {
            self.code(line).is_some_and(|code| {
                let words = ["else:", "elif ", "except", "finally:", ")", "]", "}"];
                words.iter().any(|word| code.starts_with(word))
            })
        };
        let (from, to) = (from.min(to), from.max(to));
        let depth = (from..=to).filter_map(|line| self.depth(line)).min()?;
        let mut first = from;
        while self.depth(first).is_none_or(|own| own > depth) || goes_on(first) {
            first = first.checked_sub(1).filter(|line| *line > 0)?;
            if self.depth(first).is_some_and(|own| own < depth) {
                return None;
            }
        }
        let (mut last, mut line) = (to, to + 1);
        while self.at(line).is_some() {
            match self.depth(line) {
                Some(own) if own < depth || own == depth && !goes_on(line) => break,
                Some(_) => last = line,
                None => {}
            }
            line += 1;
        }
        Some((first, last))
    }

    /// The text of some lines, each moved in by `more`.
    pub(super) fn moved(&self, first: u32, last: u32, more: &str) -> String {
        let mut text = String::new();
        for line in (first..=last).filter_map(|number| self.at(number)) {
            if !line.trim().is_empty() {
                text.push_str(more);
                text.push_str(line);
            }
            text.push('\n');
        }
        text
    }
}

/// Whether a text mentions a name, as a word of its own.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(name).any(|(at, _)| {
        !part(text[..at].chars().next_back()) && !part(text[at + name.len()..].chars().next())
    })
}

/// The first of the arguments in a text, and the rest behind its comma: `("f(a, b)", "c")` of `f(a, b), c`.
pub(super) fn first_argument(given: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quoted) = (0_u32, None);
    for (at, c) in given.char_indices() {
        match (quoted, c) {
            (Some(open), _) if c == open => quoted = None,
            (Some(_), '\\') => return None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quoted = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1)?,
            (None, ',') if depth == 0 => return Some((&given[..at], given[at + 1..].trim_start())),
            _ => {}
        }
    }
    None
}
