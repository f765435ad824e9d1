//! Symbolic values: who made a value, and from what. Two values are equal exactly when they were
//! made the same way, so a lost update shows as a different term.

use rustc_hash::FxHashMap;

/// An interned symbolic value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term(u32);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Made {
    Initial(u8),
    Own { thread: u8, site: u32 },
    Pure(u32),
    Derived { from: Option<Term>, own: Option<u8>, site: u32 },
    Torn,
}

impl Term {
    /// Its number in the table.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    /// The value of that number.
    pub(super) const fn numbered(number: u32) -> Self {
        Self(number)
    }
}

/// The table of values made in one exploration.
#[derive(Debug, Default)]
pub struct Terms {
    made: Vec<Made>,
    index: FxHashMap<Made, Term>,
}

impl Terms {
    /// The value a cell holds before anybody acts.
    pub fn initial(&mut self, cell: u8) -> Term {
        self.intern(Made::Initial(cell))
    }

    /// A value only this thread makes.
    pub fn own(&mut self, thread: u8, site: u32) -> Term {
        self.intern(Made::Own { thread, site })
    }

    /// A value every thread makes alike.
    pub fn pure(&mut self, site: u32) -> Term {
        self.intern(Made::Pure(site))
    }

    /// A value computed from another one, and from the thread's own input if `own` names it.
    pub fn derived(&mut self, from: Option<Term>, own: Option<u8>, site: u32) -> Term {
        self.intern(Made::Derived { from, own, site })
    }

    /// Half of a value: somebody is still writing it.
    pub fn torn(&mut self) -> Term {
        self.intern(Made::Torn)
    }

    /// Is this half of a value?
    #[must_use]
    pub fn is_torn(&self, term: Term) -> bool {
        self.made[term.0 as usize] == Made::Torn
    }

    /// Is this a value that everybody makes alike?
    #[must_use]
    pub fn is_pure(&self, term: Term) -> bool {
        matches!(self.made[term.0 as usize], Made::Pure(_))
    }

    /// Was this value there before anybody acted?
    #[must_use]
    pub fn is_initial(&self, term: Term) -> bool {
        matches!(self.made[term.0 as usize], Made::Initial(_))
    }

    /// Does this value contain what `thread` put in?
    #[must_use]
    pub fn carries(&self, term: Term, thread: u8) -> bool {
        match &self.made[term.0 as usize] {
            Made::Own { thread: owner, .. } => *owner == thread,
            Made::Derived { from, own, .. } => {
                *own == Some(thread) || from.is_some_and(|from| self.carries(from, thread))
            }
            Made::Initial(_) | Made::Pure(_) | Made::Torn => false,
        }
    }

    /// How the value is called in a witness: `A's value`, `f(f(old))`.
    #[must_use]
    pub fn name(&self, term: Term) -> String {
        match &self.made[term.0 as usize] {
            Made::Initial(_) => "the old value".to_owned(),
            Made::Own { thread, .. } => {
                let mut name = String::from(actor(*thread));
                name.push_str("'s value");
                name
            }
            Made::Pure(_) => "the value".to_owned(),
            Made::Derived { from, .. } => {
                let from = from.map_or_else(|| "nothing".to_owned(), |from| self.name(from));
                ["f(", &from, ")"].concat()
            }
            Made::Torn => "half a value".to_owned(),
        }
    }

    fn intern(&mut self, made: Made) -> Term {
        if let Some(term) = self.index.get(&made) {
            return *term;
        }
        let term = Term(u32::try_from(self.made.len()).unwrap_or(u32::MAX));
        self.made.push(made.clone());
        self.index.insert(made, term);
        term
    }
}

/// The letter a thread goes by in a witness.
#[must_use]
pub(crate) fn actor(thread: u8) -> char {
    char::from(b'A'.saturating_add(thread))
}
