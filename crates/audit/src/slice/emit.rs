//! Events become instructions.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, CheckKind, Conflict, EventKind, Isolation, Literal, LockMode, Name,
    Op as Operator, Outcome, Path, Predicate, Raise, Read, Return, SqlVerb, Statement, Step,
    StoreKind, ValueId, ValueKind,
};

use super::aged::is_age;
use super::compile::{Around, Compiler, Pair};
use super::said::said;
use super::sent_away::is_sent_away;
use super::target::{AbsPlace, Touch, touches};
use super::ways::refuses;
use crate::explore::{Answer, FAILED, Lost, Mode, OpKind, Reg, SENT_AWAY, Value, When};
use crate::flow::{AbsPath, AbsRoot, FrameId, Uid, parts_of};
use crate::link::{FnId, Tree, takes_spare_rows};

/// Whether what a receiver that is handed over as a copy leads to is copied with it: nothing on the way
/// refers to an object that all copies share.
fn lies_in_copy(tree: &Tree<'_>, func: FnId, steps: &[Step]) -> bool {
    let mut class = tree.class_of(func);
    steps.iter().all(|step| {
        let Step::Field(field) = step else { return false };
        let Some((file, of)) = class.and_then(|class| tree.field_type(class, *field)) else {
            return true;
        };
        class = tree.class_named(file, of.name);
        let shared = of.pointer
            || of.name == "sync.Locker"
            || class.is_some_and(|class| tree.class(class).is_interface);
        !shared
    })
}

impl<'a, 'f> Compiler<'a, '_, 'f> {
    /// Emits an event; whether what follows it is reached.
    #[expect(clippy::too_many_lines, reason = "one arm a kind of event")]
    pub(super) fn event(&mut self, uid: Uid) -> bool {
        let flow = self.flow;
        if self.foreign.contains(&uid) {
            let into = self.reg(uid);
            self.emit(OpKind::Observe { cell: 1, into });
            return true;
        }
        match &flow.event(uid).kind {
            EventKind::Check(check) => {
                if check.of.is_none() && touches(flow, self.target, uid).is_some() {
                    if check.sql.as_ref().is_some_and(|sql| sql.locks_rows) {
                        self.emit(OpKind::LockRow { cell: 0 });
                    }
                    let into = self.reg(uid);
                    self.emit(OpKind::Observe { cell: 0, into });
                }
                let judged = check.what == CheckKind::Expiry;
                self.aging |= judged && touches(flow, self.target, uid).is_some();
                self.judged |= judged && check.of.is_some();
                true
            }
            EventKind::Read(read) => {
                if touches(flow, self.target, uid).is_some() {
                    self.read(uid, read);
                }
                true
            }
            EventKind::Enumerate(_) => {
                if touches(flow, self.target, uid).is_some() {
                    let into = self.reg(uid);
                    self.emit(OpKind::Observe { cell: 0, into });
                    self.last_listing = Some(uid);
                    self.sieves.clear();
                    if self.target.kind == StoreKind::File {
                        // Whoever works on a listed file was told by the listing that it is there.
                        self.gates.push(uid);
                    }
                }
                true
            }
            EventKind::Act(act) => {
                if let Some(touch) = touches(flow, self.target, uid) {
                    self.leaves_if_taken(uid, act);
                    self.act(uid, act, touch);
                }
                if let (Some(reg), Some(value)) = (self.kept_in(uid, act), act.value) {
                    self.store(flow.frame_of(uid), value, reg);
                }
                self.keep_in_object(uid, act);
                true
            }
            EventKind::Prune(_) => {
                if touches(flow, self.target, uid).is_some() {
                    let into = self.reg(uid);
                    if self.target.size {
                        self.pair_up(uid, false);
                        let (value, when) = (Value::Bump, When::Always);
                        self.emit(OpKind::Write { cell: 0, value, when, into, lost: Lost::Ignore });
                        return true;
                    }
                    self.aging = true;
                    self.emit(OpKind::Delete {
                        cell: 0,
                        when: When::Expired,
                        into,
                        lost: Lost::Ignore,
                    });
                }
                true
            }
            EventKind::Return(ret) => {
                self.returns(uid, ret);
                false
            }
            EventKind::Raise(raise) => {
                self.raise(uid, raise);
                false
            }
            EventKind::Break => {
                self.jump_out(true);
                false
            }
            EventKind::Continue => {
                self.jump_out(false);
                false
            }
            EventKind::Assign(assign) => {
                let frame = flow.frame_of(uid);
                for reg in self.assigned.get(&(frame, assign.value)).cloned().unwrap_or_default() {
                    self.store(frame, assign.value, reg);
                }
                self.settle(uid, assign);
                true
            }
            other => {
                self.guard(uid, other);
                true
            }
        }
    }

    /// Locks, transactions and points where others may run.
    fn guard(&mut self, uid: Uid, kind: &EventKind) {
        let frame = self.flow.frame_of(uid);
        match kind {
            EventKind::Acquire(acquire) if acquire.scope >= self.reach() => {
                let path = self.flow.path(frame, &acquire.lock);
                if !self.shared_lock(frame, &path) {
                    return;
                }
                let lock = self.locks.id(&path);
                self.last_lock = Some(lock);
                let mode = match acquire.mode {
                    LockMode::Shared => Mode::Read,
                    LockMode::Exclusive => Mode::Write,
                };
                // A coroutine that waits for a lock lets the others run meanwhile.
                let waits = self.reach() == amorsize_facts::event::Scope::Task
                    && acquire.scope == amorsize_facts::event::Scope::Task;
                if waits {
                    let turn = self.loop_lock();
                    self.emit(OpKind::Release { lock: turn });
                    self.emit(OpKind::Acquire { lock, mode });
                    self.emit(OpKind::Acquire { lock: turn, mode: Mode::Write });
                    return;
                }
                self.emit(OpKind::Acquire { lock, mode });
            }
            EventKind::Release(release) => {
                let path = self.flow.path(frame, &release.lock);
                if self.locks.0.contains(&path) {
                    let lock = self.locks.id(&path);
                    self.emit(OpKind::Release { lock });
                }
            }
            EventKind::Wait(wait) => {
                let lock = match &wait.lock {
                    Some(path) => {
                        let path = self.flow.path(frame, path);
                        self.locks.0.contains(&path).then(|| self.locks.id(&path))
                    }
                    None => self.last_lock,
                };
                if let Some(lock) = lock {
                    self.emit(OpKind::Release { lock });
                    self.emit(OpKind::Acquire { lock, mode: Mode::Write });
                }
            }
            EventKind::Await(_) if self.reach() == amorsize_facts::event::Scope::Task => {
                let lock = self.loop_lock();
                self.emit(OpKind::Release { lock });
                self.emit(OpKind::Acquire { lock, mode: Mode::Write });
            }
            EventKind::TxBegin(tx) if self.transactional(frame, tx.on.as_ref()) => {
                if matches!(
                    tx.isolation,
                    Isolation::Serializable | Isolation::Optimistic | Isolation::Exclusive
                ) {
                    let lock = self.tx_lock();
                    self.emit(OpKind::Acquire { lock, mode: Mode::Write });
                }
            }
            EventKind::TxEnd(tx) if self.transactional(frame, tx.on.as_ref()) => {
                let lock = self.tx_lock();
                self.emit(OpKind::Release { lock });
                self.emit(OpKind::EndTx);
            }
            _ => {}
        }
    }

    /// Whether a transaction is one on the target: of databases within the process, on that very one.
    fn transactional(&self, frame: FrameId, on: Option<&Path>) -> bool {
        match (self.target.kind, &self.target.place) {
            (StoreKind::Sql | StoreKind::Orm | StoreKind::Remote, _) => true,
            (StoreKind::Synchronised, AbsPlace::Path(place)) => on.is_some_and(|on| {
                let on = self.flow.path(frame, on);
                on.root == place.root && place.steps.starts_with(&on.steps)
            }),
            _ => false,
        }
    }

    fn tx_lock(&mut self) -> u8 {
        let root = AbsRoot::External(Name::new("a serializable transaction"));
        self.locks.id(&AbsPath { root, steps: Vec::new() })
    }

    /// Whether the lock is the same object for every caller.
    fn shared_lock(&self, frame: FrameId, path: &AbsPath) -> bool {
        let func = self.flow.frames[frame as usize].func;
        let receiver = self.flow.tree.function(func).receiver.as_ref();
        let copied = path.root == AbsRoot::Receiver
            && receiver.is_some_and(|receiver| receiver.by_value)
            && lies_in_copy(self.flow.tree, func, &path.steps);
        !copied && !matches!(path.root, AbsRoot::Local(..))
    }

    fn read(&mut self, uid: Uid, read: &Read) {
        if read.by_handle
            && let Some(open) = self.last_open(uid)
        {
            self.alias(uid, open);
            return;
        }
        let locks = read.locks || read.sql.as_ref().is_some_and(|sql| sql.locks_rows);
        if locks {
            self.emit(OpKind::LockRow { cell: 0 });
        }
        let into = self.reg(uid);
        // How much the entry of a table holds is no question of whether it is there.
        let raises = !self.target.room;
        if let (true, Outcome::Raises(types)) = (raises, &read.miss) {
            self.need(uid, types, into);
        } else {
            self.emit(OpKind::Observe { cell: 0, into });
        }
    }

    /// A look that fails when nothing is there.
    fn need(&mut self, uid: Uid, types: &[Name], into: Reg) {
        let (lost, detour) = self.handler(types, uid);
        // What is caught may still be given a false reason.
        let opens = self.target.kind == StoreKind::File
            && matches!(&self.flow.event(uid).kind, EventKind::Act(act) if act.kind == ActKind::OpenRead);
        if opens || matches!(lost, Lost::Raise(_)) {
            self.pair_up(uid, false);
        }
        if matches!(lost, Lost::Raise(_)) {
            // Whoever found nothing has put something there, and everybody reads what is there by now.
            let filled = self.filled.iter().filter(|look| !self.guards.contains(look));
            self.pairs.extend(filled.map(|check| Pair { check: *check, act: uid, data: false }));
        }
        self.emit(OpKind::Need { cell: 0, into, lost });
        self.detour(detour);
        self.guards.push(uid);
        // Nothing that follows is reached if it fails, in whichever helper or region it stands. What a helper does
        // with a file that it is lent is told of the helper.
        if matches!(self.flow.event(uid).kind, EventKind::Read(_)) {
            self.needs.push(uid);
        }
    }

    /// The last opening of the target before a read through its handle.
    fn last_open(&self, before: Uid) -> Option<Uid> {
        (0..before).rev().find(|uid| {
            self.known(*uid).is_some()
                && matches!(&self.flow.event(*uid).kind, EventKind::Act(act) if act.kind == ActKind::OpenRead)
        })
    }

    /// Notes the sights that decide whether an act is reached.
    pub(super) fn pair_up(&mut self, act: Uid, data_only: bool) {
        if !data_only {
            let gates = self.gates.iter().filter(|gate| !self.guards.contains(gate));
            let needs = self.needs.iter().filter(|need| !self.guards.contains(need));
            for seen in self.guards.iter().chain(gates).chain(needs).copied().collect::<Vec<_>>() {
                // What is read through a handle was seen when the file was opened; a helper that
                // judges a handle it is lent and acts by name is told of the helper.
                let check = self.aliases.get(&seen).copied().unwrap_or(seen);
                let helpers = check != seen && self.flow.common(seen, act) != 0;
                let outside = self.flow.common(check, act) == 0;
                if check != act && !(helpers && outside) {
                    self.pairs.push(Pair { check, act, data: false });
                }
            }
        }
    }

    fn act(&mut self, uid: Uid, act: &Act, touch: Touch) {
        let into = self.reg(uid);
        if act.kind == ActKind::OpenRead {
            return match &act.failure {
                Outcome::Raises(types) => self.need(uid, types, into),
                _ => {
                    self.pair_up(uid, false);
                    self.emit(OpKind::Observe { cell: 0, into });
                }
            };
        }
        if matches!(act.kind, ActKind::Enqueue) && !self.target.room
            || (act.by_handle && act.kind == ActKind::Write)
        {
            return;
        }
        if self.publishes(uid, act) {
            return;
        }
        // A directory that is made where it is missing: whoever is first, it is there.
        let idle = self.target.kind == StoreKind::File
            && act.kind == ActKind::Create
            && act.atomicity == Atomicity::Conditional
            && act.value.is_none()
            && !refuses(self.flow);
        if !idle {
            self.pair_up(uid, false);
        }
        if self.target.size {
            return self.crowd(act, touch, into);
        }
        let deletes = matches!(act.kind, ActKind::Delete | ActKind::Take | ActKind::Clear)
            || (act.kind == ActKind::Rename && !self.renames_onto(uid, act));
        let aged = (deletes && (self.target.kind == StoreKind::Sql || self.lists_in_go(uid)))
            .then(|| self.collected_by_age(uid))
            .flatten();
        let mut when = self.condition(uid, act, deletes, touch);
        let (lost, detour) = match self.refused {
            Some((refused, error)) if refused == uid => {
                // A register that is never set: the condition never holds.
                when = When::Unchanged(self.fresh());
                self.handler(&[error], uid)
            }
            _ => self.losing(uid, act, when),
        };
        if deletes {
            self.emit(OpKind::Delete { cell: 0, when, into, lost });
        } else {
            let value = self.written(uid, act);
            let when = self.bit_by_bit(uid, when);
            self.emit(OpKind::Write { cell: 0, value, when, into, lost });
        }
        self.note_done(uid, act);
        self.detour(detour);
        if let Some(skip) = aged {
            self.here(skip);
        }
    }

    fn renames_onto(&self, uid: Uid, act: &Act) -> bool {
        let frame = self.flow.frame_of(uid);
        act.target.as_ref().is_some_and(|to| {
            self.flow.keys_of(frame, to).iter().any(|key| self.target.keys.contains(key))
        })
    }

    /// The condition that stands in the act itself.
    fn condition(&mut self, uid: Uid, act: &Act, deletes: bool, touch: Touch) -> When {
        if (act.expects.is_some() || act.by_handle)
            && let Some(check) = self.latest_sight(uid)
        {
            return When::Unchanged(check);
        }
        if let Some(sql) = &act.sql {
            let aged = |filter: &[Predicate]| filter.iter().any(is_age);
            match sql.verb {
                SqlVerb::Insert | SqlVerb::Merge => {
                    return match sql.conflict {
                        Some(Conflict::Update) => When::Always,
                        Some(Conflict::UpdateIf) => {
                            self.aging = true;
                            When::NotLive
                        }
                        Some(Conflict::Error | Conflict::Ignore) | None => When::Absent,
                    };
                }
                SqlVerb::Update | SqlVerb::Delete => {
                    if aged(&sql.filter) {
                        self.aging = true;
                        return When::Expired;
                    }
                    let again = || self.asks_age_again(uid, &sql.filter);
                    if let Some(check) = self.compares(uid, &sql.filter).or_else(again) {
                        return When::Unchanged(check);
                    }
                    if self.moves_on(uid, sql)
                        && let Some(check) = self.latest_sight(uid)
                    {
                        return When::Unchanged(check);
                    }
                    return When::Present;
                }
                SqlVerb::Select | SqlVerb::Other => {}
            }
        }
        if act.atomicity == Atomicity::Relative && self.needs_an_entry(act) {
            return When::Present;
        }
        match (act.kind, act.atomicity) {
            (ActKind::Clear, _) => When::Always,
            _ if takes_spare_rows(self.target.kind, act) => When::Always,
            (_, _) if deletes => match touch {
                Touch::Entry | Touch::Each => When::Present,
                Touch::Whole => When::Always,
            },
            // `Replace`, `SET … XX`: of what is there only.
            (ActKind::Update, Atomicity::Conditional) if self.target.kind == StoreKind::Remote => {
                When::Present
            }
            (ActKind::Create, _) | (_, Atomicity::Conditional | Atomicity::Exclusive) => {
                When::Absent
            }
            (ActKind::Update, Atomicity::Plain) if self.target.kind != StoreKind::Cell => {
                When::Present
            }
            _ => When::Always,
        }
    }

    /// A predicate that compares a column with what was read before.
    fn compares(&self, uid: Uid, filter: &[Predicate]) -> Option<Reg> {
        let frame = self.flow.frame_of(uid);
        // A single condition is the key, even where that was chosen from what was read.
        if filter.len() < 2 {
            return None;
        }
        filter.iter().find_map(|predicate| {
            let value = predicate.value?;
            let key = self.target.keys.contains(&self.flow.canon(frame, value));
            if key { None } else { self.seen_in(frame, value).and_then(|seen| self.known(seen)) }
        })
    }

    /// `SET status = 'running' … WHERE id = ? AND status = 'queued'`: who comes second finds the row moved on.
    fn moves_on(&self, uid: Uid, sql: &Statement) -> bool {
        let frame = self.flow.frame_of(uid);
        let canon = |value: ValueId| self.flow.canon(frame, value);
        sql.verb == SqlVerb::Update
            && sql.filter.len() > 1
            && sql.filter.iter().any(|asked| {
                let before = asked.value.map(canon);
                // Two constants of the text are not known; nobody sets a column to what it is.
                let changes = |then: Option<u64>| then.is_none() || then != before;
                asked.op == Operator::Eq
                    && !asked.column.is_empty()
                    && sql
                        .columns
                        .iter()
                        .any(|(column, then)| *column == asked.column && changes(then.map(canon)))
            })
    }

    fn latest_sight(&self, before: Uid) -> Option<Reg> {
        (0..before).rev().find_map(|uid| {
            let looks = match &self.flow.event(uid).kind {
                EventKind::Check(check) => check.of.is_none(),
                EventKind::Read(_) => true,
                EventKind::Act(act) => act.kind == ActKind::OpenRead,
                _ => false,
            };
            looks.then(|| self.known(uid)).flatten()
        })
    }

    pub(super) fn losing(
        &mut self,
        uid: Uid,
        act: &Act,
        when: When,
    ) -> (Lost, Option<(crate::explore::Pc, usize, crate::explore::Pc)>) {
        let conflict_fails = act.sql.as_ref().is_some_and(|sql| {
            sql.verb == SqlVerb::Insert && matches!(sql.conflict, Some(Conflict::Error) | None)
        }) || (self.target.kind == StoreKind::Orm
            && act.kind == ActKind::Create
            && act.atomicity == Atomicity::Exclusive);
        let rows = act
            .sql
            .as_ref()
            .is_some_and(|sql| matches!(sql.verb, SqlVerb::Update | SqlVerb::Delete));
        if when == When::Always || rows {
            return (Lost::Ignore, None);
        }
        // `INSERT OR IGNORE`: a conflict is no error.
        let settled = act.sql.as_ref().is_some_and(|sql| {
            sql.verb == SqlVerb::Insert && sql.conflict == Some(Conflict::Ignore)
        });
        match &act.failure {
            Outcome::Raises(types) if !types.is_empty() && !settled => self.handler(types, uid),
            Outcome::Error if act.atomicity == Atomicity::Exclusive => {
                if self.surfaces(uid, act) {
                    self.handler(&[Name::new("a conflict")], uid)
                } else {
                    (Lost::Ignore, None)
                }
            }
            _ if conflict_fails => self.handler(&[Name::new("IntegrityError")], uid),
            _ => (Lost::Ignore, None),
        }
    }

    /// Whether the error of a lost insert is handed to the caller as it is: nobody asks which one
    /// it was.
    fn surfaces(&self, uid: Uid, act: &Act) -> bool {
        let stored = matches!(self.target.kind, StoreKind::Sql | StoreKind::Orm | StoreKind::File);
        if !stored || !act.used.returned {
            return false;
        }
        let frame = self.flow.frame_of(uid);
        let function = self.flow.tree.function(self.flow.frames[frame as usize].func);
        let of_act = |mut id: ValueId| {
            for _ in 0..6 {
                if id == act.result {
                    return true;
                }
                id = match &function.value(id).kind {
                    ValueKind::Part(of, _) | ValueKind::Field(of, _) => *of,
                    ValueKind::Op(Operator::Convert, inputs) if inputs.len() == 1 => inputs[0],
                    _ => return false,
                };
            }
            false
        };
        let wraps = |word: &str| {
            let word = word.rsplit('.').next().unwrap_or(word);
            ["Errorf", "Wrap", "Wrapf", "New", "WithMessage", "WithStack", "Sprintf", "Err"]
                .contains(&word)
        };
        !function.values.iter().any(|value| match &value.kind {
            ValueKind::Op(Operator::Call, inputs) => {
                let word = inputs.first().map(|id| &function.value(*id).kind);
                let wrapped = matches!(word, Some(ValueKind::Literal(Literal::Text(word))) if wraps(word.as_str()));
                !wrapped && inputs.iter().any(|id| of_act(*id))
            }
            ValueKind::Result(event, inputs) => {
                let asked = inputs.iter().any(|id| of_act(*id));
                asked
                    && self.flow.uid(frame, *event).is_some_and(|uid| {
                        matches!(&self.flow.event(uid).kind, EventKind::Call(call) if !wraps(call.name.as_str()))
                    })
            }
            _ => false,
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "half a hash is a tag")]
    pub(super) fn tag(&self, frame: FrameId, value: ValueId) -> u32 {
        self.flow.canon(frame, value) as u32
    }

    fn raise(&mut self, uid: Uid, raise: &Raise) {
        let name = if raise.type_name.is_empty() {
            self.handled.last().copied().unwrap_or(Name::EMPTY)
        } else {
            raise.type_name
        };
        let (lost, detour) = self.handler(&[name], uid);
        match lost {
            Lost::Goto(to) => {
                self.emit(OpKind::Jump(to));
                self.detour(detour);
            }
            Lost::Raise(name) => {
                self.leave(0);
                // Only the coin asks for the reason; to the schedule an error is an error.
                let coin = self.coin_at.is_some() && raise.value.is_some();
                let told = coin.then(|| said(self.flow, self.flow.frame_of(uid), raise).as_str());
                // A context manager that tidies up and raises again only hands the failure on.
                let again = raise.type_name.is_empty() && raise.value.is_none();
                let hands_on = again && self.flow.is_manager(self.flow.frame_of(uid));
                let name = if hands_on && !coin { FAILED } else { name };
                self.emit(OpKind::Raise(told.unwrap_or(name)));
            }
            Lost::Ignore => {}
        }
    }

    fn jump_out(&mut self, out_of: bool) {
        let found = self.around.iter().enumerate().rev().find_map(|(depth, around)| match around {
            Around::Loop { on, out } => Some((depth, if out_of { *out } else { *on })),
            _ => None,
        });
        if let Some((depth, to)) = found {
            self.leave(depth + 1);
            self.emit(OpKind::Jump(to));
        }
    }

    fn returns(&mut self, uid: Uid, ret: &Return) {
        let frame = self.flow.frame_of(uid);
        // The region of a context manager runs within another frame than its own.
        let inline =
            self.around.iter().enumerate().rev().find_map(|(depth, around)| match around {
                Around::Inline { frame: at, end } if *at == frame => Some((depth, *at, *end)),
                _ => None,
            });
        // A request that is sent away is done with, in whichever closure it is served.
        let own = frame == 0 || self.flow.frames[frame as usize].lexical == Some(0);
        if own && is_sent_away(self.flow, uid) {
            self.leave(0);
            self.site = uid;
            self.emit(OpKind::Return(Answer::Label(SENT_AWAY)));
            return;
        }
        let Some((depth, callee, end)) = inline else {
            self.leave(0);
            self.site = uid;
            self.answer(frame, ret);
            return;
        };
        let flow = self.flow;
        let mut causes = self.guards.clone();
        let function = flow.tree.function(flow.frames[frame as usize].func);
        for (value, n) in parts_of(function, ret).iter().zip(0_u8..3) {
            let reg = self.ret(callee, n);
            if self.is_error_of_success(frame, ret, *value) {
                self.emit(OpKind::Set { into: reg, yes: false });
            } else if let Some(yes) = self.is_written_down(frame, *value) {
                self.emit(OpKind::Set { into: reg, yes });
            } else if self.hands_on(frame, *value, n) {
                let value = self.made_here(frame, *value);
                self.emit(OpKind::Make { into: reg, value });
            } else {
                self.store(frame, *value, reg);
            }
            let deps = self.flow.deps(frame, *value, None);
            causes.extend(deps.events.iter().filter(|event| self.known(**event).is_some()));
        }
        self.tell_at(frame, ret);
        if ret.values.is_empty() {
            let reg = self.ret(callee, 0);
            self.emit(OpKind::Set { into: reg, yes: false });
        }
        self.causes.entry(callee).or_default().extend(causes);
        self.leave(depth + 1);
        self.emit(OpKind::Jump(end));
    }
}
