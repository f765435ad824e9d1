//! The search from one start: all one-after-the-other orders first, then every interleaving with so many
//! preemptions, until an outcome shows that no order explains.

use rustc_hash::{FxHashMap, FxHashSet};

use super::machine::{Came, Cell, End, Outcome, State, Step};
use super::program::{OpKind, Pc};
use super::scene::{Scene, Verdict, Wanted, Witness};
use super::term::Terms;

/// Steps of one execution; a longer one is a loop.
const STEPS_MAX: u16 = 200;
/// Rounds of a loop without a known end, where every way counts: a further one shows nothing new.
pub(super) const ROUNDS_MAX: u8 = 3;
/// States that most scenes have at most.
const STATES_USUAL: usize = 100;
/// Nor deeper than this with what counts as no step: a loop that touches nothing shared has no end,
/// and the stack has.
const DEPTH_MAX: u16 = 2_000;

/// A step as the search keeps it.
#[derive(Clone, Copy)]
struct Taken {
    thread: u8,
    pc: Pc,
    site: u32,
    came: Came,
}

/// States visited, packed, with the preemptions that were left at the best of visits.
pub(super) type Visited = FxHashMap<Box<[u32]>, u8>;

pub(super) struct Search<'s> {
    scene: &'s Scene,
    terms: &'s mut Terms,
    /// How the one-after-the-other orders end.
    pub serial: FxHashSet<Outcome>,
    pub seen: Visited,
    /// The state in hand, packed.
    row: Vec<u32>,
    steps: Vec<Taken>,
    /// States that are done with, for their room.
    pub spare: Vec<State>,
    pub states: usize,
    /// States that may be visited.
    pub most: usize,
    depth: u16,
    tossed: FxHashMap<(u8, u16), u8>,
    /// Executions run to their end.
    pub schedules: u64,
    start: Vec<Cell>,
    pub wanted: Option<&'s Wanted<'s>>,
    /// How often one coin may be tossed on one way, if that is bounded.
    pub rounds: Option<u8>,
    pub worth: Option<&'s dyn Fn(&Witness) -> bool>,
}

impl<'s> Search<'s> {
    pub(super) fn new(scene: &'s Scene, terms: &'s mut Terms, most: usize) -> Self {
        Self {
            scene,
            terms,
            serial: FxHashSet::default(),
            seen: FxHashMap::default(),
            row: Vec::new(),
            steps: Vec::new(),
            spare: Vec::new(),
            states: 0,
            most,
            depth: 0,
            tossed: FxHashMap::default(),
            schedules: 0,
            start: Vec::new(),
            wanted: None,
            rounds: None,
            worth: None,
        }
    }

    fn threads(&self) -> u8 {
        u8::try_from(self.scene.programs.len()).unwrap_or(u8::MAX)
    }

    fn start(&self, cells: &[Cell]) -> State {
        State::new(self.scene.programs.len(), cells.to_vec(), self.scene.locks)
    }

    fn judged(&self, state: &State) -> Outcome {
        let mut outcome = state.outcome();
        for (end, silent) in outcome.ends.iter_mut().zip(&self.scene.silent) {
            if *silent {
                *end = End::Label(u32::MAX);
            }
        }
        outcome
    }

    /// Collects the outcomes of all orders in which everybody runs to the end undisturbed.
    pub(super) fn serial(&mut self, cells: &[Cell]) {
        let threads: Vec<u8> = (0..self.threads()).collect();
        for order in permutations(&threads) {
            let mut open = vec![self.start(cells)];
            for thread in order {
                open = open.into_iter().flat_map(|state| self.finish(state, thread)).collect();
            }
            for state in open {
                // A run that waits for somebody who has not run yet is no order of calls.
                if state.threads.iter().any(|thread| thread.end.is_none()) {
                    continue;
                }
                let outcome = self.judged(&state);
                self.serial.insert(outcome);
            }
        }
    }

    /// Runs one thread to its end, along both sides of every coin; what two ways lead to is followed once.
    fn finish(&mut self, state: State, thread: u8) -> Vec<State> {
        let mut done = Vec::new();
        let mut open = vec![(state, 0_u16)];
        let mut tossed = false;
        let mut met = Visited::default();
        while let Some((mut state, mut steps)) = open.pop() {
            loop {
                let over = state.threads[usize::from(thread)].end.is_some();
                if over || steps > STEPS_MAX || !state.enabled(&self.scene.programs, thread) {
                    self.pack(&state, thread);
                    if !tossed || is_new(&mut met, &self.row, 0) {
                        done.push(state);
                    }
                    break;
                }
                steps += 1;
                if matches!(state.next(&self.scene.programs, thread), Some(OpKind::Chance { .. })) {
                    tossed = true;
                    // Fewer steps so far leave more to come.
                    let left = u8::try_from(STEPS_MAX + 1 - steps).unwrap_or(0);
                    self.pack(&state, thread);
                    if !is_new(&mut met, &self.row, left) {
                        break;
                    }
                    let mut other = state.clone();
                    other.step(&self.scene.programs, self.terms, thread, false);
                    open.push((other, steps));
                }
                state.step(&self.scene.programs, self.terms, thread, true);
            }
        }
        done
    }

    /// Puts a state that goes on with `thread` into the row in hand.
    fn pack(&mut self, state: &State, thread: u8) {
        self.row.clear();
        self.row.push(u32::from(thread));
        state.pack(&mut self.row);
    }

    pub(super) fn alone(&mut self, cells: &[Cell], coin: bool) -> Option<(Vec<Step>, Outcome)> {
        let mut state = self.start(cells);
        let mut steps = Vec::new();
        for _ in 0..STEPS_MAX {
            if state.threads[0].end.is_some() {
                return Some((self.told(&steps), state.outcome()));
            }
            if !state.enabled(&self.scene.programs, 0) {
                return None;
            }
            steps.extend(self.advance(&mut state, 0, coin));
        }
        None
    }

    pub(super) fn racing(&mut self, cells: &[Cell], preemptions: u8) -> Verdict {
        let mut bounded = false;
        match self.first(cells, preemptions, &mut bounded) {
            Some(outcome) => Verdict::Witness(Box::new(self.witness(cells, outcome))),
            None if bounded => Verdict::Bounded,
            None => Verdict::Serial,
        }
    }

    /// Whether every interleaving was seen to end as some order does.
    pub(super) fn is_quiet(&mut self, cells: &[Cell], preemptions: u8) -> bool {
        let mut bounded = false;
        self.seen.reserve(STATES_USUAL);
        let quiet = self.first(cells, preemptions, &mut bounded).is_none() && !bounded;
        self.seen.clear();
        quiet
    }

    /// The first outcome that is looked for; the steps are those that lead to it.
    fn first(&mut self, cells: &[Cell], preemptions: u8, bounded: &mut bool) -> Option<Outcome> {
        self.steps.clear();
        self.states = 0;
        self.tossed.clear();
        self.start = cells.to_vec();
        let state = self.start(cells);
        (0..self.threads()).find_map(|thread| self.run(&state, thread, preemptions, bounded))
    }

    /// Continues with `thread`; switching away from a thread that could go on costs one.
    fn run(&mut self, state: &State, thread: u8, left: u8, bounded: &mut bool) -> Option<Outcome> {
        if self.states > self.most
            || self.steps.len() > usize::from(STEPS_MAX)
            || self.depth > DEPTH_MAX
        {
            *bounded = true;
            return None;
        }
        // What is looked for may depend on how a state was reached, so there every way counts.
        if self.wanted.is_none() && self.known(state, thread, left) {
            return None;
        }
        self.states += 1;
        let programs = &self.scene.programs;
        if state.threads.iter().all(|thread| thread.end.is_some()) {
            self.schedules += 1;
            let outcome = self.judged(state);
            let hit = match (self.wanted, self.worth) {
                (Some(wanted), _) => wanted(&self.told(&self.steps), &outcome),
                (None, worth) => {
                    !self.serial.contains(&outcome)
                        && worth
                            .is_none_or(|worth| worth(&self.witness(&self.start, state.outcome())))
                }
            };
            return hit.then(|| state.outcome());
        }
        if state.enabled(programs, thread) {
            let chance = matches!(state.next(programs, thread), Some(OpKind::Chance { .. }));
            let tossed = (thread, state.threads[usize::from(thread)].pc);
            if chance && !self.toss(tossed) {
                *bounded = true;
                return None;
            }
            for coin in if chance { &[true, false][..] } else { &[true][..] } {
                let mut next = self.spare.pop().unwrap_or_default();
                next.copy(state);
                let mark = self.steps.len();
                self.go(&mut next, thread, *coin);
                self.depth += 1;
                let found = self.branch(&next, thread, left, bounded);
                self.depth -= 1;
                if found.is_some() {
                    return found;
                }
                self.spare.push(next);
                self.steps.truncate(mark);
            }
            if chance && let Some(rounds) = self.tossed.get_mut(&tossed) {
                *rounds -= 1;
            }
            return None;
        }
        let mut moved = false;
        for other in 0..self.threads() {
            if other != thread && state.enabled(programs, other) {
                moved = true;
                if let Some(found) = self.run(state, other, left, bounded) {
                    return Some(found);
                }
            }
        }
        // Everybody waits: a deadlock is an outcome, unless some order of calls waits as well.
        (!moved && !self.serial.is_empty() && self.wanted.is_none()).then(|| state.outcome())
    }

    /// Whether the coin of a thread's step may be tossed once more on this way.
    fn toss(&mut self, at: (u8, u16)) -> bool {
        let Some(most) = self.rounds else { return true };
        let rounds = self.tossed.entry(at).or_default();
        let more = *rounds < most;
        *rounds += u8::from(more);
        more
    }

    /// Whether the state was visited with as much left; it is from now on.
    fn known(&mut self, state: &State, thread: u8, left: u8) -> bool {
        self.pack(state, thread);
        !is_new(&mut self.seen, &self.row, left)
    }

    fn branch(
        &mut self,
        state: &State,
        thread: u8,
        left: u8,
        bounded: &mut bool,
    ) -> Option<Outcome> {
        if let Some(found) = self.run(state, thread, left, bounded) {
            return Some(found);
        }
        let programs = &self.scene.programs;
        let local = state.next(programs, thread).is_some_and(OpKind::is_local);
        let goes_on = state.enabled(programs, thread);
        if local || !goes_on || left == 0 {
            return None;
        }
        for other in 0..self.threads() {
            if other != thread
                && state.enabled(programs, other)
                && let Some(found) = self.run(state, other, left - 1, bounded)
            {
                return Some(found);
            }
        }
        None
    }

    /// Takes a step, and those after it that nobody else sees: between them it makes no difference who runs.
    fn go(&mut self, state: &mut State, thread: u8, coin: bool) {
        let step = self.advance(state, thread, coin);
        self.steps.extend(step);
        // A loop of such steps has no end, and the search knows that it has been there.
        for _ in 0..STEPS_MAX {
            let next = state.next(&self.scene.programs, thread);
            if !next.is_some_and(|op| op.is_local() && !matches!(op, OpKind::Chance { .. })) {
                return;
            }
            let step = self.advance(state, thread, true);
            self.steps.extend(step);
        }
    }

    fn advance(&mut self, state: &mut State, thread: u8, coin: bool) -> Option<Taken> {
        let pc = state.threads[usize::from(thread)].pc;
        let op = self.scene.programs[usize::from(thread)].ops.get(usize::from(pc));
        let came = state.step(&self.scene.programs, self.terms, thread, coin);
        let op = op?;
        let quiet = matches!(
            op.kind,
            OpKind::Branch { .. }
                | OpKind::Jump(_)
                | OpKind::Set { .. }
                | OpKind::Copy { .. }
                | OpKind::Make { .. }
        );
        (!quiet).then_some(Taken { thread, pc, site: op.site, came })
    }

    fn told(&self, steps: &[Taken]) -> Vec<Step> {
        let told = |taken: &Taken| Step {
            thread: taken.thread,
            pc: taken.pc,
            site: taken.site,
            result: taken.came.words(self.terms),
        };
        steps.iter().map(told).collect()
    }

    fn witness(&self, cells: &[Cell], outcome: Outcome) -> Witness {
        let lost = (0..self.threads()).map(|thread| self.lost(&outcome, thread)).collect();
        let nearest = self.serial.iter().min_by_key(|serial| {
            let ends = serial.ends.iter().zip(&outcome.ends).filter(|(a, b)| a != b).count();
            let cells = serial.cells.iter().zip(&outcome.cells).filter(|(a, b)| a != b).count();
            (ends + cells, *serial)
        });
        Witness {
            start: cells.to_vec(),
            steps: self.told(&self.steps),
            summary: self.words(&outcome),
            serial: nearest.map(|serial| self.words(serial)).unwrap_or_default(),
            serial_ends: nearest.map(|serial| serial.ends.clone()).unwrap_or_default(),
            outcome,
            lost,
        }
    }

    /// Did the thread store a value that is in no cell at the end?
    fn lost(&self, outcome: &Outcome, thread: u8) -> bool {
        let stored = self.steps.iter().any(|step| {
            step.thread == thread && matches!(step.came, Came::With("stores" | "publishes", _))
        });
        // The value that is left is this thread's own if nobody else wrote the same.
        let said = |of: u8| {
            let mut stores = self.steps.iter().rev().filter(move |step| step.thread == of);
            stores.find_map(|step| match step.came {
                Came::With("stores", term) => Some(self.terms.name(term)),
                _ => None,
            })
        };
        let left = outcome.cells.iter().any(|cell| match cell {
            Cell::Live(term) => said(thread) == Some(self.terms.name(*term)),
            _ => false,
        });
        let alone = (0..self.threads()).all(|of| of == thread || said(of) != said(thread));
        stored
            && !(left && alone)
            && !outcome.cells.iter().any(|cell| match cell {
                // What everybody writes alike is there whoever wrote it.
                Cell::Live(term) | Cell::Expired(term) => {
                    self.terms.carries(*term, thread) || self.terms.is_pure(*term)
                }
                Cell::Absent => false,
            })
    }

    fn words(&self, outcome: &Outcome) -> Vec<String> {
        outcome
            .cells
            .iter()
            .map(|cell| match cell {
                Cell::Absent => "nothing is left".to_owned(),
                Cell::Live(term) => format!("{} is left", self.terms.name(*term)),
                Cell::Expired(_) => "an expired entry is left".to_owned(),
            })
            .collect()
    }
}

/// Whether a state was not visited with as much left; it is from now on.
fn is_new(visited: &mut Visited, row: &[u32], left: u8) -> bool {
    if let Some(before) = visited.get_mut(row) {
        let more = *before < left;
        *before = left.max(*before);
        return more;
    }
    visited.insert(row.into(), left);
    true
}

fn permutations(items: &[u8]) -> Vec<Vec<u8>> {
    if items.len() <= 1 {
        return vec![items.to_vec()];
    }
    let mut all = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(index);
        for mut tail in permutations(&rest) {
            tail.insert(0, *item);
            all.push(tail);
        }
    }
    all
}
