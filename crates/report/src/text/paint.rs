//! Colour codes, when they were asked for.

/// Paints or leaves plain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    pub(super) on: bool,
}

impl Paint {
    fn wrap(self, code: &str, text: &str) -> String {
        if self.on && !text.trim().is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(super) fn result(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(super) fn alarm(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// One line of a unified diff.
    pub(super) fn diff(self, line: &str) -> String {
        match line.as_bytes().first() {
            Some(b'+') => self.wrap("32", line),
            Some(b'-') => self.wrap("31", line),
            Some(b'@') => self.wrap("36", line),
            _ => line.to_owned(),
        }
    }
}
