//! The structure of a flow in a program: branches, loops, handlers, regions and helpers become jumps.

use amorsize_facts::event::{ActKind, EventKind, LoopKind, Scope as Reach, StoreKind, says_any};

use super::compile::{Around, Compiler};
use super::probe::{DEPTH_MAX, Probe};
use super::shape::{cleans_up, ends_within, first_event, jumps, leaves, looks_again, runs_once};
use super::target::{Touch, touches};
use super::ways::{gives_way, waits};
use crate::explore::{OpKind, Test};
use crate::flow::{AbsPath, Fork, Inlined, Item, Question, Region, Round, Uid};

impl<'a, 't, 'f> Compiler<'a, 't, 'f> {
    /// Emits a block; whether its end is reached.
    pub(super) fn block(&mut self, items: &'a [Item<'f>]) -> bool {
        let (guards, filled) = (self.guards.len(), self.filled.len());
        let falls = self.block_on(items);
        self.guards.truncate(guards);
        self.filled.truncate(filled);
        falls
    }

    /// Emits a block and keeps the sights that decide whether its end is reached.
    fn block_on(&mut self, items: &'a [Item<'f>]) -> bool {
        let mut falls = true;
        for item in items {
            falls = self.item(item);
            if !falls || self.failed {
                break;
            }
        }
        falls
    }

    fn item(&mut self, item: &'a Item<'f>) -> bool {
        match item {
            Item::Event(uid) => {
                self.site = *uid;
                let inlined = matches!(self.flow.event(*uid).kind, EventKind::Call(_));
                let pruned = matches!(self.flow.event(*uid).kind, EventKind::Prune(_));
                // Which lock it is is decided before it is waited for.
                let locks = matches!(self.flow.event(*uid).kind, EventKind::Acquire(_));
                if locks && self.works_inside(*uid) {
                    self.use_inside(*uid);
                }
                let falls = match self.coin_at {
                    Some(at) if at == *uid && pruned && !inlined => {
                        self.by_chance(|this| this.event(*uid))
                    }
                    _ => self.event(*uid),
                };
                if falls && !self.appearing.is_empty() {
                    self.appeared(*uid);
                }
                if !self.guards.is_empty() && self.known(*uid).is_some() {
                    let before = self.guards.iter().copied().filter(|guard| guard != uid);
                    self.under.insert(*uid, before.collect());
                }
                if !locks && self.works_inside(*uid) {
                    self.use_inside(*uid);
                }
                falls
            }
            Item::Branch(fork) => self.fork(fork),
            Item::Loop(round)
                if self.coin_at.is_some() && self.coin_at == first_event(&round.body) =>
            {
                self.site = self.coin_at.unwrap_or_default();
                self.by_chance(|this| this.round(round))
            }
            Item::Loop(round) => self.round(round),
            Item::Try(attempt) => self.attempt(attempt),
            Item::With(region) => self.region(region),
            Item::Call(inlined) if self.untidy && cleans_up(self.flow, inlined.frame) => true,
            Item::Call(inlined) if self.coin_at == Some(inlined.call) => {
                self.site = inlined.call;
                self.by_chance(|this| this.inlined(inlined))
            }
            Item::Call(inlined) => {
                let falls = self.inlined(inlined);
                if falls && !self.appearing.is_empty() {
                    self.appeared(inlined.call);
                }
                falls
            }
            Item::Within(items) => self.block(items),
            Item::Unlock(uid, path) => {
                self.site = *uid;
                self.unlock(path);
                true
            }
        }
    }

    /// Gives a lock back that is known by its path in the flow.
    pub(super) fn unlock(&mut self, path: &AbsPath) {
        let known = self.locks.0.iter().find(|lock| *lock == path);
        if let Some(lock) =
            known.or_else(|| self.locks.0.iter().find(|lock| lock.embedded_in(path)))
        {
            let lock = self.locks.id(&lock.clone());
            self.emit(OpKind::Release { lock });
        }
    }

    fn by_chance(&mut self, emit: impl FnOnce(&mut Self) -> bool) -> bool {
        let (run, skip) = (self.label(), self.label());
        self.emit(OpKind::Chance { heads: run, tails: skip });
        self.here(run);
        let falls = emit(self);
        self.here(skip);
        falls
    }

    /// Whether a block leaves on some answer about what was seen: `if err == nil { if runs(pid) { return } }`.
    fn leaves_if_seen(&self, items: &[Item<'f>]) -> bool {
        items.iter().any(|item| match item {
            Item::Branch(fork) => {
                self.asks(&fork.cond).known
                    && [&fork.then, &fork.other]
                        .into_iter()
                        .any(|way| leaves(self.flow, way) || self.leaves_if_seen(way))
            }
            _ => false,
        })
    }

    fn fork(&mut self, fork: &'a Fork<'f>) -> bool {
        let (then, other) = (self.matters(&fork.then), self.matters(&fork.other));
        let (out_then, out_other) = (leaves(self.flow, &fork.then), leaves(self.flow, &fork.other));
        let asks = self.asks(&fork.cond);
        let some_way = || self.leaves_if_seen(&fork.then) || self.leaves_if_seen(&fork.other);
        let neither = !then && !other && !out_then && !out_other && !asks.events;
        if neither && !(asks.known && some_way()) {
            return true;
        }
        if out_then && !out_other && self.finds_it_spoilt(fork) {
            return self.block_on(&fork.other);
        }
        if !asks.known && !asks.events && !then && !other {
            // Leaves for a reason that has nothing to do with the store: take the other way.
            return match (out_then, out_other) {
                (true, false) => self.block_on(&fork.other),
                (false, true) => self.block_on(&fork.then),
                _ => self.block(&fork.then),
            };
        }
        let prefer = match (then, other) {
            (true, false) => true,
            (false, true) => false,
            _ => out_other && !out_then,
        };
        // Of a reason that nobody knows, what is done about it later is worth a try both ways.
        let noted =
            !asks.known && (self.only_settles(&fork.then) || self.only_settles(&fork.other));
        // What is taken away for such a reason is still there at other times.
        let emptied = !asks.known
            && !self.in_go()
            && (self.takes_away_in(&fork.then) || self.takes_away_in(&fork.other));
        let open = noted || emptied || (then && (other || out_then)) || (other && out_other);
        let (yes, no, end) = (self.label(), self.label(), self.label());
        let guards = self.guards.len();
        let leaning = std::mem::replace(&mut self.leaning, prefer);
        self.ask(&fork.cond, yes, no, prefer, open);
        self.leaning = leaning;
        let seen: Vec<Uid> = self.guards[guards..].to_vec();
        let needs = self.needs.len();
        self.here(yes);
        let falls_then = self.block_on(&fork.then);
        if falls_then {
            self.emit(OpKind::Jump(end));
        }
        let seen_then = self.guards.split_off(guards);
        self.needs.truncate(needs);
        self.guards.extend(&seen);
        self.here(no);
        let falls_other = self.block_on(&fork.other);
        self.needs.truncate(needs);
        self.here(end);
        let seen_other = self.guards.split_off(guards);
        if falls_then != falls_other {
            // What follows is reached on one answer only.
            self.guards.extend(if falls_then { seen_then } else { seen_other });
            self.gates.extend(&seen);
        } else if falls_then && (self.fills(&fork.then) || self.fills(&fork.other)) {
            self.filled.extend(&seen);
        }
        falls_then || falls_other
    }

    /// Whether a block puts something where the entry is.
    fn fills(&self, items: &[Item<'_>]) -> bool {
        items.iter().any(|item| match item {
            Item::Event(uid) => {
                let stores = matches!(&self.flow.event(*uid).kind, EventKind::Act(act)
                    if matches!(act.kind, ActKind::Insert | ActKind::Update | ActKind::Create));
                stores && touches(self.flow, self.target, *uid) == Some(Touch::Entry)
            }
            Item::Within(items) => self.fills(items),
            _ => false,
        })
    }

    /// Whether what was read of a file is found not to make sense: what somebody else wrote there does.
    fn finds_it_spoilt(&self, fork: &Fork<'f>) -> bool {
        let Question::Value(frame, value) = &fork.cond else { return false };
        let spoilt = |name: &str| {
            let last = name.rsplit('.').next().unwrap_or_default();
            last == "ValueError" || says_any(last, &["corrupt", "malformed", "invalid"])
        };
        let raises = matches!(fork.then.as_slice(), [.., Item::Event(uid)]
            if matches!(&self.flow.event(*uid).kind, EventKind::Raise(raise)
                if spoilt(raise.type_name.as_str())));
        raises
            && !self.in_go()
            && self.target.kind == StoreKind::File
            && matches!(self.probe(*frame, *value, DEPTH_MAX), Some((Probe::Such(seen), _))
                if !matches!(self.flow.event(seen).kind, EventKind::Check(_)))
    }

    /// Whether a block takes the entry away, and does nothing else to it.
    fn takes_away_in(&self, items: &[Item<'_>]) -> bool {
        let on_target = |uid: &Uid| touches(self.flow, self.target, *uid).is_some();
        let mut acts = items.iter().filter_map(|item| match item {
            Item::Event(uid) if on_target(uid) => match &self.flow.event(*uid).kind {
                EventKind::Act(act) => Some(act.kind),
                _ => None,
            },
            _ => None,
        });
        let takes = |kind| matches!(kind, ActKind::Delete | ActKind::Take | ActKind::Clear);
        acts.next().is_some_and(|first| takes(first) && acts.all(takes))
    }

    fn round(&mut self, round: &'a Round<'f>) -> bool {
        let matters = self.matters(&round.head)
            || self.matters(&round.body)
            || round.cond.as_ref().is_some_and(|cond| self.asks_by_events(cond));
        if !matters {
            let endless = round.kind == LoopKind::Forever && !jumps(self.flow, &round.body, false);
            return self.block(&round.otherwise) && !endless;
        }
        let (top, body, on, out) = (self.label(), self.label(), self.label(), self.label());
        let guards = self.guards.len();
        self.here(top);
        self.block(&round.head);
        if let Some(cond) = &round.cond {
            self.ask(cond, body, out, true, false);
        } else if round.kind == LoopKind::Each
            && let Some(listing) = self.listing_of(&round.body)
            && let Some(reg) = self.known(listing)
        {
            let picked = self.label();
            self.emit(OpKind::Branch { test: Test::Absent(reg), yes: out, no: picked });
            self.here(picked);
            self.guards.push(listing);
            if self.last_listing.is_none() {
                self.ask_sieves(out);
            }
        }
        let asked: Vec<Uid> = self.guards[guards..].to_vec();
        self.here(body);
        if round.kind == LoopKind::Each
            && self.reach() == Reach::Task
            && gives_way(self.flow, &round.body)
        {
            // The round before this one waited.
            let lock = self.loop_lock();
            self.emit(OpKind::Release { lock });
            self.emit(OpKind::Acquire { lock, mode: crate::explore::Mode::Write });
        }
        self.around.push(Around::Loop { on, out });
        let needs = self.needs.len();
        let falls = self.block(&round.body);
        // What goes round for ever is left by somebody who has been through it.
        if round.kind != LoopKind::Forever {
            self.needs.truncate(needs);
        }
        self.around.pop();
        self.here(on);
        let again = round.kind == LoopKind::Forever
            || (round.kind == LoopKind::While
                && round.cond.as_ref().is_some_and(|cond| self.asks(cond).known)
                && looks_again(self.flow, self.target, round));
        if again && (falls || jumps(self.flow, &round.body, true)) {
            if round.kind == LoopKind::Forever && waits(self.flow, &round.body) {
                // A worker that wakes up again and again may be stopped after any round.
                let stop = self.label();
                self.emit(OpKind::Chance { heads: top, tails: stop });
                self.here(stop);
                self.leave(0);
                self.emit(OpKind::Return(crate::explore::Answer::Label(crate::explore::NOTHING)));
            } else {
                self.emit(OpKind::Jump(top));
            }
        }
        let mut decided = self.guards.split_off(guards);
        decided.retain(|seen| asked.contains(seen));
        self.here(out);
        if round.kind == LoopKind::While && !jumps(self.flow, &round.body, false) {
            self.goes_on_free(decided);
        }
        let endless = round.kind == LoopKind::Forever && !jumps(self.flow, &round.body, false);
        if endless { false } else { self.block(&round.otherwise) }
    }

    /// Who waits until a file or a key has gone, or looks for a free one, goes on because it has gone.
    fn goes_on_free(&mut self, decided: Vec<Uid>) {
        // Whatever block it is in: the row that follows that block is made by what was found free.
        if self.target.kind == StoreKind::Orm {
            self.gates.extend(&decided);
        }
        if matches!(self.target.kind, StoreKind::File | StoreKind::Remote | StoreKind::Orm) {
            self.guards.extend(decided);
        }
    }

    fn region(&mut self, region: &'a Region<'f>) -> bool {
        if runs_once(self.flow, region) {
            return true;
        }
        self.block(&region.enter);
        self.around.push(Around::With(&region.exit));
        let falls = self.block(&region.body);
        self.around.pop();
        if falls { self.block(&region.exit) } else { false }
    }

    fn inlined(&mut self, inlined: &'a Inlined<'f>) -> bool {
        if !self.matters(&inlined.body) {
            return true;
        }
        let end = self.label();
        let ends = ends_within(self.flow, &inlined.body);
        self.around.push(Around::Inline { frame: inlined.frame, end });
        if self.block(&inlined.body)
            && let Some(reg) = self.rets.get(&(inlined.frame, 0)).copied()
        {
            self.emit(OpKind::Set { into: reg, yes: false });
        }
        self.around.pop();
        self.here(end);
        self.appeared(inlined.call);
        !ends
    }

    /// Emits what happens on the way out of the scopes above `depth`.
    pub(super) fn leave(&mut self, depth: usize) {
        let saved = self.around.clone();
        while self.around.len() > depth {
            if let Some(Around::With(exit) | Around::Finally(exit)) = self.around.pop() {
                let site = self.site;
                self.block(exit);
                self.site = site;
            }
        }
        self.around = saved;
    }
}
