//! Files that an object reads once, keeps, and writes back whole: `self.data = load(self.path)`, and in a method
//! `self.data[key] = value; dump(self.data, self.path)`. Two processes each keep a copy of their own, and who writes
//! second drops what the other one added since the copy was read.
//!
//! Told of Python only, and only of files that are kept for others: what one person sets is written by one program.

use amorsize_facts::event::{
    ActKind, Atomicity, EventKind, FunctionKind, Lang, Name, Op as Operator, Scope as Reach, Step,
    StoreKind, ValueId, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::doubts_of_files::in_one_turn;
use super::explore::{Draft, Other};
use super::kept::kept_for_others;
use super::one_loop::alone_on_its_loop;
use super::pattern::{Grip, locks_at};
use super::sense::{is_tool, own_or_tool};
use crate::explore::{
    Domain, Lost, Op, OpKind, Program, Scene, Step as Seen, Value, When, seek_within,
};
use crate::flow::{AbsPath, AbsRoot, Flow, FrameId, Trail, Uid, build};
use crate::held::Locking;
use crate::link::{ClassId, FnId};
use crate::slice::{AbsPlace, Pair};

/// Judges the first file that the entry writes whole out of a field of its object.
pub(crate) fn kept_whole(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>) -> Option<Draft> {
    let entry = flow.tree.function(flow.entry);
    let python = flow.tree.file(flow.entry).lang == Lang::Python;
    if !python || entry.receiver.is_none() || entry.kind == FunctionKind::Constructor {
        return None;
    }
    let class = flow.class.or_else(|| flow.tree.class_of(flow.entry))?;
    flow.uids().find_map(|write| {
        let (path, fields) = written_whole(flow, write)?;
        // A property by another name gives the field out.
        let kept = |name: Name| {
            name != path && (fields.contains(&name) || flow.tree.method(class, name).is_some())
        };
        let change = (0..write).rev().find(|uid| changed(flow, *uid).is_some_and(kept))?;
        let own = loads(flow, path, &fields).filter(|read| *read < write);
        if own.is_none() && !read_by_another(flow, class, path, &fields) {
            return None;
        }
        told(flow, locking, Pair { check: own.unwrap_or(change), act: write, data: false })
    })
}

/// The field whose file an event writes, and the fields that go into it.
fn written_whole(flow: &Flow<'_, '_>, uid: Uid) -> Option<(Name, Vec<Name>)> {
    let EventKind::Act(act) = &flow.event(uid).kind else { return None };
    let frame = flow.frame_of(uid);
    let key = match act.kind {
        ActKind::OpenWrite if act.atomicity != Atomicity::Exclusive => &act.key,
        ActKind::Rename => act.target.as_ref()?,
        _ => return None,
    };
    if flow.store_of(uid)?.kind != StoreKind::File || flow.is_doubtful(uid) {
        return None;
    }
    let path = field_of(flow, frame, key.value?)?;
    let mut fields = Vec::new();
    let mut trail = Trail::from(flow.content_of(uid, act), 48);
    while let Some((frame, value)) = trail.step() {
        let function = flow.tree.function(flow.frames[frame as usize].func);
        let kind = &function.value(value).kind;
        fields.extend(own_field(flow, frame, value));
        if let ValueKind::Param(n) = kind {
            trail.follow(flow.handed_in(frame, *n));
        }
        trail.follow(kind.inputs().map(|input| (frame, input)));
    }
    Some((path, fields))
}

/// The field of the entry's object that a path is, as it stands or in another form of the same.
fn field_of(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<Name> {
    let mut trail = Trail::from([(frame, value)], 8);
    while let Some((frame, value)) = trail.step() {
        if let Some(field) =
            own_field(flow, frame, value).or_else(|| field_given(flow, frame, value))
        {
            return Some(field);
        }
        let function = flow.tree.function(flow.frames[frame as usize].func);
        match &function.value(value).kind {
            ValueKind::Param(n) => trail.follow(flow.handed_in(frame, *n)),
            // `Path(name)`, and what a constructor is given is what the field holds from then on.
            ValueKind::Op(Operator::Convert, inputs) => {
                trail.follow(inputs.iter().map(|input| (frame, *input)));
            }
            _ => {}
        }
    }
    None
}

/// The field of the entry's object that a value was taken from.
fn own_field(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<Name> {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    match &function.value(value).kind {
        ValueKind::Load(path) => first_field(&flow.path(frame, path)),
        ValueKind::Result(event, _) => {
            let uid = flow.uid(frame, *event)?;
            let EventKind::Read(read) = &flow.event(uid).kind else { return None };
            match flow.place_of(frame, read.store) {
                AbsPlace::Path(path) => first_field(&path),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The field that a constructor sets to a value.
fn field_given(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<Name> {
    let function = flow.tree.function(flow.frames[frame as usize].func);
    let own = |object: ValueId| matches!(function.value(object).kind, ValueKind::Receiver);
    let same = |given: ValueId| flow.canon(frame, given) == flow.canon(frame, value);
    let found =
        function.given.iter().find(|(object, _, it)| frame == 0 && own(*object) && same(*it));
    found.map(|(_, field, _)| *field)
}

fn first_field(path: &AbsPath) -> Option<Name> {
    match (&path.root, path.steps.first()) {
        (AbsRoot::Receiver, Some(Step::Field(name))) => Some(*name),
        _ => None,
    }
}

/// The field whose entries an event changes.
fn changed(flow: &Flow<'_, '_>, uid: Uid) -> Option<Name> {
    let EventKind::Act(act) = &flow.event(uid).kind else { return None };
    let target = flow.store_of(uid)?;
    let entry = matches!(act.kind, ActKind::Insert | ActKind::Update | ActKind::Create)
        && act.key.value.is_some();
    match (&target.place, target.kind) {
        (AbsPlace::Path(path), StoreKind::Map) if entry => first_field(path),
        _ => None,
    }
}

/// Whether another method of the object reads the file into one of the fields.
fn read_by_another(flow: &Flow<'_, '_>, class: ClassId, path: Name, fields: &[Name]) -> bool {
    let methods: Vec<FnId> =
        flow.tree.methods_of(class).filter(|method| *method != flow.entry).collect();
    methods.into_iter().any(|method| {
        let theirs = build(flow.tree, flow.touching, method, Some(class));
        loads(&theirs, path, fields).is_some()
    })
}

/// The event by which a flow reads the file of a field, if it keeps what it read in one of the others.
fn loads(flow: &Flow<'_, '_>, path: Name, fields: &[Name]) -> Option<Uid> {
    let read = flow.uids().find(|uid| {
        let key = match &flow.event(*uid).kind {
            EventKind::Act(act) if act.kind == ActKind::OpenRead => act.key.value,
            EventKind::Read(read) if !read.by_handle => read.key.value,
            _ => return false,
        };
        flow.store_of(*uid).is_some_and(|of| of.kind == StoreKind::File)
            && key.and_then(|key| field_of(flow, flow.frame_of(*uid), key)) == Some(path)
    })?;
    let entry = flow.tree.function(flow.entry);
    let set = |name: Name| fields.contains(&name);
    let set_at_making = entry.kind == FunctionKind::Constructor
        && entry.given.iter().any(|(_, field, value)| {
            set(*field) && !matches!(entry.value(*value).kind, ValueKind::Param(_))
        });
    let keeps = set_at_making
        || flow.uids().any(|uid| {
            let EventKind::Act(act) = &flow.event(uid).kind else { return false };
            match flow.place_of(flow.frame_of(uid), act.store) {
                AbsPlace::Path(place) => first_field(&place).is_some_and(set),
                _ => false,
            }
        });
    keeps.then_some(read)
}

fn told(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, pair: Pair) -> Option<Draft> {
    let target = flow.target(pair.act).filter(|target| !target.confined)?;
    let guarded = [pair.check, pair.act]
        .into_iter()
        .any(|uid| locks_at(flow, locking, uid).iter().any(|lock| lock.scope >= Reach::Host));
    let apart = own_or_tool(flow, &target, pair)
        || is_tool(flow)
        || in_one_turn(flow, pair)
        || alone_on_its_loop(flow, pair, &Other::Same).is_some()
        || locking.all_called_under(flow.entry, Reach::Host);
    if guarded || apart || !kept_for_others(flow, pair, false) {
        return None;
    }
    let value = Value::Derived { from: 0, own: true };
    let (when, lost) = (When::Always, Lost::Ignore);
    let ops = vec![
        Op { kind: OpKind::Observe { cell: 0, into: 0 }, site: pair.check },
        Op { kind: OpKind::Write { cell: 0, value, when, into: 1, lost }, site: pair.act },
    ];
    let label = flow.tree.function(flow.entry).qualified.as_str().to_owned();
    let program = Program { label, ops };
    let (cells, silent) = (vec![Domain::LIVE], vec![false, false]);
    let programs = vec![program.clone(), program];
    let scene = Scene { programs, cells, locks: 0, silent };
    let both_first =
        |steps: &[Seen]| steps.iter().take_while(|step| step.site != pair.act).count() > 1;
    let witness = seek_within(&scene, &flow.purse, &|steps, _| both_first(steps))?;
    Some(Draft {
        rule: 103,
        verdict: Verdict::Open,
        consequence: Consequence::LostUpdate,
        target,
        pair,
        witness: Some(*witness),
        other: Other::Same,
        why_shared: "each process keeps a copy of what the file held, and a lock alone does not \
                     renew it"
            .to_owned(),
        assumption: None,
        grip: Grip::None,
        guard: None,
    })
}
