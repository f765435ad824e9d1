//! Moves the number of workers by what throughput says.
//!
//! A run starts with one worker for each usable CPU. Where items wait instead of computing, more workers help until
//! something saturates; what saturates (CPUs, a disk, a remote service, the dispatcher) need not be known, because a
//! step up that does not raise the throughput is taken back. Throughput is told by Little's law: the mean number of
//! items in flight over the mean time of one. Waiting for a CPU is not waiting: it counts as wanting one.

use crate::num::{ceil, real};

/// Items that want a CPU for more than this share gain nothing from more workers.
const BUSY_ENOUGH: f64 = 0.85;
/// The most a step multiplies the workers by.
const STEP_MOST: u64 = 4;
/// Once there are so many workers for each CPU, a step only doubles: an overshoot is dear by then.
const CROWDED: u64 = 4;
/// The rise in throughput that a full step must bring.
const RISE: f64 = 0.15;
/// A level is judged by at least this many items.
const JUDGED_BY: u64 = 3;
/// And by no more than these.
const JUDGED_BY_MOST: u64 = 128;
/// Windows to stay put after a step up that did not help; doubled each time.
const HOLD: u64 = 8;
/// Fewer workers are tried once a run is so many times as long as the trial: it then costs at most a hundredth of it.
const DOWN_AFTER: f64 = 100.0;
/// A trial of fewer workers is judged by at least so many chunks, twice.
const DOWN_JUDGED_BY: u64 = 8;
/// And must beat the best that was seen with more of them by this.
const DOWN_RISE: f64 = 1.05;
/// Nothing has come back for so long: the machine itself is looked at.
const SILENCE_NS: f64 = 100e6;

/// One item, or one chunk, that came back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Done {
    /// When it was started.
    pub started_ns: u64,
    /// When it came back.
    pub at_ns: u64,
    /// Its items.
    pub items: u64,
    /// CPU time it used.
    pub cpu_ns: u64,
    /// Time it was ready to run and had no CPU.
    pub delay_ns: u64,
}

/// What the machine looks like while nothing comes back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// Share of the usable CPUs that is idle.
    pub cpu_idle: f64,
    /// Share of the running items that sleep, neither computing nor stuck in a disk.
    pub asleep: f64,
}

/// The worker count, and what it was judged by.
#[derive(Debug, Clone)]
pub struct Climb {
    cpus: f64,
    most: u64,
    level: u64,
    /// Items started earlier ran beside another number of others.
    level_since_ns: u64,
    window: Window,
    /// The level this one was climbed to from, and its throughput.
    from: Option<(u64, f64)>,
    /// The best throughput of a window at this level.
    steady: f64,
    second_look: bool,
    hold: u64,
    hold_next: u64,
    running: u64,
    down: Down,
}

/// A trial of fewer workers than CPUs, for items that stand in each other's way: on one disk, one lock, one memory bus.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Down {
    /// Not yet tried.
    Untried,
    /// Being tried: the level it came from, its best throughput, and whether one window was good.
    Trying { above: u64, best: f64, once: bool },
    /// Tried.
    Done,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    since_ns: u64,
    seen_ns: u64,
    in_flight_ns: f64,
    done: u64,
    items: f64,
    wall_ns: f64,
    cpu_ns: f64,
    busy_ns: f64,
}

impl Climb {
    /// Starts at `level` workers and never goes above `most`.
    #[must_use]
    pub fn new(cpus: f64, level: u64, most: u64) -> Self {
        let most = most.max(1);
        Self {
            cpus: cpus.max(0.01),
            most,
            level: level.clamp(1, most),
            level_since_ns: 0,
            window: Window::default(),
            from: None,
            steady: 0.0,
            second_look: false,
            hold: 0,
            hold_next: HOLD,
            running: 0,
            down: Down::Untried,
        }
    }

    /// The workers that may run now.
    #[must_use]
    pub fn level(&self) -> u64 {
        self.level.min(self.most)
    }

    /// The last level that was judged good: a step that is still being tried does not count.
    #[must_use]
    pub fn proven(&self) -> u64 {
        let tried_from = match self.down {
            Down::Trying { above, .. } => Some(above),
            Down::Untried | Down::Done => self.from.map(|(below, _)| below),
        };
        tried_from.unwrap_or(self.level).min(self.most)
    }

    /// Bounds the workers from now on, as memory runs short or is freed.
    pub fn bound(&mut self, most: u64) {
        self.most = most.max(1);
    }

    /// An item was started.
    pub fn started(&mut self, at_ns: u64) {
        self.flow(at_ns);
        self.running += 1;
    }

    /// An item came back.
    pub fn finished(&mut self, done: &Done) {
        self.flow(done.at_ns);
        self.running = self.running.saturating_sub(1);
        if done.started_ns < self.level_since_ns {
            return;
        }
        let wall = real(done.at_ns.saturating_sub(done.started_ns)).max(1.0);
        let window = &mut self.window;
        window.done += 1;
        window.items += real(done.items.max(1));
        window.wall_ns += wall;
        window.cpu_ns += real(done.cpu_ns).min(wall * self.cpus.max(1.0));
        window.busy_ns += real(done.cpu_ns.saturating_add(done.delay_ns)).min(wall);
        let least = match self.down {
            Down::Trying { .. } => DOWN_JUDGED_BY,
            Down::Untried | Down::Done => self.level.clamp(JUDGED_BY, JUDGED_BY_MOST),
        };
        if window.done >= least {
            self.judge(done.at_ns);
        }
    }

    /// Nothing has come back for a while: items that sleep on an idle machine can be joined by others.
    pub fn silent(&mut self, at_ns: u64, seen: Silence) {
        let quiet = real(at_ns.saturating_sub(self.window.since_ns)) >= SILENCE_NS;
        let full = self.running >= self.level();
        if quiet && full && self.window.done == 0 && seen.cpu_idle > 0.5 && seen.asleep > 0.7 {
            self.from = None;
            self.go(self.level.saturating_mul(STEP_MOST), at_ns);
        }
    }

    /// Whether the machine should be looked at, because nothing has come back since the last step.
    #[must_use]
    pub fn listens(&self, at_ns: u64) -> bool {
        self.window.done == 0
            && self.level < self.most
            && self.running >= self.level()
            && real(at_ns.saturating_sub(self.window.since_ns)) >= SILENCE_NS
    }

    fn flow(&mut self, at_ns: u64) {
        let window = &mut self.window;
        let passed = at_ns.saturating_sub(window.seen_ns.max(window.since_ns));
        window.in_flight_ns += real(passed) * real(self.running);
        window.seen_ns = at_ns.max(window.seen_ns);
    }

    fn go(&mut self, level: u64, at_ns: u64) {
        let level = level.clamp(1, self.most);
        if level != self.level {
            self.steady = 0.0;
            self.level_since_ns = at_ns;
        }
        self.level = level;
        self.window = Window { since_ns: at_ns, seen_ns: at_ns, ..Window::default() };
    }

    fn judge(&mut self, at_ns: u64) {
        let window = self.window;
        let elapsed = real(at_ns.saturating_sub(window.since_ns)).max(1.0);
        let in_flight = window.in_flight_ns / elapsed;
        // The quick items of a ramp come back first and flatter the mean; what has really come back does not.
        let throughput = (in_flight * window.items / window.wall_ns).min(window.items / elapsed);
        let level = self.level;
        if let Down::Trying { above, best, once } = self.down {
            self.judge_down((above, best, once), throughput, at_ns);
            return;
        }
        if let Some((below, before)) = self.from.take()
            && throughput < before * (1.0 + required_rise(below, level))
        {
            if !self.second_look {
                // The first window of a level still holds its ramp; a step is taken back on a steady one.
                self.second_look = true;
                self.from = Some((below, before));
                self.go(level, at_ns);
                return;
            }
            self.second_look = false;
            self.hold = self.hold_next;
            self.hold_next = self.hold_next.saturating_mul(2);
            self.go(below, at_ns);
            return;
        }
        self.second_look = false;
        // One unlucky window must not make the next step look good.
        self.steady = self.steady.max(throughput);
        let busy = (window.busy_ns / window.wall_ns).clamp(0.0, 1.0);
        let cpu = (window.cpu_ns / window.wall_ns).max(1e-6);
        let at_first = ceil(self.cpus - 1e-9).max(1);
        // Two windows of whole chunks, taken by half as many workers.
        let chunk = window.wall_ns / real(window.done.max(1));
        let trial = chunk * real(DOWN_JUDGED_BY) * 2.0 / real((level / 2).max(1));
        let long = real(at_ns) > DOWN_AFTER * trial;
        if self.down == Down::Untried
            && level > 1
            && level <= at_first
            && busy >= BUSY_ENOUGH
            && long
        {
            self.down = Down::Trying { above: level, best: self.steady, once: false };
            self.go(level / 2, at_ns);
        } else if self.hold > 0 {
            self.hold -= 1;
            self.go(level, at_ns);
        } else if busy > 0.95 && level > 2 * at_first {
            self.go(at_first, at_ns);
        } else if busy < BUSY_ENOUGH && in_flight > 0.8 * real(level) && level < self.most {
            let wanted = ceil(1.1 * self.cpus / cpu);
            let step = if level < CROWDED * at_first { STEP_MOST } else { 2 };
            let next = wanted.clamp(level + 1, level.saturating_mul(step));
            self.from = Some((level, self.steady));
            self.go(next, at_ns);
        } else {
            self.go(level, at_ns);
        }
    }
}

impl Climb {
    /// Fewer workers stay only when two windows beat the best that more of them ever did.
    fn judge_down(&mut self, (above, best, once): (u64, f64, bool), throughput: f64, at_ns: u64) {
        if throughput < best * DOWN_RISE {
            self.down = Down::Done;
            self.go(above, at_ns);
        } else if once {
            // Half as many may be better still.
            self.down = if self.level > 1 { Down::Untried } else { Down::Done };
            self.go(self.level, at_ns);
        } else {
            self.down = Down::Trying { above, best, once: true };
            self.go(self.level, at_ns);
        }
    }
}

/// A small step need not bring what a large one must.
fn required_rise(from: u64, to: u64) -> f64 {
    let ratio = real(to) / real(from.max(1));
    RISE.min(0.3 * (ratio - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BinaryHeap;

    const MS: u64 = 1_000_000;

    /// A machine: items need `cpu` and wait `wait`; at most `serves` waits are served at once.
    struct Machine {
        cpus: u64,
        cpu: u64,
        wait: u64,
        serves: u64,
    }

    /// Runs items for `rounds` completions and returns the levels that were visited.
    fn drive(machine: &Machine, most: u64, rounds: u64) -> Vec<u64> {
        let mut climb = Climb::new(machine.cpus as f64, machine.cpus, most);
        let mut levels = vec![climb.level()];
        let mut flying: BinaryHeap<std::cmp::Reverse<(u64, u64, u64)>> = BinaryHeap::new();
        let mut servers: BinaryHeap<std::cmp::Reverse<u64>> =
            (0..machine.serves).map(|_| std::cmp::Reverse(0)).collect();
        let mut now = 0;
        for _ in 0..rounds {
            while (flying.len() as u64) < climb.level() {
                let beside = flying.len() as u64 + 1;
                // The CPUs are shared fairly; the service takes who comes first.
                let crowd =
                    (beside * machine.cpu).div_ceil(machine.cpus * (machine.cpu + machine.wait));
                let delay = machine.cpu * crowd.saturating_sub(1);
                let asked = now + machine.cpu + delay;
                let std::cmp::Reverse(free) = servers.pop().unwrap();
                let served = asked.max(free) + machine.wait;
                servers.push(std::cmp::Reverse(served));
                climb.started(now);
                flying.push(std::cmp::Reverse((served, now, delay)));
            }
            let std::cmp::Reverse((at_ns, started_ns, delay_ns)) = flying.pop().unwrap();
            now = at_ns;
            climb.finished(&Done { started_ns, at_ns, items: 1, cpu_ns: machine.cpu, delay_ns });
            if levels.last() != Some(&climb.level()) {
                levels.push(climb.level());
            }
        }
        levels
    }

    #[test]
    fn computing_items_stay_at_the_cpus() {
        let machine = Machine { cpus: 2, cpu: 10 * MS, wait: 0, serves: 1000 };
        // Fewer are tried once, late, and taken back.
        assert_eq!(drive(&machine, 256, 500), [2]);
        let levels = drive(&machine, 256, 4000);
        assert_eq!(levels, [2, 1, 2]);
    }

    #[test]
    fn chunks_of_many_short_items_are_as_long_a_trial_as_they_are() {
        let (mut climb, mut now) = (Climb::new(2.0, 2, 64), 0);
        for _ in 0..40 {
            for _ in 0..2 {
                climb.started(now);
            }
            for at in 0..2 {
                climb.finished(&Done {
                    started_ns: now,
                    at_ns: now + 100 * MS + at,
                    items: 1000,
                    cpu_ns: 100 * MS,
                    delay_ns: 0,
                });
            }
            now += 100 * MS + 2;
            assert_eq!(climb.level(), 2, "a trial would take 1.6 s of a run of 4");
        }
    }

    #[test]
    fn items_that_stand_in_each_others_way_end_up_alone() {
        let (mut climb, mut now) = (Climb::new(4.0, 4, 64), 0);
        for _ in 0..6000 {
            let level = climb.level();
            // Two at once take six times as long as one, four take twenty times as long.
            let wall = MS * [1, 1, 6, 12, 20][usize::try_from(level).unwrap()];
            for _ in 0..level {
                climb.started(now);
            }
            for at in 0..level {
                let done = now + wall + at;
                climb.finished(&Done {
                    started_ns: now,
                    at_ns: done,
                    items: 1,
                    cpu_ns: wall,
                    delay_ns: 0,
                });
            }
            now += wall + level;
        }
        assert_eq!(climb.level(), 1);
    }

    #[test]
    fn waiting_items_climb_until_the_cpus_are_used() {
        let machine = Machine { cpus: 2, cpu: MS / 2, wait: 10 * MS, serves: 1000 };
        let levels = drive(&machine, 256, 500);
        assert_eq!(levels[..3], [2, 8, 16], "{levels:?}");
        assert!(levels.iter().all(|&level| level <= 128), "{levels:?}");
    }

    #[test]
    fn a_service_that_serves_three_at_once_is_not_crowded() {
        let machine = Machine { cpus: 2, cpu: MS / 10, wait: 10 * MS, serves: 3 };
        let levels = drive(&machine, 256, 2000);
        assert!(*levels.iter().max().unwrap() <= 32, "{levels:?}");
        assert!(*levels.last().unwrap() <= 8, "{levels:?}");
    }

    #[test]
    fn the_bound_is_kept() {
        let machine = Machine { cpus: 2, cpu: MS / 10, wait: 10 * MS, serves: 1000 };
        assert!(drive(&machine, 5, 500).iter().all(|&level| level <= 5));
    }

    #[test]
    fn sleeping_items_on_an_idle_machine_are_joined_before_the_first_comes_back() {
        let mut climb = Climb::new(2.0, 2, 100);
        climb.started(0);
        climb.started(0);
        let idle = Silence { cpu_idle: 0.9, asleep: 1.0 };
        climb.silent(50 * MS, idle);
        assert_eq!(climb.level(), 2);
        assert!(climb.listens(120 * MS));
        climb.silent(120 * MS, Silence { cpu_idle: 0.1, asleep: 1.0 });
        assert_eq!(climb.level(), 2);
        climb.silent(120 * MS, idle);
        assert_eq!(climb.level(), 8);
        climb.silent(300 * MS, idle);
        assert_eq!(climb.level(), 8, "only once the level is filled");
    }
}
