//! What a slice looks like to the machine: a flat list of steps over cells, locks and registers.

/// The error with which a participant ends that returns the failure of its own act.
pub const FAILED: &str = "the error of the act";

/// Index of a register of one thread.
pub type Reg = u8;
/// Index of a cell: one key of one store.
pub type CellId = u8;
/// Index of a lock instance.
pub type LockId = u8;
/// Index of an instruction.
pub type Pc = u16;

/// What one participant does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// How the participant is called in a witness, e.g. the function it runs.
    pub label: String,
    /// Its instructions; falling off the end returns nothing.
    pub ops: Vec<Op>,
}

/// One instruction and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// What it does.
    pub kind: OpKind,
    /// The caller's name for the place in the source.
    pub site: u32,
}

/// The states a cell may start in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// May be absent.
    pub absent: bool,
    /// May hold a live value.
    pub live: bool,
    /// May hold an expired value.
    pub expired: bool,
}

impl Domain {
    /// Absent or live: a store whose entries do not expire.
    pub const PLAIN: Self = Self { absent: true, live: true, expired: false };
    /// Absent, live or expired.
    pub const AGING: Self = Self { absent: true, live: true, expired: true };
    /// Always live, e.g. a counter.
    pub const LIVE: Self = Self { absent: false, live: true, expired: false };
    /// Always absent at first, e.g. a temporary file.
    pub const ABSENT: Self = Self { absent: true, live: false, expired: false };
}

/// Shared or exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Any number of readers.
    Read,
    /// One holder.
    Write,
}

/// The condition that an atomic write or delete carries with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// None.
    Always,
    /// Only if nothing is there.
    Absent,
    /// Only if something is there, live or expired.
    Present,
    /// Only if nothing live is there.
    NotLive,
    /// Only if an expired value is there.
    Expired,
    /// Only if it is still what the register saw.
    Unchanged(Reg),
}

/// What happens when the condition of a step does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nothing; the next instruction runs.
    Ignore,
    /// Control goes to a handler.
    Goto(Pc),
    /// The participant fails with this error.
    Raise(&'static str),
}

/// Where a written value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The participant's own; equal tags are one value.
    Own(u32),
    /// A function of the key: every participant writes the same.
    Pure(u32),
    /// Computed from what the cell holds, in the same step.
    Bump,
    /// Computed from what the register saw.
    Derived {
        /// The register.
        from: Reg,
        /// Whether the participant's own input goes in as well.
        own: bool,
    },
    /// Exactly what the register saw.
    Same(Reg),
    /// The first half of a write in place.
    Torn,
}

/// What a branch asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Nothing was there.
    Absent(Reg),
    /// Nothing live was there.
    NotLive(Reg),
    /// An expired value was there.
    Expired(Reg),
    /// What was there was there before anybody acted (a count still over its limit).
    Initial(Reg),
    /// The step that set the register took effect.
    Won(Reg),
    /// Only half a value was there.
    Torn(Reg),
    /// The register holds a yes, or a sight of something in force.
    Truthy(Reg),
}

/// What a participant answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A constant; equal constants are equal answers.
    Label(u32),
    /// What the register saw.
    Seen(Reg),
    /// Its own value, as tagged where it was stored.
    Own(u32),
}

/// What an instruction does, in one atomic step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKind {
    /// Looks at a cell.
    Observe {
        /// The cell.
        cell: CellId,
        /// Where the sight goes.
        into: Reg,
    },
    /// Looks at a cell that must not be absent.
    Need {
        /// The cell.
        cell: CellId,
        /// Where the sight goes.
        into: Reg,
        /// What happens when it is.
        lost: Lost,
    },
    /// Writes a live value.
    Write {
        /// The cell.
        cell: CellId,
        /// The value.
        value: Value,
        /// The condition checked in the same step.
        when: When,
        /// Where the outcome goes.
        into: Reg,
        /// What happens when the condition does not hold.
        lost: Lost,
    },
    /// Removes what is there.
    Delete {
        /// The cell.
        cell: CellId,
        /// The condition checked in the same step.
        when: When,
        /// Where the outcome goes.
        into: Reg,
        /// What happens when the condition does not hold.
        lost: Lost,
    },
    /// Moves the contents of one cell onto another.
    Rename {
        /// From here.
        from: CellId,
        /// Onto this.
        to: CellId,
        /// What happens when there is nothing to move.
        lost: Lost,
    },
    /// Time passes: a live value expires.
    Expire {
        /// The cell.
        cell: CellId,
    },
    /// Waits for a lock.
    Acquire {
        /// The lock.
        lock: LockId,
        /// How.
        mode: Mode,
    },
    /// Gives a lock back.
    Release {
        /// The lock.
        lock: LockId,
    },
    /// Locks the row of a cell if it exists, until [`OpKind::EndTx`].
    LockRow {
        /// The cell.
        cell: CellId,
    },
    /// Ends the transaction: gives all rows back.
    EndTx,
    /// Goes one of two ways by what was seen.
    Branch {
        /// The question.
        test: Test,
        /// Where a yes goes.
        yes: Pc,
        /// Where a no goes.
        no: Pc,
    },
    /// Goes one of two ways by chance.
    Chance {
        /// One side.
        heads: Pc,
        /// The other side.
        tails: Pc,
    },
    /// Remembers a yes or a no.
    Set {
        /// Where.
        into: Reg,
        /// Which.
        yes: bool,
    },
    /// Makes a value and remembers it.
    Make {
        /// Where.
        into: Reg,
        /// Which.
        value: Value,
    },
    /// Remembers what another register remembers.
    Copy {
        /// From here.
        from: Reg,
        /// To there.
        into: Reg,
    },
    /// Goes elsewhere.
    Jump(Pc),
    /// Ends with an answer.
    Return(Answer),
    /// Ends with an error.
    Raise(&'static str),
}

impl OpKind {
    /// Does the step touch nothing that others can see?
    #[must_use]
    pub const fn is_local(&self) -> bool {
        matches!(
            self,
            Self::Branch { .. }
                | Self::Chance { .. }
                | Self::Jump(_)
                | Self::Set { .. }
                | Self::Copy { .. }
                | Self::Make { .. }
                | Self::Return(_)
                | Self::Raise(_)
        )
    }
}
