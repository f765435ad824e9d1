//! The machine itself: one state, one step. It knows nothing of schedules.

use std::hash::{Hash, Hasher};

use super::program::{Answer, CellId, Lost, Mode, OpKind, Pc, Program, Test, Value, When};
use super::term::{Term, Terms};

/// How many registers a participant has; programs are built within it.
pub(crate) const REGS: usize = 24;

/// The answer of a participant that falls off its end.
pub const NOTHING: u32 = 11;

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

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thread {
    pub pc: Pc,
    pub regs: [Obs; REGS],
    pub end: Option<End>,
}

impl Hash for Thread {
    /// Most registers are blank: only those in use are looked at, a word each.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let used = self.regs.iter().rposition(|obs| *obs != Obs::Blank).map_or(0, |last| last + 1);
        state.write_u32(u32::from(self.pc) << 8 | u32::try_from(used).unwrap_or(0));
        for obs in &self.regs[..used] {
            state.write_u64(match obs {
                Obs::Blank => 0,
                Obs::Took(yes) => 1 + u64::from(*yes),
                Obs::Saw(Cell::Absent) => 3,
                Obs::Saw(Cell::Live(term)) => 4 | u64::from(term.number()) << 8,
                Obs::Saw(Cell::Expired(term)) => 5 | u64::from(term.number()) << 8,
            });
        }
        self.end.hash(state);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct LockState {
    writer: Option<u8>,
    /// Read depth by participant.
    readers: [u8; 4],
    depth: u8,
}

/// Everything there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub threads: Vec<Thread>,
    pub cells: Vec<Cell>,
    locks: Vec<LockState>,
    rows: Vec<Option<u8>>,
}

impl State {
    pub(crate) fn new(threads: usize, cells: Vec<Cell>, locks: usize) -> Self {
        let thread = Thread { pc: 0, regs: [Obs::Blank; REGS], end: None };
        let rows = vec![None; cells.len()];
        let locks = vec![LockState::default(); locks];
        Self { threads: vec![thread; threads], cells, locks, rows }
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
    ) -> String {
        let pc = self.threads[usize::from(thread)].pc;
        let Some(op) = programs[usize::from(thread)].ops.get(usize::from(pc)) else {
            self.end(thread, End::Label(NOTHING));
            return "returns".to_owned();
        };
        self.threads[usize::from(thread)].pc = pc + 1;
        match op.kind {
            OpKind::Observe { cell, into } => {
                self.set(thread, into, Obs::Saw(self.cells[usize::from(cell)]));
                self.saw(terms, cell)
            }
            OpKind::Need { cell, into, lost } => {
                let sight = self.cells[usize::from(cell)];
                self.set(thread, into, Obs::Saw(sight));
                if sight == Cell::Absent { self.lose(thread, lost) } else { self.saw(terms, cell) }
            }
            OpKind::Write { cell, value, when, into, lost } => {
                let holds = self.holds(cell, when, thread);
                self.set(thread, into, Obs::Took(holds));
                if !holds {
                    return self.lose(thread, lost);
                }
                let term = self.make(terms, thread, value, cell);
                self.cells[usize::from(cell)] = Cell::Live(term);
                format!("stores {}", terms.name(term))
            }
            OpKind::Delete { cell, when, into, lost } => {
                let holds = self.holds(cell, when, thread);
                self.set(thread, into, Obs::Took(holds));
                if !holds {
                    return self.lose(thread, lost);
                }
                let gone = std::mem::replace(&mut self.cells[usize::from(cell)], Cell::Absent);
                match gone {
                    Cell::Live(term) => format!("removes {}, which is in force", terms.name(term)),
                    Cell::Expired(_) => "removes the expired entry".to_owned(),
                    Cell::Absent => "removes nothing".to_owned(),
                }
            }
            OpKind::Rename { from, to, lost } => {
                let moved = std::mem::replace(&mut self.cells[usize::from(from)], Cell::Absent);
                let Cell::Live(term) = moved else {
                    return self.lose(thread, lost);
                };
                self.cells[usize::from(to)] = Cell::Live(term);
                format!("publishes {}", terms.name(term))
            }
            OpKind::Expire { cell } => {
                if let Cell::Live(term) = self.cells[usize::from(cell)] {
                    self.cells[usize::from(cell)] = Cell::Expired(term);
                }
                "the entry expires".to_owned()
            }
            OpKind::Acquire { lock, mode } => self.acquire(thread, usize::from(lock), mode),
            OpKind::Release { lock } => self.release(thread, usize::from(lock)),
            OpKind::LockRow { cell } => {
                if self.cells[usize::from(cell)] == Cell::Absent {
                    return "no row to lock".to_owned();
                }
                self.rows[usize::from(cell)] = Some(thread);
                "locks the row".to_owned()
            }
            OpKind::EndTx => {
                self.end_tx(thread);
                "commits".to_owned()
            }
            OpKind::Branch { test, yes, no } => {
                let answer = self.test(terms, thread, test);
                self.threads[usize::from(thread)].pc = if answer { yes } else { no };
                if answer { "yes" } else { "no" }.to_owned()
            }
            OpKind::Chance { heads, tails } => {
                self.threads[usize::from(thread)].pc = if coin { heads } else { tails };
                if coin { "the coin says yes" } else { "the coin says no" }.to_owned()
            }
            OpKind::Set { into, yes } => {
                self.set(thread, into, Obs::Took(yes));
                String::new()
            }
            OpKind::Make { into, value } => {
                let term = self.make(terms, thread, value, 0);
                self.set(thread, into, Obs::Saw(Cell::Live(term)));
                String::new()
            }
            OpKind::Copy { from, into } => {
                let obs = self.reg(thread, from);
                self.set(thread, into, obs);
                String::new()
            }
            OpKind::Jump(to) => {
                self.threads[usize::from(thread)].pc = to;
                String::new()
            }
            OpKind::Return(answer) => self.answer(terms, thread, answer),
            OpKind::Raise(error) => {
                self.end(thread, End::Raised(error));
                format!("raises {error}")
            }
        }
    }

    fn set(&mut self, thread: u8, reg: u8, obs: Obs) {
        self.threads[usize::from(thread)].regs[usize::from(reg)] = obs;
    }

    fn reg(&self, thread: u8, reg: u8) -> Obs {
        self.threads[usize::from(thread)].regs[usize::from(reg)]
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

    fn acquire(&mut self, thread: u8, lock: usize, mode: Mode) -> String {
        let lock = &mut self.locks[lock];
        if mode == Mode::Read && lock.writer.is_none() {
            lock.readers[usize::from(thread)] += 1;
            return "takes the read lock".to_owned();
        }
        lock.writer = Some(thread);
        lock.depth += 1;
        "takes the lock".to_owned()
    }

    fn release(&mut self, thread: u8, lock: usize) -> String {
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
        "gives the lock back".to_owned()
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

    fn lose(&mut self, thread: u8, lost: Lost) -> String {
        match lost {
            Lost::Ignore => "changes nothing".to_owned(),
            Lost::Goto(pc) => {
                self.threads[usize::from(thread)].pc = pc;
                "fails, handled".to_owned()
            }
            Lost::Raise(error) => {
                self.end(thread, End::Raised(error));
                format!("fails: {error}")
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

    fn saw(&self, terms: &Terms, cell: CellId) -> String {
        match self.cells[usize::from(cell)] {
            Cell::Absent => "sees nothing".to_owned(),
            Cell::Live(term) => format!("sees {}", terms.name(term)),
            Cell::Expired(_) => "sees an expired entry".to_owned(),
        }
    }

    fn test(&self, terms: &Terms, thread: u8, test: Test) -> bool {
        match test {
            Test::Absent(reg) => self.reg(thread, reg) == Obs::Saw(Cell::Absent),
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

    fn answer(&mut self, terms: &mut Terms, thread: u8, answer: Answer) -> String {
        match answer {
            Answer::Label(label) => {
                self.end(thread, End::Label(label));
                "returns".to_owned()
            }
            Answer::Seen(reg) => {
                let obs = self.reg(thread, reg);
                self.end(thread, End::Seen(obs));
                match obs {
                    Obs::Saw(Cell::Live(term) | Cell::Expired(term)) => {
                        format!("returns {}", terms.name(term))
                    }
                    Obs::Saw(Cell::Absent) => "returns nothing".to_owned(),
                    Obs::Took(true) => "returns: it took effect".to_owned(),
                    Obs::Took(false) => "returns: it did not take effect".to_owned(),
                    Obs::Blank => "returns".to_owned(),
                }
            }
            Answer::Own(tag) => {
                let term = terms.own(thread, tag);
                self.end(thread, End::Made(term));
                format!("returns {}", terms.name(term))
            }
        }
    }
}
