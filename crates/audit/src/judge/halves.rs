//! A handle and a path: what is open is one file, and its name may stand for another by now.

use amorsize_facts::event::{Act, ActKind, EventKind, Lang, StoreKind};
use amorsize_finding::{Consequence, Verdict};

use super::explore::{Draft, Other};
use super::outside::outside_writer;
use super::own_names::names_itself;
use super::pattern::Grip;
use super::variants::{Cut, seek_through};
use crate::explore::{Domain, Program, Scene, seek_within};
use crate::flow::{Flow, Item, Uid};
use crate::shared::{Guarded, Sharing, sharing};
use crate::slice::{Day, Locks, Pair, Target};

/// Judges the pairs of steps of the entry that others get between.
pub(crate) fn halves(flow: &Flow<'_, '_>) -> Vec<Draft> {
    let all = flow.uids();
    let own: Vec<(Uid, &EventKind)> = all
        .filter(|uid| flow.frame_of(*uid) == 0)
        .map(|uid| (uid, &flow.event(uid).kind))
        .collect();
    let mut drafts = Vec::new();
    for (at, (first, kind)) in own.iter().enumerate() {
        let EventKind::Act(act) = kind else { continue };
        let later = &own[at + 1..];
        drafts.extend(by_path(flow, (*first, act), later));
    }
    drafts
}

/// Whether two events are about one entry.
fn same_entry(flow: &Flow<'_, '_>, a: &Act, b: &EventKind) -> bool {
    let Some((_, Some(key))) = b.target() else { return false };
    let ours = flow.keys_of(0, &a.key);
    flow.keys_of(0, key).iter().any(|key| ours.contains(key))
}

fn shared(flow: &Flow<'_, '_>, uid: Uid) -> Option<Target> {
    let target = flow.target(uid)?;
    let alone = target.confined || sharing(flow, &target, Guarded::default()) == Sharing::No;
    (!alone).then_some(target)
}

/// A file that is open, and is then asked for or changed by its name.
fn by_path(
    flow: &Flow<'_, '_>,
    (first, act): (Uid, &Act),
    later: &[(Uid, &EventKind)],
) -> Option<Draft> {
    let opens = matches!(act.kind, ActKind::OpenRead | ActKind::OpenWrite);
    if !opens || act.by_handle || names_itself(flow, 0, &act.key) {
        return None;
    }
    let target = shared(flow, first).filter(|target| target.kind == StoreKind::File)?;
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    let (second, _) = later
        .iter()
        .take_while(|(_, kind)| {
            // In Go the handle is taken for open as long as nothing went through it.
            !go || !matches!(kind, EventKind::Act(then) if then.by_handle)
        })
        .find(|(uid, kind)| {
            let names = match kind {
                EventKind::Read(read) => !read.by_handle && read.sql.is_none(),
                EventKind::Act(then) => {
                    then.kind == ActKind::Update && !then.by_handle && then.value.is_none()
                }
                _ => false,
            };
            names && same_entry(flow, act, kind) && (go || is_open(&flow.items, first, *uid))
        })?;
    let cut = Cut { target: &target, day: Day::default(), held: &[] };
    let witness = seek_through(flow, &cut, &mut |slice, locks| {
        let other = outside_writer();
        let found =
            seek_within(&scene(slice.program.clone(), other, locks), &flow.purse, &|steps, _| {
                let at = |thread: u8, site: Option<Uid>| {
                    steps.iter().position(|step| {
                        step.thread == thread && site.is_none_or(|site| step.site == site)
                    })
                };
                let found = (at(0, Some(first)), at(1, None), at(0, Some(*second)));
                matches!(found, (Some(a), Some(b), Some(c)) if a < b && b < c)
            });
        found.map(|found| *found)
    })?;
    let pair = Pair { check: first, act: *second, data: false };
    let other = Other::Outside("puts another file in its place");
    Some(Draft {
        rule: 142,
        verdict: Verdict::Conditional,
        consequence: Consequence::WrongAnswer,
        target,
        pair,
        witness: Some(witness),
        other,
        why_shared: String::new(),
        assumption: Some("another process replaces the file while it is open".to_owned()),
        grip: Grip::None,
        guard: None,
    })
}

/// Whether `inner` happens within the region that keeps open what `first` opened.
fn is_open(items: &[Item<'_>], first: Uid, inner: Uid) -> bool {
    let any = |items: &[Item<'_>], uid| items.iter().any(|item| super::coin::holds(item, uid));
    items.iter().any(|item| match item {
        Item::With(region) => {
            any(&region.enter, first) && any(&region.body, inner)
                || is_open(&region.body, first, inner)
        }
        Item::Try(attempt) => {
            is_open(&attempt.body, first, inner)
                || is_open(&attempt.finally, first, inner)
                || attempt.handlers.iter().any(|handler| is_open(&handler.body, first, inner))
        }
        Item::Branch(fork) => {
            is_open(&fork.then, first, inner) || is_open(&fork.other, first, inner)
        }
        Item::Loop(round) => is_open(&round.body, first, inner),
        Item::Within(items) => is_open(items, first, inner),
        Item::Call(_) | Item::Event(_) | Item::Unlock(..) => false,
    })
}

fn scene(program: Program, other: Program, locks: &Locks) -> Scene {
    Scene {
        programs: vec![program, other],
        cells: vec![Domain::PLAIN],
        locks: locks.0.len(),
        silent: vec![false, true],
    }
}
