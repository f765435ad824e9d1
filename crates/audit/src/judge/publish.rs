//! Files that readers may meet half written: one temporary name for all writers, or no temporary
//! name at all.

use amorsize_facts::event::{
    Act, ActKind, Atomicity, Confidence, EventKind, Function, Lang, Name, Op as Operator, Scope,
    StoreKind, ValueId, ValueKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::agreed::under_agreement;
use super::at_home::of_one_process;
use super::doubts_of_files::in_one_turn;
use super::doubts_of_files::meets_itself;
use super::evidence::in_turn;
use super::explore::{Draft, Other};
use super::filled_folders::filled_folders;
use super::kept::{called_for_others, in_everybodys_cache, kept_for_others};
use super::one_loop::alone_on_its_loop;
use super::own_names::{names_itself, unique};
use super::pattern::{Grip, locks_at};
use super::readers::{Reader, Readers, by_helper, last_part, shape, spelled};
use super::sense::is_tool;
use super::taken_for_whole::taken_for_whole;
use super::variants::{Cut, callers_hold, seek_through};
use crate::explore::{Domain, LockId, Op, OpKind, Program, Scene, Step, Witness, seek_within};
use crate::flow::{AbsPath, AbsRoot, Flow, FrameId, Uid, build};
use crate::held::Locking;
use crate::link::FnId;
use crate::programs::is_a_program;
use crate::slice::{Day, Locks, Pair, Publishing, Target, compile_on};

/// Judges every file the entry writes.
pub(crate) fn published(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    readers: &Readers,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let lang = flow.tree.file(flow.entry).lang;
    for uid in flow.uids() {
        let EventKind::Act(act) = &flow.event(uid).kind else { continue };
        let writes = act.kind == ActKind::OpenWrite && act.atomicity != Atomicity::Exclusive;
        if !writes || flow.is_doubtful(uid) {
            continue;
        }
        let frame = flow.frame_of(uid);
        // The name is the entry's own, however many helpers it goes through.
        let Some((0, path)) = act.key.value.and_then(|value| origin(flow, frame, value)) else {
            continue;
        };
        if frame != 0
            && matches!(flow.tree.function(flow.entry).value(path).kind, ValueKind::Param(_))
        {
            continue;
        }
        let Some(target) = flow.target(uid) else { continue };
        if target.kind != StoreKind::File || target.confined {
            continue;
        }
        let renamed = renamed(flow, uid, act);
        let found = match renamed {
            Some((to, _)) if unique(flow, frame, &act.key) => {
                let _ = to;
                None
            }
            Some((rename, _)) => shared_name(flow, locking, &target, uid, rename),
            None if names_itself(flow, frame, &act.key) => None,
            None if is_given(flow.tree.function(flow.entry), path)
                && last_part(flow.tree.function(flow.entry), path).is_none()
                && (lang == Lang::Go
                    || by_helper(flow.tree.function(flow.entry), path, lang).is_none())
                && !meets_itself(flow) =>
            {
                taken_for_whole(flow, locking, &target, uid)
            }
            None => {
                let text = spelled(&act.key).filter(|_| frame == 0);
                let entry = flow.tree.function(flow.entry);
                let last = last_part(entry, path);
                let made = by_helper(entry, path, lang);
                let shapes = shape(entry, path).into_iter().chain(text).chain(last).chain(made);
                shapes
                    .into_iter()
                    .find_map(|form| in_place(flow, (locking, readers), &target, uid, form))
                    .or_else(|| taken_for_whole(flow, locking, &target, uid))
            }
        };
        drafts.extend(found);
    }
    drafts.extend(filled_folders(flow, locking));
    drafts
}

/// The rename that publishes what the event writes.
fn renamed(flow: &Flow<'_, '_>, write: Uid, act: &Act) -> Option<(Uid, ())> {
    let keys = flow.keys_of(flow.frame_of(write), &act.key);
    (write + 1..u32::try_from(flow.events.len()).unwrap_or(0)).find_map(|uid| {
        let EventKind::Act(later) = &flow.event(uid).kind else { return None };
        let same =
            flow.keys_of(flow.frame_of(uid), &later.key).iter().any(|key| keys.contains(key));
        (later.kind == ActKind::Rename && same).then_some((uid, ()))
    })
}

/// The frame in which a value is made, up through the arguments, and the value there.
fn origin(flow: &Flow<'_, '_>, frame: FrameId, value: ValueId) -> Option<(FrameId, ValueId)> {
    let (mut frame, mut value) = (frame, value);
    for _ in 0..8 {
        let activation = &flow.frames[frame as usize];
        let n = match &flow.tree.function(activation.func).value(value).kind {
            ValueKind::Param(n) => *n,
            ValueKind::Op(Operator::Convert, parts) if frame != 0 => {
                value = *parts.first()?;
                continue;
            }
            ValueKind::Phi(parts) if frame != 0 => {
                value = *parts.first()?;
                continue;
            }
            _ => break,
        };
        if activation.parent.is_none() {
            break;
        }
        let arg = activation.args.get(usize::from(n))?.as_ref()?;
        (frame, value) = (arg.frame, arg.value?);
    }
    Some((frame, value))
}

/// Two writers with one temporary name: what one has written half the other publishes, or one finds
/// that the other has moved its file away.
fn shared_name(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    open: Uid,
    rename: Uid,
) -> Option<Draft> {
    let at_rename = locks_at(flow, locking, rename);
    let guarded = locks_at(flow, locking, open).iter().any(|lock| {
        lock.scope >= target.scope && at_rename.iter().any(|other| other.taken == lock.taken)
    });
    if guarded {
        return None;
    }
    let held = callers_hold(flow, locking, target);
    let publishing = Some(Publishing { write: open, rename: Some(rename) });
    let cut = Cut { target, day: Day { publishing, ..Day::default() }, held: &held };
    let torn = |steps: &[Step]| {
        steps.iter().any(|step| step.site == rename && step.result == "publishes half a value")
    };
    let moved_away = |steps: &[Step]| {
        let mut written = None;
        let mut moved = false;
        steps.iter().any(|step| {
            written = written.or((step.site == open).then_some(step.thread));
            let own = written == Some(step.thread);
            moved |= !own && step.site == rename && step.result.starts_with("publishes");
            own && moved && step.site == rename && step.result.starts_with("fails")
        })
    };
    let seek = |wanted: &dyn Fn(&[Step]) -> bool| {
        seek_through(flow, &cut, &mut |slice, locks| {
            let scene = Scene {
                programs: vec![slice.program.clone(), slice.program.clone()],
                cells: vec![Domain::ABSENT, Domain::PLAIN],
                locks: locks.0.len(),
                silent: vec![false, false],
            };
            seek_within(&scene, &flow.purse, &|steps, _| wanted(steps)).map(|found| *found)
        })
    };
    let witness = seek(&torn).or_else(|| seek(&moved_away))?;
    Some(draft(
        (flow, locking),
        target,
        Pair { check: open, act: rename, data: false },
        (witness, Other::Same),
    ))
}

/// A writer in place, and a reader of the same module.
fn in_place(
    flow: &Flow<'_, '_>,
    (locking, readers): (&Locking<'_, '_>, &Readers),
    target: &Target,
    open: Uid,
    shape: String,
) -> Option<Draft> {
    let function = flow.tree.function(flow.entry);
    let file = flow.tree.file(flow.entry);
    let go = file.lang == Lang::Go;
    if go && ["New", "new"].iter().any(|word| function.name.as_str().starts_with(word)) {
        // Nobody reads yet what the object is made from.
        return None;
    }
    let around = format!("{} {} {shape}", file.path, function.qualified).to_ascii_lowercase();
    let in_go = ["keyring", "keystore", "metadata", "snapshot"];
    let kept = remembers(&around) || go && in_go.iter().any(|word| around.contains(word));
    if !kept && !meets_itself(flow) {
        return None;
    }
    let known = readers.of_form(flow.entry.file, shape)?;
    // What is not kept by its name is met by requests only.
    let met = |reader: &&Reader| kept || flow.tree.served().meets(reader.id);
    let elsewhere = known.iter().filter(met).find(|reader| reader.id != flow.entry);
    // Where nobody else reads it, another run of the same function may: `load, or make and keep`.
    let written = flow.place(open, 0).map(|at| flow.event(at).span.line);
    let apart =
        known.iter().filter(met).find(|reader| reader.opens && Some(reader.line) != written);
    let Reader { id: reader, line, .. } = *elsewhere.or(apart)?;
    let label = flow.tree.function(reader).qualified.as_str().to_owned();
    let held = callers_hold(flow, locking, target);
    let publishing = Some(Publishing { write: open, rename: None });
    let cut = Cut { target, day: Day { publishing, ..Day::default() }, held: &held };
    let witness = seek_through(flow, &cut, &mut |slice, locks| {
        let reads = read_by(flow, locking, (reader, line), locks);
        let scene = Scene {
            programs: vec![slice.program.clone(), reads.unwrap_or_else(looks_once)],
            cells: vec![Domain::PLAIN],
            locks: locks.0.len(),
            silent: vec![false, false],
        };
        let found = seek_within(&scene, &flow.purse, &|steps, _| {
            steps.iter().any(|step| step.thread == 1 && step.result == "sees half a value")
        });
        found.map(|found| *found)
    })?;
    let other = Other::mutator(label, &file.path, line, true);
    let pair = Pair { check: open, act: open, data: false };
    let mut draft = draft((flow, locking), target, pair, (witness, other));
    if draft.assumption.is_none() && Reader::none_stumbles(known) {
        draft.verdict = Verdict::Conditional;
        draft.assumption =
            Some("what is not there to a reader costs more than making it again".to_owned());
    }
    Some(draft)
}

/// The reader as it stands, with the locks it takes.
fn read_by(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    (reader, line): (FnId, u32),
    locks: &mut Locks,
) -> Option<Program> {
    let class = flow.tree.class_of(reader);
    let theirs = build(flow.tree, flow.touching, reader, class);
    let look = theirs.uids().find(|uid| {
        let event = theirs.event(*uid);
        let reads = matches!(&event.kind, EventKind::Read(_))
            || matches!(&event.kind, EventKind::Act(act) if act.kind == ActKind::OpenRead);
        // A helper that reads does so where it is called.
        let here = theirs.place(*uid, 0).map(|at| theirs.event(at).span.line);
        reads && (event.span.line == line && theirs.frame_of(*uid) == 0 || here == Some(line))
    })?;
    let target = theirs.target(look)?;
    let held = callers_hold(&theirs, locking, &target);
    let mut own = Locks::default();
    let day = Day::default();
    let slice = compile_on(&theirs, &target, &mut own, (0, day), &held)?;
    if !slice.program.ops.iter().any(|op| op.site == look) {
        return None;
    }
    // The same words may mean the lock of another object.
    let ids: Vec<LockId> = own
        .0
        .iter()
        .map(|path| {
            let another = path.root == AbsRoot::Receiver && class != flow.class;
            let root = AbsRoot::External(Name::new("the lock of another object"));
            let other = AbsPath { root, steps: path.steps.clone() };
            locks.id(if another { &other } else { path })
        })
        .collect();
    let mut program = slice.program;
    for op in &mut program.ops {
        op.site = u32::MAX;
        if let OpKind::Acquire { lock, .. } | OpKind::Release { lock } = &mut op.kind {
            *lock = ids.get(usize::from(*lock)).copied().unwrap_or(*lock);
        }
    }
    Some(program)
}

/// A reader of whom no more is known than that it reads.
pub(super) fn looks_once() -> Program {
    let kind = OpKind::Observe { cell: 0, into: 0 };
    Program { label: String::new(), ops: vec![Op { kind, site: u32::MAX }] }
}

/// Whether the whole path is the caller's: who reads it cannot be told from here.
pub(super) fn is_given(function: &Function, path: ValueId) -> bool {
    let mut todo: Vec<ValueId> = vec![path];
    let mut given = false;
    let mut left = 16;
    while let Some(value) = todo.pop() {
        left -= 1;
        let kind = &function.value(value).kind;
        match kind {
            ValueKind::Param(_) => given = true,
            ValueKind::Named(_) => {}
            ValueKind::Result(..) | ValueKind::New(..) | ValueKind::Op(..) if left > 0 => {
                todo.extend(kind.inputs());
            }
            _ => return false,
        }
    }
    given
}

/// Whether the words around say that the file is kept for others to read.
fn remembers(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "cache",
        "store",
        "storage",
        "index",
        "token",
        "session",
        "state",
        "lock",
        "persist",
        "memo",
        "registry",
        "manifest",
        "cookie",
        "credential",
        "checkpoint",
        "journal",
        "history",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// What must hold for anybody to meet what is half written.
fn alone(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    pair: Pair,
    other: &Other,
) -> Option<String> {
    if flow.tree.file(flow.entry).lang == Lang::Go {
        // A server of Go keeps many a file that it alone writes, and reads when it starts; a package that others
        // import is used by who knows whom.
        let locked = !locks_at(flow, locking, pair.act).is_empty();
        let doubtful =
            locked || *other != Other::Same || is_a_program(flow.tree) || in_turn(flow, locking);
        let met =
            kept_for_others(flow, pair, locked) || !locked && called_for_others(flow, locking);
        let for_one = is_tool(flow) || doubtful && !met;
        return for_one
            .then(|| "somebody reads or writes the file at the same time".to_owned())
            .or_else(|| of_one_process(flow, locking));
    }
    if locking.all_called_under(flow.entry, Scope::Host) {
        return Some("somebody calls it without the lock that its callers hold".to_owned());
    }
    if *other != Other::Same && !meets_itself(flow) && !kept_for_others(flow, pair, false) {
        return Some("another process works on the same path".to_owned());
    }
    if is_tool(flow) && !in_everybodys_cache(flow, pair) {
        return Some("two runs of this tool work on the same files at the same time".to_owned());
    }
    if in_one_turn(flow, pair) {
        return Some("another process than the one of the reactor works on the file".to_owned());
    }
    if let Some(why) = alone_on_its_loop(flow, pair, other) {
        return Some(why.to_owned());
    }
    let guessed = matches!(&flow.event(pair.check).kind, EventKind::Act(act)
        if act.confidence == Confidence::Guess);
    if guessed {
        return Some("what opens the file writes it in place".to_owned());
    }
    under_agreement(flow, locking, pair.act)
}

pub(super) fn draft(
    (flow, locking): (&Flow<'_, '_>, &Locking<'_, '_>),
    target: &Target,
    pair: Pair,
    (witness, other): (Witness, Other),
) -> Draft {
    let assumption = alone(flow, locking, pair, &other);
    Draft {
        rule: 143,
        verdict: if assumption.is_some() { Verdict::Conditional } else { Verdict::Open },
        consequence: Consequence::TornData,
        target: target.clone(),
        pair,
        witness: Some(witness),
        other,
        why_shared: "files are shared by all processes".to_owned(),
        assumption,
        grip: Grip::None,
        guard: None,
    }
}
