//! The machine itself: one state, one step. It knows nothing of schedules.

use super::program::{Answer, CellId, Lost, Mode, OpKind, Pc, Program, Test, Value, When};
use super::term::{Term, Terms};

/// How many registers a participant has; programs are built within it.
pub(crate) const REGS: usize = 24;

/// The answer of a participant that falls off its end.
pub const NOTHING: u32 = 11;
/// What a caller is told who is sent away by what is written to it.
pub const SENT_AWAY: u32 = 12;

/// What one key of one store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// Nothing.
    Absent,
    /// A value in force.
    Live(Term),
    /// A value past its time.
    Expired(Term),
}

/// What a register remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Obs {
    /// Nothing yet.
    Blank,
    /// A sight of a cell.
    Saw(Cell),
    /// Whether a step took effect.
    Took(bool),
}

/// How a participant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// With a constant answer.
    Label(u32),
    /// With what it had seen.
    Seen(Obs),
    /// With a value it made.
    Made(Term),
    /// With an error.
    Raised(&'static str),
    /// Never: everybody waits for everybody.
    Stuck,
}

/// How an execution ended: what everybody answered, and what is left.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Outcome {
    /// One end a participant.
    pub ends: Vec<End>,
    /// The cells.
    pub cells: Vec<Cell>,
}

/// What came of a step; put into words only where somebody reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// Nothing to tell.
    Quiet,
    /// These words.
    Words(&'static str),
    /// A verb and a value.
    With(&'static str, Term),
    /// A value in force was removed.
    Removed(Term),
    /// A verb and an error.
    Error(&'static str, &'static str),
}

impl Came {
    pub(crate) fn words(self, terms: &Terms) -> String {
        match self {
            Self::Quiet => String::new(),
            Self::Words(words) => words.to_owned(),
            Self::With(verb, term) => [verb, " ", &terms.name(term)].concat(),
            Self::Removed(term) => ["removes ", &terms.name(term), ", which is in force"].concat(),
            Self::Error(verb, error) => [verb, " ", error].concat(),
        }
    }
}

/// One step of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who: 0, 1 or 2.
    pub thread: u8,
    /// Which instruction.
    pub pc: Pc,
    /// Where in the source, as the slice named it.
    pub site: u32,
    /// What came of it, in words.
    pub result: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thread {
    pub pc: Pc,
    /// What each register remembers, packed.
    regs: [u32; REGS],
    /// Registers that were ever set, from the first.
    used: u8,
    pub end: Option<End>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LockState {
    writer: Option<u8>,
    /// Read depth by participant.
    readers: [u8; 4],
    depth: u8,
}

/// Everything there is at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub threads: Vec<Thread>,
    pub cells: Vec<Cell>,
    locks: Vec<LockState>,
    rows: Vec<Option<u8>>,
}

/// A register that remembers nothing, packed.
const BLANK: u32 = packed(Obs::Blank);

/// A sight in one word; no two are alike.
const fn packed(obs: Obs) -> u32 {
    match obs {
        Obs::Blank => 0,
        Obs::Took(false) => 1,
        Obs::Took(true) => 2,
        Obs::Saw(Cell::Absent) => 3,
        Obs::Saw(Cell::Live(term)) => 4 | term.number() << 3,
        Obs::Saw(Cell::Expired(term)) => 5 | term.number() << 3,
    }
}

/// The sight that a word stands for.
const fn unpacked(word: u32) -> Obs {
    match word & 7 {
        0 => Obs::Blank,
        1 => Obs::Took(false),
        2 => Obs::Took(true),
        3 => Obs::Saw(Cell::Absent),
        4 => Obs::Saw(Cell::Live(Term::numbered(word >> 3))),
        _ => Obs::Saw(Cell::Expired(Term::numbered(word >> 3))),
    }
}

impl Thread {
    /// Most registers are blank: only those in use are told.
    fn pack(&self, into: &mut Vec<u32>) {
        let set = &self.regs[..usize::from(self.used)];
        let used = set.iter().rposition(|word| *word != BLANK).map_or(0, |last| last + 1);
        into.push(u32::from(self.pc) << 8 | u32::try_from(used).unwrap_or(0));
        into.extend_from_slice(&set[..used]);
        let (kind, what) = match self.end {
            None => (0, 0),
            Some(End::Label(label)) => (1, label),
            Some(End::Seen(obs)) => (2, packed(obs)),
            Some(End::Made(term)) => (3, term.number()),
            Some(End::Stuck) => (4, 0),
            Some(End::Raised(error)) => (5, u32::try_from(error.len()).unwrap_or(u32::MAX)),
        };
        into.extend([kind, what]);
        if let Some(End::Raised(error)) = self.end {
            into.extend(error.bytes().map(u32::from));
        }
    }
}

impl State {
    pub(crate) fn new(threads: usize, cells: Vec<Cell>, locks: usize) -> Self {
        let thread = Thread { pc: 0, regs: [BLANK; REGS], used: 0, end: None };
        let rows = vec![None; cells.len()];
        let locks = vec![LockState::default(); locks];
        Self { threads: vec![thread; threads], cells, locks, rows }
    }

    /// Becomes the other state, in the room it has.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.threads.clone_from(&other.threads);
        self.cells.clone_from(&other.cells);
        self.locks.clone_from(&other.locks);
        self.rows.clone_from(&other.rows);
    }

    /// Everything there is in one row of words; two states of one scene have the same row only if they are the same.
    pub(crate) fn pack(&self, into: &mut Vec<u32>) {
        self.threads.iter().for_each(|thread| thread.pack(into));
        into.extend(self.cells.iter().map(|cell| packed(Obs::Saw(*cell))));
        for lock in &self.locks {
            let writer = lock.writer.map_or(0, |thread| u32::from(thread) + 1);
            into.extend([writer << 8 | u32::from(lock.depth), u32::from_le_bytes(lock.readers)]);
        }
        into.extend(self.rows.iter().map(|owner| owner.map_or(0, |thread| u32::from(thread) + 1)));
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let ends = self.threads.iter().map(|thread| thread.end.unwrap_or(End::Stuck)).collect();
        Outcome { ends, cells: self.cells.clone() }
    }

    pub(crate) fn next<'p>(&self, programs: &'p [Program], thread: u8) -> Option<&'p OpKind> {
        let state = &self.threads[usize::from(thread)];
        if state.end.is_some() {
            return None;
        }
        programs[usize::from(thread)].ops.get(usize::from(state.pc)).map(|op| &op.kind)
    }

    /// Can the thread take its next step now?
    pub(crate) fn enabled(&self, programs: &[Program], thread: u8) -> bool {
        if self.threads[usize::from(thread)].end.is_some() {
            return false;
        }
        match self.next(programs, thread) {
            Some(OpKind::Acquire { lock, mode }) => self.free(usize::from(*lock), *mode, thread),
            Some(OpKind::Write { cell, .. } | OpKind::Delete { cell, .. })
            | Some(OpKind::LockRow { cell }) => self.row_free(*cell, thread),
            _ => true,
        }
    }

    fn free(&self, lock: usize, mode: Mode, thread: u8) -> bool {
        let lock = &self.locks[lock];
        match mode {
            Mode::Read => lock.writer.is_none() || lock.writer == Some(thread),
            Mode::Write => {
                lock.writer == Some(thread)
                    || (lock.writer.is_none() && lock.readers.iter().all(|depth| *depth == 0))
            }
        }
    }

    fn row_free(&self, cell: CellId, thread: u8) -> bool {
        self.rows[usize::from(cell)].is_none_or(|owner| owner == thread)
    }

    /// Takes one step of `thread`; `coin` decides a [`OpKind::Chance`]. Returns what came of it.
    #[expect(clippy::too_many_lines, reason = "one arm an instruction")]
    pub(crate) fn step(
        &mut self,
        programs: &[Program],
        terms: &mut Terms,
        thread: u8,
        coin: bool,
    ) -> Came {
        let pc = self.threads[usize::from(thread)].pc;
        let Some(op) = programs[usize::from(thread)].ops.get(usize::from(pc)) else {
            self.end(thread, End::Label(NOTHING));
            return Came::Words("returns");
        };
        self.threads[usize::from(thread)].pc = pc + 1;
        match op.kind {
            OpKind::Observe { cell, into } => {
                self.set(thread, into, Obs::Saw(self.cells[usize::from(cell)]));
                self.saw(cell)
            }
            OpKind::Need { cell, into, lost } => {
                let sight = self.cells[usize::from(cell)];
                self.set(thread, into, Obs::Saw(sight));
                if sight == Cell::Absent { self.lose(thread, lost) } else { self.saw(cell) }
            }
            OpKind::Write { cell, value, when, into, lost } => {
                let holds = self.holds(cell, when, thread);
                self.set(thread, into, Obs::Took(holds));
                if !holds {
                    return self.lose(thread, lost);
                }
                let term = self.make(terms, thread, value, cell);
                self.cells[usize::from(cell)] = Cell::Live(term);
                Came::With("stores", term)
            }
            OpKind::Delete { cell, when, into, lost } => {
                let holds = self.holds(cell, when, thread);
                self.set(thread, into, Obs::Took(holds));
                if !holds {
                    return self.lose(thread, lost);
                }
                let gone = std::mem::replace(&mut self.cells[usize::from(cell)], Cell::Absent);
                match gone {
                    Cell::Live(term) => Came::Removed(term),
                    Cell::Expired(_) => Came::Words("removes the expired entry"),
                    Cell::Absent => Came::Words("removes nothing"),
                }
            }
            OpKind::Rename { from, to, lost } => {
                let moved = std::mem::replace(&mut self.cells[usize::from(from)], Cell::Absent);
                let Cell::Live(term) = moved else {
                    return self.lose(thread, lost);
                };
                self.cells[usize::from(to)] = Cell::Live(term);
                Came::With("publishes", term)
            }
            OpKind::Expire { cell } => {
                if let Cell::Live(term) = self.cells[usize::from(cell)] {
                    self.cells[usize::from(cell)] = Cell::Expired(term);
                }
                Came::Words("the entry expires")
            }
            OpKind::Acquire { lock, mode } => self.acquire(thread, usize::from(lock), mode),
            OpKind::Release { lock } => self.release(thread, usize::from(lock)),
            OpKind::LockRow { cell } => {
                if self.cells[usize::from(cell)] == Cell::Absent {
                    return Came::Words("no row to lock");
                }
                self.rows[usize::from(cell)] = Some(thread);
                Came::Words("locks the row")
            }
            OpKind::EndTx => {
                self.end_tx(thread);
                Came::Words("commits")
            }
            OpKind::Branch { test, yes, no } => {
                let answer = self.test(terms, thread, test);
                self.threads[usize::from(thread)].pc = if answer { yes } else { no };
                Came::Words(if answer { "yes" } else { "no" })
            }
            OpKind::Chance { heads, tails } => {
                self.threads[usize::from(thread)].pc = if coin { heads } else { tails };
                Came::Words(if coin { "the coin says yes" } else { "the coin says no" })
            }
            OpKind::Set { into, yes } => {
                self.set(thread, into, Obs::Took(yes));
                Came::Quiet
            }
            OpKind::Make { into, value } => {
                let term = self.make(terms, thread, value, 0);
                self.set(thread, into, Obs::Saw(Cell::Live(term)));
                Came::Quiet
            }
            OpKind::Copy { from, into } => {
                let obs = self.reg(thread, from);
                self.set(thread, into, obs);
                Came::Quiet
            }
            OpKind::Jump(to) => {
                self.threads[usize::from(thread)].pc = to;
                Came::Quiet
            }
            OpKind::Return(answer) => self.answer(terms, thread, answer),
            OpKind::Raise(error) => {
                self.end(thread, End::Raised(error));
                Came::Error("raises", error)
            }
        }
    }

    fn set(&mut self, thread: u8, reg: u8, obs: Obs) {
        let thread = &mut self.threads[usize::from(thread)];
        thread.regs[usize::from(reg)] = packed(obs);
        thread.used = thread.used.max(reg + 1);
    }

    fn reg(&self, thread: u8, reg: u8) -> Obs {
        unpacked(self.threads[usize::from(thread)].regs[usize::from(reg)])
    }

    fn end(&mut self, thread: u8, end: End) {
        self.threads[usize::from(thread)].end = Some(end);
        self.end_tx(thread);
        for lock in &mut self.locks {
            lock.readers[usize::from(thread)] = 0;
            if lock.writer == Some(thread) {
                lock.writer = None;
                lock.depth = 0;
            }
        }
    }

    fn end_tx(&mut self, thread: u8) {
        for row in &mut self.rows {
            if *row == Some(thread) {
                *row = None;
            }
        }
    }

    fn acquire(&mut self, thread: u8, lock: usize, mode: Mode) -> Came {
        let lock = &mut self.locks[lock];
        if mode == Mode::Read && lock.writer.is_none() {
            lock.readers[usize::from(thread)] += 1;
            return Came::Words("takes the read lock");
        }
        lock.writer = Some(thread);
        lock.depth += 1;
        Came::Words("takes the lock")
    }

    fn release(&mut self, thread: u8, lock: usize) -> Came {
        let lock = &mut self.locks[lock];
        if lock.writer == Some(thread) {
            lock.depth = lock.depth.saturating_sub(1);
            if lock.depth == 0 {
                lock.writer = None;
            }
        } else {
            let depth = &mut lock.readers[usize::from(thread)];
            *depth = depth.saturating_sub(1);
        }
        Came::Words("gives the lock back")
    }

    fn holds(&self, cell: CellId, when: When, thread: u8) -> bool {
        let now = self.cells[usize::from(cell)];
        match when {
            When::Always => true,
            When::Absent => now == Cell::Absent,
            When::Present => now != Cell::Absent,
            When::NotLive => !matches!(now, Cell::Live(_)),
            When::Expired => matches!(now, Cell::Expired(_)),
            When::Unchanged(reg) => self.reg(thread, reg) == Obs::Saw(now),
        }
    }

    fn lose(&mut self, thread: u8, lost: Lost) -> Came {
        match lost {
            Lost::Ignore => Came::Words("changes nothing"),
            Lost::Goto(pc) => {
                self.threads[usize::from(thread)].pc = pc;
                Came::Words("fails, handled")
            }
            Lost::Raise(error) => {
                self.end(thread, End::Raised(error));
                Came::Error("fails:", error)
            }
        }
    }

    fn make(&self, terms: &mut Terms, thread: u8, value: Value, cell: CellId) -> Term {
        let seen = |reg: u8| match self.reg(thread, reg) {
            Obs::Saw(Cell::Live(term) | Cell::Expired(term)) => Some(term),
            _ => None,
        };
        match value {
            Value::Own(tag) => terms.own(thread, tag),
            Value::Pure(tag) => terms.pure(tag),
            Value::Bump => match self.cells[usize::from(cell)] {
                Cell::Live(term) | Cell::Expired(term) => terms.derived(Some(term), None, 0),
                Cell::Absent => terms.derived(None, None, 0),
            },
            Value::Derived { from, own } => terms.derived(seen(from), own.then_some(thread), 0),
            Value::Same(reg) => match seen(reg) {
                Some(term) => term,
                None => terms.own(thread, 0),
            },
            Value::Torn => terms.torn(),
        }
    }

    fn saw(&self, cell: CellId) -> Came {
        match self.cells[usize::from(cell)] {
            Cell::Absent => Came::Words("sees nothing"),
            Cell::Live(term) => Came::With("sees", term),
            Cell::Expired(_) => Came::Words("sees an expired entry"),
        }
    }

    fn test(&self, terms: &Terms, thread: u8, test: Test) -> bool {
        match test {
            // Who came another way has looked at nothing, and has nothing.
            Test::Absent(reg) => {
                matches!(self.reg(thread, reg), Obs::Blank | Obs::Saw(Cell::Absent))
            }
            Test::NotLive(reg) => !matches!(self.reg(thread, reg), Obs::Saw(Cell::Live(_))),
            Test::Expired(reg) => matches!(self.reg(thread, reg), Obs::Saw(Cell::Expired(_))),
            Test::Initial(reg) => match self.reg(thread, reg) {
                // What has expired counts until it is removed.
                Obs::Saw(Cell::Live(term) | Cell::Expired(term)) => terms.is_initial(term),
                _ => false,
            },
            Test::Won(reg) => self.reg(thread, reg) == Obs::Took(true),
            Test::Truthy(reg) => {
                matches!(self.reg(thread, reg), Obs::Took(true) | Obs::Saw(Cell::Live(_)))
            }
            Test::Torn(reg) => match self.reg(thread, reg) {
                Obs::Saw(Cell::Live(term)) => terms.is_torn(term),
                _ => false,
            },
        }
    }

    fn answer(&mut self, terms: &mut Terms, thread: u8, answer: Answer) -> Came {
        match answer {
            Answer::Label(label) => {
                self.end(thread, End::Label(label));
                Came::Words("returns")
            }
            Answer::Seen(reg) => {
                let obs = self.reg(thread, reg);
                self.end(thread, End::Seen(obs));
                match obs {
                    Obs::Saw(Cell::Live(term) | Cell::Expired(term)) => Came::With("returns", term),
                    Obs::Saw(Cell::Absent) => Came::Words("returns nothing"),
                    Obs::Took(true) => Came::Words("returns: it took effect"),
                    Obs::Took(false) => Came::Words("returns: it did not take effect"),
                    Obs::Blank => Came::Words("returns"),
                }
            }
            Answer::Own(tag) => {
                let term = terms.own(thread, tag);
                self.end(thread, End::Made(term));
                Came::With("returns", term)
            }
        }
    }
}
