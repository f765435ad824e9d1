//! A walk back from a value to what it is made from, bounded: source can be as long and as tangled
//! as it likes. A walk that met its bound says so, for what was not seen is not the same as what is
//! not there.

/// What is still to be looked at, the newest first.
pub(crate) struct Trail<T> {
    todo: Vec<T>,
    left: u8,
    cut: bool,
}

impl<T> Trail<T> {
    /// Begins at `first`, and looks at no more than `most`.
    pub(crate) fn from(first: impl IntoIterator<Item = T>, most: u8) -> Self {
        Self { todo: first.into_iter().collect(), left: most, cut: false }
    }

    /// The next to look at.
    pub(crate) fn step(&mut self) -> Option<T> {
        let next = self.todo.pop()?;
        self.cut = self.left == 0;
        self.left = self.left.checked_sub(1)?;
        Some(next)
    }

    /// Goes on with these.
    pub(crate) fn follow<I>(&mut self, more: impl IntoIterator<Item = I>)
    where
        Vec<T>: Extend<I>,
    {
        self.todo.extend(more);
    }

    /// Whether the walk ended at its bound.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }
}
