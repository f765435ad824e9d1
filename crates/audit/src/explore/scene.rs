//! What is explored and what is found: every start of a scene, by rising number of preemptions.

use rustc_hash::FxHashSet;

use super::machine::{Cell, End, Outcome, Step};
use super::program::{Domain, Program};
use super::search::{ROUNDS_MAX, Search, Visited};
use super::term::Terms;

/// States visited before the search gives up and says so.
const STATES_MAX: usize = 60_000;
/// Steps of a schedule from which on a shorter one is looked for.
const LONG: usize = 24;
/// The same where that is done.
const SHORTER_MAX: usize = 20_000;
/// The same where a start may be shown to have nothing to tell.
const QUIET_MAX: usize = 10_000;
/// What a state counts that was visited for that.
const QUIET_COST: usize = 3;
/// The same where a particular execution is looked for.
const SOUGHT_MAX: usize = 8_000;
/// Preemptions tried; two participants of a check and an act need two.
const PREEMPTIONS_MAX: u8 = 4;

/// What is explored: the participants and what they share.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Two or three participants.
    pub programs: Vec<Program>,
    /// The states each cell may start in.
    pub cells: Vec<Domain>,
    /// How many locks there are.
    pub locks: usize,
    /// Ends of these participants do not count: they are weather, not callers.
    pub silent: Vec<bool>,
}

/// An execution whose outcome no one-after-the-other order gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What the cells held at first.
    pub start: Vec<Cell>,
    /// The schedule.
    pub steps: Vec<Step>,
    /// How it ended.
    pub outcome: Outcome,
    /// The answers and cells in words, for the reader.
    pub summary: Vec<String>,
    /// How the nearest one-after-the-other order would have ended, in words.
    pub serial: Vec<String>,
    /// What everybody would have answered in it.
    pub serial_ends: Vec<End>,
    /// Whether a participant's write is nowhere in the result although nobody overwrote it after
    /// seeing it.
    pub lost: Vec<bool>,
}

/// What the search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An outcome no serial order gives.
    Witness(Box<Witness>),
    /// Every interleaving equals some serial order.
    Serial,
    /// The search stopped at its bound without a witness.
    Bounded,
}

/// The two sides of a coin, from the same state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    /// What the cells held.
    pub start: Vec<Cell>,
    /// The run in which the coin said yes.
    pub heads: Vec<Step>,
    /// The run in which the coin said no.
    pub tails: Vec<Step>,
}

/// What explorations may still cost, and what they have done so far.
#[derive(Debug)]
pub(crate) struct Purse {
    /// States that may still be visited.
    pub left: std::cell::Cell<usize>,
    /// Executions that were run to their end.
    pub schedules: std::cell::Cell<u64>,
}

impl Purse {
    pub(crate) const fn of(states: usize) -> Self {
        Self { left: std::cell::Cell::new(states), schedules: std::cell::Cell::new(0) }
    }

    fn pay(&self, search: &mut Search<'_>) {
        self.left.set(self.left.get().saturating_sub(search.states + 1));
        self.schedules.set(self.schedules.get() + std::mem::take(&mut search.schedules));
    }
}

/// Runs all interleavings of the scene from every initial state.
#[must_use]
pub fn interleave(scene: &Scene) -> Verdict {
    interleave_within(scene, &Purse::of(usize::MAX))
}

/// The same, as long as states are left; what is visited is taken off.
pub(crate) fn interleave_within(scene: &Scene, purse: &Purse) -> Verdict {
    interleave_for(scene, purse, &|_| true)
}

/// The same, passing over witnesses that are not worth telling.
pub(crate) fn interleave_for(
    scene: &Scene,
    purse: &Purse,
    worth: &dyn Fn(&Witness) -> bool,
) -> Verdict {
    let mut bounded = false;
    let starts = starts(scene);
    let mut known: Vec<Known> = Vec::new();
    known.resize_with(starts.len(), Default::default);
    let mut spare = Vec::new();
    for preemptions in 1..=PREEMPTIONS_MAX {
        for (start, known) in starts.iter().zip(&mut known).filter(|(_, known)| !known.quiet) {
            let left = purse.left.get();
            if left == 0 {
                return Verdict::Bounded;
            }
            let cells = fill(&mut known.terms, start);
            let mut search = Search::new(scene, &mut known.terms, STATES_MAX.min(left));
            std::mem::swap(&mut search.spare, &mut spare);
            // What comes of the orders is the same however often is switched.
            if preemptions == 1 {
                search.serial(&cells);
                known.quiet = is_quiet(&mut search, &cells, purse);
            } else {
                std::mem::swap(&mut search.serial, &mut known.orders);
            }
            let verdict = if known.quiet {
                Verdict::Serial
            } else {
                search.worth = Some(worth);
                // Where as many switches were left before, there is nothing new.
                std::mem::swap(&mut search.seen, &mut known.visited);
                let verdict = search.racing(&cells, preemptions);
                std::mem::swap(&mut search.seen, &mut known.visited);
                purse.pay(&mut search);
                verdict
            };
            std::mem::swap(&mut search.spare, &mut spare);
            std::mem::swap(&mut search.serial, &mut known.orders);
            match verdict {
                Verdict::Serial => {}
                Verdict::Bounded => {
                    bounded = true;
                    known.visited.clear();
                }
                Verdict::Witness(found) => {
                    return Verdict::Witness(shortened(scene, (start, preemptions), worth, found));
                }
            }
        }
    }
    if bounded { Verdict::Bounded } else { Verdict::Serial }
}

/// Whether a start has nothing to tell, as most have: all switches at one go meet no outcome but those of the orders.
fn is_quiet(search: &mut Search<'_>, cells: &[Cell], purse: &Purse) -> bool {
    let most = search.most;
    search.most = most.min(QUIET_MAX);
    let quiet = search.is_quiet(cells, PREEMPTIONS_MAX);
    if quiet {
        // It stands for rounds that visit most states again: what a function may cost stays the same.
        search.states *= QUIET_COST;
        purse.pay(search);
    }
    search.most = most;
    quiet
}

/// What is known of one start.
#[derive(Default)]
struct Known {
    /// The values made.
    terms: Terms,
    /// How the orders end.
    orders: FxHashSet<Outcome>,
    /// The states that were visited.
    visited: Visited,
    /// Whether all interleavings end as some order does.
    quiet: bool,
}

/// A schedule that goes round fewer times and shows the same, if there is one: the search takes the first that
/// it meets, which in a loop that may go on is the longest.
fn shortened(
    scene: &Scene,
    (start, preemptions): (&[u8], u8),
    worth: &dyn Fn(&Witness) -> bool,
    found: Box<Witness>,
) -> Box<Witness> {
    if found.steps.len() < LONG {
        return found;
    }
    let fewer = (1..=ROUNDS_MAX).find_map(|rounds| {
        let mut terms = Terms::default();
        let cells = fill(&mut terms, start);
        let mut search = Search::new(scene, &mut terms, SHORTER_MAX);
        search.worth = Some(worth);
        search.rounds = Some(rounds);
        search.serial(&cells);
        match search.racing(&cells, preemptions) {
            Verdict::Witness(shorter) if shorter.steps.len() < found.steps.len() => Some(shorter),
            _ => None,
        }
    });
    fewer.unwrap_or(found)
}

/// What an execution that is looked for must look like.
pub type Wanted<'w> = dyn Fn(&[Step], &Outcome) -> bool + 'w;

/// Looks for an execution that satisfies `wanted`, from every initial state.
#[must_use]
pub fn seek(scene: &Scene, wanted: &Wanted<'_>) -> Option<Box<Witness>> {
    seek_within(scene, &Purse::of(usize::MAX), wanted)
}

/// The same; what it took is counted.
pub(crate) fn seek_within(
    scene: &Scene,
    purse: &Purse,
    wanted: &Wanted<'_>,
) -> Option<Box<Witness>> {
    for preemptions in 0..=PREEMPTIONS_MAX {
        for start in starts(scene) {
            let mut terms = Terms::default();
            let cells = fill(&mut terms, &start);
            let mut search = Search::new(scene, &mut terms, SOUGHT_MAX);
            search.serial(&cells);
            search.wanted = Some(wanted);
            search.rounds = Some(ROUNDS_MAX);
            let verdict = search.racing(&cells, preemptions);
            purse.schedules.set(purse.schedules.get() + search.schedules);
            if let Verdict::Witness(found) = verdict {
                return Some(found);
            }
        }
    }
    None
}

/// Runs the program alone, from every initial state, with both sides of its first coin.
#[must_use]
pub fn flip(program: &Program, cells: &[Domain], locks: usize) -> Option<Coin> {
    let scene = Scene {
        programs: vec![program.clone()],
        cells: cells.to_vec(),
        locks,
        silent: vec![false],
    };
    for start in starts(&scene) {
        let mut terms = Terms::default();
        let cells = fill(&mut terms, &start);
        let mut search = Search::new(&scene, &mut terms, SOUGHT_MAX);
        let heads = search.alone(&cells, true);
        let tails = search.alone(&cells, false);
        if let (Some(heads), Some(tails)) = (heads, tails)
            && heads.1.ends != tails.1.ends
        {
            return Some(Coin { start: cells, heads: heads.0, tails: tails.0 });
        }
    }
    None
}

fn starts(scene: &Scene) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    for domain in &scene.cells {
        let mut kinds = Vec::new();
        if domain.absent {
            kinds.push(0);
        }
        if domain.live {
            kinds.push(1);
        }
        if domain.expired {
            kinds.push(2);
        }
        all = all
            .iter()
            .flat_map(|start: &Vec<u8>| {
                kinds.iter().map(move |kind| {
                    let mut start = start.clone();
                    start.push(*kind);
                    start
                })
            })
            .collect();
    }
    all
}

fn fill(terms: &mut Terms, start: &[u8]) -> Vec<Cell> {
    start
        .iter()
        .zip(0_u8..)
        .map(|(kind, cell)| match kind {
            0 => Cell::Absent,
            1 => Cell::Live(terms.initial(cell)),
            _ => Cell::Expired(terms.initial(cell)),
        })
        .collect()
}
