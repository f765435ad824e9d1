//! One flow, all its targets: builds the scenes, explores them, and keeps the worst per store.

use super::alone::alone;
use super::doubts::doubts;
use super::draft::{closed_draft, draft};
use super::drawn::{is_put_under_drawn, writes_what_it_drew};
use super::immediate::writes_alone;
use super::in_flight::passes_a_mark;
use super::one_thread::on_one_thread;
use super::others::{CLEARS, only_run, others};
use super::refusal::refused_either_way;
use super::replaced::takes_what_was_replaced;
use super::targets::{guarded, targets};
use amorsize_facts::event::{
    ActKind, CheckKind, Conflict, EventKind, Lang, LockMode, Span, SqlVerb, StoreKind,
};
use amorsize_finding::{Consequence, Verdict};

use super::anew::{
    alternates, counts_back, decided_anew, gives_back, is_split, merged_anew, of_one_helper,
    spares_the_fresh, under_one_lock, watched,
};
use super::borne_out::{
    did_the_harm, hands_back_its_row, keeps_what_it_fetched, saw_the_last_word,
};
use super::consequence::{Harm, harm};
use super::evidence::asks_for_none;
use super::pattern::{Grip, LockAt, grip, locks_at};
use super::reach::{meets_own_thread, reached};
use super::sense::{is_claim, is_the_one, memo};
use super::set_by_callers::is_set_by_callers;
use super::through::through_losses;
use super::variants::{VARIANTS_MAX, callers_hold};
use super::way_out::done_anyway;
use crate::explore::{
    Domain, End, Mode, Program, Purse, Scene, Verdict as Explored, Witness, interleave_for,
};
use crate::flow::{AbsRoot, Flow, FrameId, Uid};
use crate::held::Locking;
use crate::mutators::Mutators;
use crate::shared::{Sharing, counts_for_callers, sharing};
use crate::slice::{AbsPlace, Day, Locks, Pair, Slice, Target, cleans_up, compile, compile_on};

/// States visited for the inserts of one table.
const KEYED_STATES_MAX: usize = 100_000;
/// States that may be visited for each target, whatever the others took.
const TARGET_STATES_LEAST: usize = 8_000;

/// Who takes part besides the function itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// The same function once more.
    Same,
    /// Another function of the tree.
    Mutator {
        label: String,
        path: String,
        line: u32,
        bare: bool,
        both: bool,
        /// What it does step by step, where it does more than one thing.
        steps: Vec<Party>,
    },
    /// The same call with the coin on its other side.
    Coin,
    /// Somebody outside the tree.
    Outside(&'static str),
}

impl Other {
    /// Another function that does one thing to the store.
    pub(super) fn mutator(label: String, path: &str, line: u32, bare: bool) -> Self {
        let path = path.to_owned();
        Self::Mutator { label, path, line, bare, both: false, steps: Vec::new() }
    }
}

/// One step of the other party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    pub file: u32,
    pub span: Span,
}

/// What will become a finding.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub rule: u16,
    pub verdict: Verdict,
    pub consequence: Consequence,
    pub target: Target,
    pub pair: Pair,
    pub witness: Option<Witness>,
    pub other: Other,
    pub why_shared: String,
    pub assumption: Option<String>,
    pub grip: Grip,
    pub guard: Option<LockAt>,
}

/// Judges every target of a flow.
pub(crate) fn judge(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mutators: &Mutators<'_>,
) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for target in targets(flow) {
        let guarded = guarded(flow, mutators, &target);
        // A plain variable is meant to be shared only where it is changed under a lock.
        let plain =
            target.kind == StoreKind::Cell && !guarded.here && !counts_for_callers(flow, &target);
        if plain && !is_module_wide(&target) && !flow.tree.function(flow.entry).is_async {
            continue;
        }
        let sharing = reached(flow, (locking, mutators), &target, sharing(flow, &target, guarded));
        if sharing == Sharing::No {
            continue;
        }
        // One store must not eat up what is due to the next.
        flow.purse.left.set(flow.purse.left.get().max(TARGET_STATES_LEAST));
        // Nor is a variable of the module, unless the one object that is made for it matters.
        let drafted = one(flow, locking, mutators, &target, &sharing)
            .filter(|draft| !plain || makes_the_one(flow, draft));
        if let Some(draft) = drafted {
            let alarms = draft.verdict != Verdict::Closed;
            drafts.push(draft);
            if alarms {
                drafts.extend(closed_by_key(flow, locking, &target));
            }
        }
    }
    drafts
}

/// Whether a plain variable belongs to the module or a class, hence to everybody.
fn is_module_wide(target: &Target) -> bool {
    matches!(&target.place, AbsPlace::Path(path)
        if matches!(path.root, AbsRoot::Global(..)) && path.steps.is_empty()
            || matches!(path.root, AbsRoot::Class(_)) && path.steps.len() == 1)
}

/// Whether a draft is that of a variable which is filled at its first use with something that
/// there must be one of.
fn makes_the_one(flow: &Flow<'_, '_>, draft: &Draft) -> bool {
    let asks = match &flow.event(draft.pair.check).kind {
        EventKind::Check(check) => check.what == CheckKind::Presence,
        EventKind::Read(_) => true,
        _ => false,
    };
    let fills = matches!(&flow.event(draft.pair.act).kind, EventKind::Act(act)
        if matches!(act.kind, ActKind::Insert | ActKind::Create | ActKind::Update));
    asks && fills
        && !draft.pair.data
        && !matches!(draft.consequence, Consequence::DuplicateWork | Consequence::StaleAnswer)
        && is_the_one(flow, &draft.target, draft.pair.act)
}

/// The inserts of a table that its key decides: of two that saw nothing, one fails and says so.
fn closed_by_key(flow: &Flow<'_, '_>, locking: &Locking<'_, '_>, target: &Target) -> Vec<Draft> {
    if !matches!(target.kind, StoreKind::Sql) || target.size {
        return Vec::new();
    }
    let mut found: Vec<Draft> = Vec::new();
    let mut refuted: Vec<Uid> = Vec::new();
    // What the explorations before have spent must not leave this one without an answer.
    let purse = Purse::of(KEYED_STATES_MAX);
    for variant in 0..VARIANTS_MAX {
        let mut locks = Locks::default();
        // How many there are and what goes for that is another question.
        let untidy = Day { untidy: true, ..Day::default() };
        let Some(slice) = compile_on(flow, target, &mut locks, (variant, untidy), &[]) else {
            break;
        };
        for pair in slice.pairs.iter().copied().filter(|pair| is_own(flow, *pair)) {
            if !is_keyed_insert(flow, pair.act) || refuted.contains(&pair.act) {
                continue;
            }
            let scene = Scene {
                programs: vec![slice.program.clone(), slice.program.clone()],
                cells: vec![Domain::ABSENT],
                locks: locks.0.len(),
                silent: vec![false, false],
            };
            // Who is refused and says so has lost truthfully; that is no harm.
            let worth = |witness: &Witness| {
                harm(witness, &scene.programs, slice.unknown_value)
                    .is_some_and(|harm| harm.consequence != Consequence::WrongAnswer)
                    && witness.steps.iter().any(|step| step.site == pair.act)
            };
            if interleave_for(&scene, &purse, &worth) != Explored::Serial {
                refuted.push(pair.act);
                found.retain(|draft| draft.pair.act != pair.act);
            } else if !found.iter().any(|known| known.pair.act == pair.act) {
                found.push(closed_draft(flow, locking, target, (pair, None)));
            }
        }
        if variant + 1 >= (1 << slice.choices) {
            break;
        }
    }
    flow.purse.schedules.set(flow.purse.schedules.get() + purse.schedules.get());
    found
}

fn is_keyed_insert(flow: &Flow<'_, '_>, uid: Uid) -> bool {
    let EventKind::Act(act) = &flow.event(uid).kind else { return false };
    act.sql.as_ref().is_some_and(|sql| {
        sql.verb == SqlVerb::Insert && matches!(sql.conflict, Some(Conflict::Error) | None)
    })
}

/// A witness, and what it shows.
pub(super) struct Found {
    /// Whether it hangs on nothing.
    pub sure: bool,
    /// The two are shown to run at the same time.
    pub met: bool,
    pub witness: Witness,
    pub harm: Harm,
    pub other: Other,
    pub pair: Pair,
    /// The act computes what it writes from a later look than the check.
    pub recomputed: bool,
    /// The act merges what it writes with what it looks up under its own lock.
    pub anew: bool,
    /// What is overwritten is what a caller said was to be there.
    pub set: bool,
}

fn one(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    mutators: &Mutators<'_>,
    target: &Target,
    sharing: &Sharing,
) -> Option<Draft> {
    let held = callers_hold(flow, locking, target);
    let (mut best, mut tidied, mut cleared): (Option<Found>, Option<Found>, Option<Found>) =
        (None, None, None);
    let mut closed: Option<(Slice, Locks)> = None;
    let mut bounded = false;
    let mut variant = 0;
    loop {
        let mut locks = Locks::default();
        let slice = compile(flow, target, &mut locks, variant, &held)?;
        let choices = slice.choices;
        if slice.pairs.iter().any(|pair| is_own(flow, *pair)) {
            // What a clean-up does to its own entries is told of the clean-up; it must not hide
            // what is done to the rest.
            let tidy = |frame: u32| !target.size && frame != 0 && cleans_up(flow, frame);
            let by_tidying = |found: &Found| {
                let within = |uid: Uid| flow.chain(uid).into_iter().any(tidy);
                let evicts = |step: &crate::explore::Step| {
                    let own = step.thread == 0 || found.other == Other::Same;
                    own && step.result.ends_with("in force") && within(step.site)
                };
                within(found.pair.act) || found.witness.steps.iter().any(evicts)
            };
            match explore(flow, (locking, mutators), target, (&slice, &slice.program), &mut locks) {
                (Some(found), _) => {
                    let kept = if found.other == Other::Outside(CLEARS) {
                        &mut cleared
                    } else if by_tidying(&found) {
                        &mut tidied
                    } else {
                        &mut best
                    };
                    if better(kept.as_ref(), &found) {
                        *kept = Some(found);
                    }
                }
                (None, cut) => bounded |= cut,
            }
            let untidy = Day { untidy: true, ..Day::default() };
            let tidies = (1_u32..).zip(&flow.frames[1..]).any(|(frame, _)| tidy(frame));
            if best.is_none()
                && tidies
                && let Some(rest) = compile_on(flow, target, &mut locks, (variant, untidy), &held)
            {
                let mut against = |twin: &Program| {
                    explore(flow, (locking, mutators), target, (&rest, twin), &mut locks)
                        .0
                        .filter(|found| found.other != Other::Outside(CLEARS))
                };
                best = against(&rest.program)
                    .or_else(|| against(&slice.program).filter(|found| !by_tidying(found)));
            }
            closed.get_or_insert((slice, locks));
        }
        variant += 1;
        if variant >= (1 << choices) || variant >= VARIANTS_MAX {
            break;
        }
    }
    let (slice, _) = closed?;
    match best.or(tidied).or(cleared) {
        Some(found) => draft(flow, (locking, mutators), target, sharing, found),
        // Not seen is not the same as not there.
        None if !bounded => guarded_one(flow, locking, target, &slice),
        None => None,
    }
}

/// What keeps a pair from a witness.
fn guarded_one(
    flow: &Flow<'_, '_>,
    locking: &Locking<'_, '_>,
    target: &Target,
    slice: &Slice,
) -> Option<Draft> {
    let pair = slice.pairs.iter().copied().find(|pair| is_own(flow, *pair))?;
    let at_check = locks_at(flow, locking, pair.check);
    let at_act = locks_at(flow, locking, pair.act);
    let guard = match grip(&at_check, &at_act) {
        Grip::Whole(lock) => Some(lock),
        _ => at_act.first().cloned(),
    };
    // What is only read, and nobody takes away, is no site.
    if guard.is_none() && !matches!(flow.event(pair.act).kind, EventKind::Act(_)) {
        return None;
    }
    Some(closed_draft(flow, locking, target, (pair, guard)))
}

pub(super) const fn mode(mode: LockMode) -> Mode {
    if matches!(mode, LockMode::Shared) { Mode::Read } else { Mode::Write }
}

fn rank(consequence: Consequence) -> u8 {
    match consequence {
        Consequence::DuplicateWork => 0,
        Consequence::WrongAnswer | Consequence::StaleAnswer => 1,
        Consequence::Crash => 2,
        _ => 3,
    }
}

fn better(best: Option<&Found>, found: &Found) -> bool {
    best.is_none_or(|best| {
        let weight = |found: &Found| {
            let rank = rank(found.harm.consequence);
            let sure = (found.sure && rank > 0, found.sure && found.met);
            (sure, rank, !found.harm.answer_only, found.set)
        };
        weight(found) > weight(best)
    })
}

/// Whether a pair belongs to the entry, not to one of its helpers alone.
pub(super) fn is_own(flow: &Flow<'_, '_>, pair: Pair) -> bool {
    let mut frame = flow.common(pair.check, pair.act);
    // A closure that runs in place is part of the function it stands in.
    while let Some(lexical) = flow.frames[frame as usize].lexical {
        frame = lexical;
    }
    // So is one that a helper runs on each entry that it goes through.
    let given = |frame: FrameId| flow.frames[frame as usize].lexical == Some(0);
    let listed = || matches!(flow.event(pair.check).kind, EventKind::Enumerate(_));
    frame == 0 || listed() && flow.chain(pair.act).into_iter().any(given)
}

fn explore(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    (slice, twin): (&Slice, &Program),
    locks: &mut Locks,
) -> (Option<Found>, bool) {
    let mut best: Option<Found> = None;
    let mut bounded = false;
    for (program, other) in rivals(flow, (locking, mutators), target, (slice, twin), locks) {
        // Whoever clears a folder is told of where nobody in the tree is.
        if best.is_some() && other == Other::Outside(CLEARS) {
            continue;
        }
        let scene = Scene {
            programs: vec![slice.program.clone(), program],
            cells: vec![slice.domain(target)],
            locks: locks.0.len(),
            silent: vec![false, other != Other::Same],
        };
        // What another pair did is told of where that one is.
        let told = |witness: &Witness| {
            harm(witness, &scene.programs, slice.unknown_value).is_none_or(|harm| {
                shown((flow, locking), target, (witness, harm), (slice, &other)).is_some()
            })
        };
        let python = flow.tree.file(flow.entry).lang == Lang::Python;
        let worth = |witness: &Witness| {
            let cannot_be = || {
                hands_back_its_row(flow, target, witness)
                    || passes_a_mark((flow, locking), target, (&other, witness))
            };
            (!python || !cannot_be()) && told(witness)
        };
        match through_losses((flow, locking), target, &scene, (slice, &other), &worth) {
            Explored::Witness(witness) => {
                let harmed = harm(&witness, &scene.programs, slice.unknown_value)
                    .or_else(|| vanished(target, &witness))
                    .or_else(|| refused(target, &witness));
                let Some(mut harm) = harmed else { continue };
                if target.size {
                    harm.consequence = Consequence::LimitExceeded;
                }
                let shown = shown((flow, locking), target, (&witness, harm), (slice, &other));
                let Some(pair) = shown else { continue };
                if !alternates(&witness)
                    || gives_back(&witness)
                    || nobody_loses(flow, target, pair, (harm.consequence, &other), &witness)
                    || python && saw_the_last_word(&witness, pair)
                    || counts_back(flow, pair)
                    || watched(flow, target, pair.act)
                    || spares_the_fresh(flow, pair.act)
                    || asks_for_none(flow, target, pair)
                    || decided_anew(flow, locking, target, (slice, pair), &other)
                {
                    continue;
                }
                harm.consequence = made_twice(flow, target, pair, (harm.consequence, &other));
                let later = |p: &Pair| p.data && p.act == pair.act && p.check > pair.check;
                let recomputed = !pair.data && slice.pairs.iter().any(later);
                let anew = merged_anew(flow, locking, target, (slice, pair), harm.consequence);
                let set = is_set_by_callers(flow, (locking, mutators), target, &other)
                    && harm.consequence == Consequence::LostUpdate;
                let (sure, met, witness) = (false, false, *witness);
                let found = Found { sure, met, witness, harm, other, pair, recomputed, anew, set };
                let found = weighed(flow, (locking, mutators), target, found);
                if better(best.as_ref(), &found) {
                    best = Some(found);
                }
            }
            Explored::Bounded => bounded = true,
            Explored::Serial => {}
        }
    }
    (best, bounded)
}

/// Who may come in between: another run of the same, and whoever else changes the store.
fn rivals(
    flow: &Flow<'_, '_>,
    known: (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    (slice, twin): (&Slice, &Program),
    locks: &mut Locks,
) -> Vec<(Program, Other)> {
    let twice = only_run(flow, known, target).is_none();
    let mut rivals: Vec<_> = twice.then(|| (twin.clone(), Other::Same)).into_iter().collect();
    if !target.size {
        rivals.extend(others(flow, known, target, slice, locks));
    }
    rivals
}

/// What was found, with how sure it is.
fn weighed(
    flow: &Flow<'_, '_>,
    (locking, mutators): (&Locking<'_, '_>, &Mutators<'_>),
    target: &Target,
    mut found: Found,
) -> Found {
    found.met = meets_own_thread(flow, target, &found.other);
    // Two who keep the same result are no match for one who takes it away under somebody's hands.
    if flow.tree.file(flow.entry).lang == Lang::Python && memo(flow, target, &found) {
        found.harm.consequence = Consequence::DuplicateWork;
    }
    // What the method itself does to a second caller is told before what another method may do to it.
    found.sure = doubts(flow, target, &found).is_none()
        && alone(flow, locking, target, &found).is_none()
        && on_one_thread(flow, (locking, mutators), target, &found).is_none();
    found
}

/// Whether the other party waits for the end of the transaction, or is refused as it would be anyway.
fn nobody_loses(
    flow: &Flow<'_, '_>,
    target: &Target,
    pair: Pair,
    (consequence, other): (Consequence, &Other),
    witness: &Witness,
) -> bool {
    let against = matches!(other, Other::Mutator { .. });
    writes_alone(flow, target, pair, other)
        || refused_either_way(flow, pair, consequence, witness)
        || against && is_put_under_drawn(flow, pair)
}

/// What it amounts to that two make what there is to be one of, or put in place what each of them fetched.
fn made_twice(
    flow: &Flow<'_, '_>,
    target: &Target,
    pair: Pair,
    (mut consequence, other): (Consequence, &Other),
) -> Consequence {
    if consequence == Consequence::DuplicateWork
        && !pair.data
        && (is_the_one(flow, target, pair.act)
            || is_claim(flow, target, pair)
            || target.kind == StoreKind::File && writes_what_it_drew(flow, pair))
    {
        consequence = Consequence::DoubleWin;
    }
    let both = consequence == Consequence::DoubleWin && *other == Other::Same;
    if both && keeps_what_it_fetched(flow, target, pair) {
        return Consequence::DuplicateWork;
    }
    consequence
}

/// A file that was seen has gone when it is opened, and the caller is told what no order of calls
/// tells.
fn vanished(target: &Target, witness: &Witness) -> Option<Harm> {
    let mut own = witness.steps.iter().filter(|step| step.thread == 0);
    let seen = own.any(|step| step.result.starts_with("sees") && step.result != "sees nothing");
    let gone = own.any(|step| matches!(step.result.as_str(), "fails, handled" | "sees nothing"));
    (target.kind == StoreKind::File && seen && gone)
        .then_some(Harm { consequence: Consequence::WrongAnswer, answer_only: true })
}

/// Somebody else was faster, and the handler makes a failure of it, although what was wanted is
/// there: no order of calls fails.
fn refused(target: &Target, witness: &Witness) -> Option<Harm> {
    let failed = |thread: usize| {
        let mut own = witness.steps.iter().filter(|step| usize::from(step.thread) == thread);
        own.any(|step| step.result == "fails, handled")
            && own.any(|step| step.result.starts_with("raises"))
            && matches!(witness.outcome.ends.get(thread), Some(End::Raised(_)))
    };
    (target.kind == StoreKind::File && (0..2).any(failed))
        .then_some(Harm { consequence: Consequence::Crash, answer_only: false })
}

/// The pair that the witness runs through.
pub(super) fn shown(
    (flow, locking): (&Flow<'_, '_>, &Locking<'_, '_>),
    target: &Target,
    (witness, harm): (&Witness, Harm),
    (slice, other): (&Slice, &Other),
) -> Option<Pair> {
    let threads: &[u8] = if *other == Other::Same { &[0, 1] } else { &[0] };
    let ran = |uid: Uid| {
        witness.steps.iter().any(|step| threads.contains(&step.thread) && step.site == uid)
    };
    // An opening whose failure is caught is told of only where nothing else is.
    let caught = |uid: Uid| {
        matches!(&flow.event(uid).kind, EventKind::Act(act) if act.kind == ActKind::OpenRead)
            && witness.steps.iter().any(|step| step.site == uid && step.result == "fails, handled")
    };
    // Where a fresh value is taken away in Go, it is told of what took it away.
    let go = flow.tree.file(flow.entry).lang == Lang::Go;
    let lost_by = |uid: Uid| {
        go && harm.consequence == Consequence::LostWrite
            && witness.steps.iter().any(|step| {
                threads.contains(&step.thread)
                    && step.site == uid
                    && step.result.starts_with("removes")
                    && step.result.ends_with("in force")
            })
    };
    slice
        .pairs
        .iter()
        .filter(|pair| is_own(flow, **pair) && ran(pair.act) && ran(pair.check))
        .filter(|pair| !of_one_helper(flow, target, **pair) && !done_anyway(flow, **pair))
        .filter(|pair| did_the_harm(flow, harm, witness, threads, **pair))
        .filter(|_| takes_what_was_replaced(other, harm, witness))
        .filter(|pair| {
            is_split(witness, threads, **pair)
                || !under_one_lock(flow, locking, target, (pair.check, pair.act))
        })
        .max_by_key(|pair| (!caught(pair.act), pair.data, lost_by(pair.act), pair.check))
        .copied()
}
