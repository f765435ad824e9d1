//! The compiler from a flow to a program: what it keeps in mind, and what is left out. How structure becomes jumps
//! stands in `structure.rs`.

use amorsize_facts::event::{EventKind, Name, Scope as Reach, StoreKind};
use rustc_hash::FxHashMap;

use super::publish::Publishing;
use super::sifted::Sieve;
use super::target::{Target, touches};
use crate::explore::{Domain, LockId, Lost, Op, OpKind, Pc, Program, Reg};
use crate::flow::{AbsPath, Flow, FrameId, Item, Uid};
use crate::turns::{lives_on_a_loop, turn};

/// Registers a program may use.
const REGS_MAX: u8 = 24;
/// Instructions a slice may have.
const OPS_MAX: usize = 400;

/// A check and the act it decides, or whose value it feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    pub check: Uid,
    pub act: Uid,
    /// The value read flows into the value written.
    pub data: bool,
}

/// One function, as one entry of one store sees it.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub program: Program,
    pub pairs: Vec<Pair>,
    /// Branches that were decided by choice.
    pub choices: u32,
    /// Whether an age is judged somewhere.
    pub aging: bool,
    /// Whether that age was judged by the program, of what it read.
    pub judged: bool,
    /// Whether what is stored comes from a call nobody knows.
    pub unknown_value: bool,
}

impl Slice {
    /// The states the entry may start in.
    pub(crate) fn domain(&self, target: &Target) -> Domain {
        if target.room {
            return Domain::PLAIN;
        }
        if target.size {
            return Domain::LIVE;
        }
        // A server lets its entries expire itself; what a client finds to be old and removes is its own.
        let removes = || self.program.ops.iter().any(|op| matches!(op.kind, OpKind::Delete { .. }));
        let remote = target.kind == StoreKind::Remote;
        let timed = self.aging && (!remote || self.judged && removes());
        if timed { Domain::AGING } else { Domain::PLAIN }
    }
}

/// The locks of a scene, by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Locks(pub Vec<AbsPath>);

impl Locks {
    pub(crate) fn id(&mut self, path: &AbsPath) -> LockId {
        let at = self.0.iter().position(|known| known == path).unwrap_or_else(|| {
            self.0.push(path.clone());
            self.0.len() - 1
        });
        LockId::try_from(at).unwrap_or(LockId::MAX)
    }
}

/// Where jumps out of a block lead, innermost last.
#[derive(Clone, Copy)]
pub(super) enum Around<'a, 'f> {
    With(&'a [Item<'f>]),
    Finally(&'a [Item<'f>]),
    Try { types: &'a [crate::flow::Catch<'f>], first: Pc },
    Inline { frame: FrameId, end: Pc },
    Loop { on: Pc, out: Pc },
}

pub(super) struct Compiler<'a, 't, 'f> {
    pub flow: &'a Flow<'t, 'f>,
    pub target: &'a Target,
    pub locks: &'a mut Locks,
    pub ops: Vec<Op>,
    pub site: Uid,
    labels: Vec<Pc>,
    regs: FxHashMap<Uid, Reg>,
    pub rets: FxHashMap<(FrameId, u8), Reg>,
    /// What was seen before a frame returned.
    pub causes: FxHashMap<FrameId, Vec<Uid>>,
    pub flags: FxHashMap<(FrameId, amorsize_facts::event::ValueId), Reg>,
    pub assigned: FxHashMap<(FrameId, amorsize_facts::event::ValueId), Vec<Reg>>,
    /// Where variables get what they hold: by event, the part and the register.
    pub appearing: FxHashMap<Uid, Vec<(FrameId, amorsize_facts::event::ValueId, Reg)>>,
    /// What is asked about variables that only ever hold constants.
    pub settled: Vec<super::settled::Asked>,
    /// What is asked about the answers of helpers.
    pub told: Vec<super::answers::Told>,
    /// Returned variables that hold one of several words, and which one.
    pub words: FxHashMap<(FrameId, amorsize_facts::event::ValueId), Reg>,
    pub either: u8,
    /// The object that the function puts something into: what it saw of the entry.
    pub inside: Option<Reg>,
    /// Whether what is to be done once was done here.
    pub once: Option<Reg>,
    /// Whether the entry is a lock that the function takes: which one it took is what it did.
    pub locked_by_entry: bool,
    /// Variables that closures of this flow set.
    pub kept: Vec<(AbsPath, Reg)>,
    /// What is asked on the way to each call, once somebody wants to know.
    pub ways: std::cell::OnceCell<super::given::Ways<'a, 'f>>,
    next_reg: u8,
    /// Reads through a handle, and the opening they stand for.
    pub aliases: FxHashMap<Uid, Uid>,
    pub around: Vec<Around<'a, 'f>>,
    /// The sights that decide whether the present place is reached.
    pub guards: Vec<Uid>,
    /// The sights that decided whether each look took place.
    pub(super) under: FxHashMap<Uid, Vec<Uid>>,
    /// The sights on whose answer some way left before.
    pub gates: Vec<Uid>,
    /// The looks that failed nowhere on the way to the present place, in whichever helper or region they stand.
    pub(super) needs: Vec<Uid>,
    /// The looks after which the entry is there on either way: who found nothing has put something there.
    pub(super) filled: Vec<Uid>,
    pub(super) handler_causes: FxHashMap<Pc, Vec<Uid>>,
    choice_bits: u32,
    pub choices: u32,
    /// The answer of the present question that leads on to what matters.
    pub leaning: bool,
    chosen: FxHashMap<u64, bool>,
    pub handled: Vec<Name>,
    /// What may have failed on the way into each handler around, innermost last.
    pub(super) caught_from: Vec<Vec<Uid>>,
    pub pairs: Vec<Pair>,
    pub aging: bool,
    pub judged: bool,
    pub unknown_value: bool,
    pub last_listing: Option<Uid>,
    /// What picked the entries of that listing that a loop acts on.
    pub(super) sieves: Vec<Sieve<'a, 'f>>,
    pub last_lock: Option<LockId>,
    pub failed: bool,
    /// A call or event that runs or not as a coin decides.
    pub coin_at: Option<Uid>,
    /// Calls that collect garbage are left out.
    pub untidy: bool,
    /// An act that the store refuses, and with which error.
    pub refused: Option<(Uid, Name)>,
    /// Looks into another store.
    pub foreign: Vec<Uid>,
    pub publishing: Option<Publishing>,
}

/// What is not as on any other day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Day<'d> {
    /// A call or event that runs or not as a coin decides.
    pub coin_at: Option<Uid>,
    /// Calls that collect garbage are left out.
    pub untidy: bool,
    /// An act that the store refuses with this error.
    pub refused: Option<(Uid, Name)>,
    /// Looks into another store, which is cell 1.
    pub foreign: &'d [Uid],
    /// A write that takes its time.
    pub publishing: Option<Publishing>,
}

/// Compiles `flow` as `target` sees it. `choice` decides the branches that are not understood;
/// `held` are the locks every caller holds.
pub(crate) fn compile<'t, 'f>(
    flow: &Flow<'t, 'f>,
    target: &Target,
    locks: &mut Locks,
    choice: u32,
    held: &[(AbsPath, crate::explore::Mode)],
) -> Option<Slice> {
    compile_on(flow, target, locks, (choice, Day::default()), held)
}

/// The same on a day that is not as any other.
pub(crate) fn compile_on<'t, 'f>(
    flow: &Flow<'t, 'f>,
    target: &Target,
    locks: &mut Locks,
    (choice, day): (u32, Day<'_>),
    held: &[(AbsPath, crate::explore::Mode)],
) -> Option<Slice> {
    let mut compiler = Compiler {
        flow,
        target,
        locks,
        ops: Vec::new(),
        site: 0,
        labels: Vec::new(),
        regs: FxHashMap::default(),
        rets: FxHashMap::default(),
        causes: FxHashMap::default(),
        flags: FxHashMap::default(),
        assigned: FxHashMap::default(),
        appearing: FxHashMap::default(),
        settled: Vec::new(),
        told: Vec::new(),
        words: FxHashMap::default(),
        either: 0,
        inside: None,
        once: None,
        locked_by_entry: false,
        kept: Vec::new(),
        ways: std::cell::OnceCell::new(),
        next_reg: 0,
        aliases: FxHashMap::default(),
        around: Vec::new(),
        guards: Vec::new(),
        under: FxHashMap::default(),
        gates: Vec::new(),
        needs: Vec::new(),
        filled: Vec::new(),
        handler_causes: FxHashMap::default(),
        choice_bits: choice,
        choices: 0,
        leaning: true,
        chosen: FxHashMap::default(),
        handled: Vec::new(),
        caught_from: Vec::new(),
        pairs: Vec::new(),
        aging: false,
        judged: false,
        unknown_value: false,
        last_listing: None,
        sieves: Vec::new(),
        last_lock: None,
        failed: false,
        coin_at: day.coin_at,
        untidy: day.untidy,
        refused: day.refused,
        foreign: day.foreign.to_vec(),
        publishing: day.publishing,
    };
    compiler.find_all();
    for (path, mode) in held {
        let lock = compiler.locks.id(path);
        compiler.emit(OpKind::Acquire { lock, mode: *mode });
    }
    let looped = compiler.event_loop();
    if let Some(lock) = looped {
        compiler.emit(OpKind::Acquire { lock, mode: crate::explore::Mode::Write });
    }
    if compiler.block(&flow.items)
        && let Some(reg) = compiler.inside.or(compiler.once)
    {
        compiler.emit(OpKind::Return(crate::explore::Answer::Seen(reg)));
    }
    compiler.finish()
}

impl<'a, 't, 'f> Compiler<'a, 't, 'f> {
    /// What has to be known of the whole flow before its first instruction.
    fn find_all(&mut self) {
        self.find_flags();
        self.find_settled();
        self.find_told();
        self.find_kept();
        self.find_either();
        self.find_kept_at_making();
    }

    pub(super) fn emit(&mut self, kind: OpKind) {
        if self.ops.len() >= OPS_MAX {
            self.failed = true;
            return;
        }
        self.ops.push(Op { kind, site: self.site });
    }

    pub(super) fn label(&mut self) -> Pc {
        self.labels.push(Pc::MAX);
        Pc::try_from(self.labels.len() - 1).unwrap_or(Pc::MAX)
    }

    pub(super) fn here(&mut self, label: Pc) {
        self.labels[usize::from(label)] = Pc::try_from(self.ops.len()).unwrap_or(Pc::MAX);
    }

    pub(super) fn fresh(&mut self) -> Reg {
        if self.next_reg >= REGS_MAX {
            self.failed = true;
            return 0;
        }
        self.next_reg += 1;
        self.next_reg - 1
    }

    pub(super) fn reg(&mut self, uid: Uid) -> Reg {
        if let Some(reg) = self.regs.get(&uid) {
            return *reg;
        }
        let reg = self.fresh();
        self.regs.insert(uid, reg);
        reg
    }

    pub(super) fn known(&self, uid: Uid) -> Option<Reg> {
        self.regs.get(&uid).copied()
    }

    pub(super) fn alias(&mut self, uid: Uid, of: Uid) {
        if let Some(reg) = self.known(of) {
            self.regs.insert(uid, reg);
            self.aliases.insert(uid, of);
        }
    }

    fn finish(mut self) -> Option<Slice> {
        if self.failed || self.pairs.len() > 200 {
            return None;
        }
        let end = Pc::try_from(self.ops.len()).ok()?;
        let labels = &self.labels;
        let at = |label: Pc| match labels.get(usize::from(label)) {
            Some(&pc) if pc != Pc::MAX => pc,
            _ => end,
        };
        for op in &mut self.ops {
            match &mut op.kind {
                OpKind::Branch { yes, no, .. } => (*yes, *no) = (at(*yes), at(*no)),
                OpKind::Chance { heads, tails } => (*heads, *tails) = (at(*heads), at(*tails)),
                OpKind::Jump(to) => *to = at(*to),
                OpKind::Need { lost: Lost::Goto(to), .. }
                | OpKind::Write { lost: Lost::Goto(to), .. }
                | OpKind::Delete { lost: Lost::Goto(to), .. }
                | OpKind::Rename { lost: Lost::Goto(to), .. } => *to = at(*to),
                _ => {}
            }
        }
        let label = self.flow.tree.function(self.flow.entry).qualified.as_str().to_owned();
        self.pairs.sort_by_key(|pair| (pair.act, pair.check, pair.data));
        self.pairs.dedup();
        Some(Slice {
            program: Program { label, ops: self.ops },
            pairs: self.pairs,
            choices: self.choices,
            aging: self.aging,
            judged: self.judged,
            unknown_value: self.unknown_value,
        })
    }

    /// Python and JavaScript coroutines change hands only where they wait.
    fn event_loop(&mut self) -> Option<LockId> {
        (self.reach() == Reach::Task).then(|| self.loop_lock())
    }

    /// How far a lock must reach: a coroutine contends with tasks only.
    pub(super) fn reach(&self) -> Reach {
        if self.target.scope <= Reach::Thread && lives_on_a_loop(self.flow) {
            Reach::Task
        } else {
            self.target.scope
        }
    }

    pub(super) fn loop_lock(&mut self) -> LockId {
        self.locks.id(&turn().0)
    }

    /// Decides a question that is not understood, alike wherever it is asked.
    pub(super) fn choose(&mut self, question: u64, prefer: bool, open: bool) -> bool {
        if let Some(chosen) = self.chosen.get(&question) {
            return *chosen;
        }
        let mut answer = prefer;
        if open && self.choices < 3 {
            answer ^= (self.choice_bits >> self.choices) & 1 == 1;
            self.choices += 1;
        }
        self.chosen.insert(question, answer);
        answer
    }

    /// Whether a block touches the target, takes or gives back a lock, or sets a flag.
    pub(super) fn matters(&self, items: &[Item<'f>]) -> bool {
        items.iter().any(|item| match item {
            Item::Event(uid) => self.event_matters(*uid),
            Item::Branch(fork) => {
                self.matters(&fork.then)
                    || self.matters(&fork.other)
                    || self.asks_by_events(&fork.cond)
            }
            Item::Loop(round) => {
                self.matters(&round.head)
                    || self.matters(&round.body)
                    || self.matters(&round.otherwise)
                    || round.cond.as_ref().is_some_and(|cond| self.asks_by_events(cond))
            }
            Item::Try(attempt) => {
                self.matters(&attempt.body)
                    || attempt.handlers.iter().any(|handler| self.matters(&handler.body))
                    || self.matters(&attempt.otherwise)
                    || self.matters(&attempt.finally)
            }
            Item::With(region) => {
                self.matters(&region.enter)
                    || self.matters(&region.body)
                    || self.matters(&region.exit)
            }
            Item::Call(inlined) => self.matters(&inlined.body),
            Item::Within(items) => self.matters(items),
            Item::Unlock(..) => true,
        })
    }

    fn event_matters(&self, uid: Uid) -> bool {
        if self.foreign.contains(&uid) {
            return true;
        }
        match &self.flow.event(uid).kind {
            EventKind::Acquire(acquire) => acquire.scope >= self.reach(),
            // What is closed before anything is done is no lock of a store in memory, unless one is taken by
            // that name: `if bad { body.Close(); return }`.
            EventKind::Release(release) => {
                let path = self.flow.path(self.flow.frame_of(uid), &release.lock);
                self.target.scope > amorsize_facts::event::Scope::Process
                    || self.ops.iter().any(|op| !op.kind.is_local())
                    || self.locks.0.contains(&path)
            }
            EventKind::Wait(_) | EventKind::Chance(_) => true,
            EventKind::TxBegin(_) | EventKind::TxEnd(_) => {
                matches!(self.target.kind, StoreKind::Sql | StoreKind::Orm | StoreKind::Remote)
            }
            EventKind::Assign(assign) => {
                self.is_asked(uid, assign)
                    || self.assigned.contains_key(&(self.flow.frame_of(uid), assign.value))
            }
            EventKind::Act(act) if self.kept_in(uid, act).is_some() => true,
            EventKind::Act(act) if self.is_kept_by_object(uid, act) => true,
            EventKind::Return(ret) => {
                // A helper that hands on what it saw tells its caller that it is there.
                let frame = self.flow.frame_of(uid);
                frame != 0
                    && self.in_go()
                    && ret.values.iter().any(|value| self.sight(frame, *value).is_some())
            }
            _ => touches(self.flow, self.target, uid).is_some() || self.works_inside(uid),
        }
    }
}
