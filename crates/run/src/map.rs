//! A function over a slice, on as many threads as pay.
//!
//! The calling thread begins alone; threads are started only once the gain is certain or so much has been spent that
//! their price no longer matters, so tiny work stays near a plain loop. From then on all take chunks from one shared
//! cursor, sized by what the chunks before them cost. Results stand in the order of the items; a panic comes back to
//! the caller with the number of its item.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use amorsize_os::clock::Stopwatch;
use amorsize_sizing::chunk::{Cut, two_epsilon};
use amorsize_sizing::measure::{Chunk, Costs};
use amorsize_sizing::rent::{Rent, cautious_mean_ns, go_parallel};
use amorsize_sizing::{Executor, Plan};

/// What starting and joining one thread costs at most on any machine that is in use, in nanoseconds. It is only the
/// price that is weighed before the first thread; a wrong one costs at most itself.
const THREAD_START_NS: f64 = 100_000.0;
/// What taking a chunk from the shared cursor costs, at least.
const TAKE_NS: f64 = 1_000.0;

/// Applies `f` to every item and returns the results in the order of the items.
///
/// ```
/// use amorsize_run::map;
/// use amorsize_sizing::Plan;
///
/// let words = ["does", "it", "pay", "to", "run", "it", "in", "parallel"];
/// let lengths = map(&Plan::for_this_machine(), &words, |word| word.len());
/// assert_eq!(lengths, [4, 2, 3, 2, 3, 2, 2, 8]);
/// ```
///
/// Nothing above was worth a second thread, so none was started. Work that is worth it spreads by itself:
///
/// ```
/// use amorsize_run::map;
/// use amorsize_sizing::Plan;
///
/// fn collatz(start: &u64) -> u32 {
///     let next = |n: &u64| (*n > 1).then(|| if n % 2 == 0 { n / 2 } else { 3 * n + 1 });
///     std::iter::successors(Some(*start), next).map(|_| 1).sum()
/// }
///
/// let starts: Vec<u64> = (1..20_000).collect();
/// let steps = map(&Plan::threads(4), &starts, collatz);
/// assert_eq!(steps.iter().max(), Some(&279));
/// ```
///
/// The plan gives the number of threads; a serial plan runs on the calling thread alone. How items are chunked is
/// measured while it runs.
///
/// # Panics
/// When `f` panics: with the message of the first panic and the index of its item. Other threads stop at their next
/// item.
pub fn map<T, R, F>(plan: &Plan, items: &[T], f: F) -> Vec<R>
where
    T: Sync,
    R: Send,
    F: Fn(&T) -> R + Sync,
{
    let threads = match plan.executor {
        Executor::Serial => 1,
        Executor::Threads | Executor::Processes => plan.workers.max(1),
    };
    let alone = alone(items, threads, &f);
    let done = alone.results.len();
    if done == items.len() {
        return alone.results;
    }
    together(items, threads, &f, alone)
}

struct Alone<R> {
    results: Vec<R>,
    costs: Costs,
}

/// Runs items on the calling thread until threads pay.
fn alone<T, R>(items: &[T], threads: u64, f: &impl Fn(&T) -> R) -> Alone<R> {
    let watch = Stopwatch::start();
    let mut results = Vec::with_capacity(items.len());
    let mut costs = Costs::new();
    let (mut before, mut next_look) = (0.0, 1);
    for (index, item) in items.iter().enumerate() {
        results.push(guarded(|| f(item)).unwrap_or_else(|said| raise(index, &said)));
        // Asking costs more than a tiny item: it is done at every power of two, and after each long item.
        if threads < 2 || (index + 1 < next_look && index > 64) {
            continue;
        }
        let elapsed = nanoseconds(&watch);
        let batch = (index + 1).saturating_sub(usize::try_from(costs.items()).unwrap_or(0));
        costs.chunk(Chunk { items: batch as u64, wall_ns: elapsed - before });
        before = elapsed;
        let each = elapsed / real(index + 1);
        next_look = index + 1 + steps_until(THREAD_START_NS / 4.0, each);
        if go_parallel(&Rent {
            start_ns: THREAD_START_NS,
            elapsed_ns: elapsed,
            left_low_ns: Some(
                cautious_mean_ns(elapsed, (index + 1) as u64, costs.chunks())
                    * real(items.len() - index - 1),
            ),
            workers: threads,
            efficiency: 0.9,
        }) {
            break;
        }
    }
    Alone { results, costs }
}

struct Cursor {
    next: usize,
    costs: Costs,
}

/// The first panic: the index of its item and what it said.
type Panicked = Mutex<Option<(usize, String)>>;

fn together<T, R, F>(items: &[T], threads: u64, f: &F, alone: Alone<R>) -> Vec<R>
where
    T: Sync,
    R: Send,
    F: Fn(&T) -> R + Sync,
{
    let done = alone.results.len();
    let cursor = Mutex::new(Cursor { next: done, costs: alone.costs });
    let panicked: Panicked = Mutex::new(None);
    let stop = AtomicBool::new(false);
    let left = (items.len() - done) as u64;
    let threads = threads.min(left);
    let work = || worker(items, threads, f, &cursor, &Stop { stop: &stop, panicked: &panicked });
    let mut parts: Vec<(usize, Vec<R>)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut parts = work();
        for other in others {
            // A worker catches what its items do; it has no panics of its own.
            parts.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        parts
    });
    if let Some((index, said)) = panicked.into_inner().unwrap_or_else(PoisonError::into_inner) {
        raise(index, &said);
    }
    parts.sort_unstable_by_key(|part| part.0);
    let mut results = alone.results;
    results.extend(parts.into_iter().flat_map(|part| part.1));
    results
}

struct Stop<'a> {
    stop: &'a AtomicBool,
    panicked: &'a Panicked,
}

fn worker<T, R>(
    items: &[T],
    threads: u64,
    f: &impl Fn(&T) -> R,
    cursor: &Mutex<Cursor>,
    stop: &Stop<'_>,
) -> Vec<(usize, Vec<R>)> {
    let mut parts = Vec::new();
    let mut finished: Option<Chunk> = None;
    while !stop.stop.load(Ordering::Relaxed) {
        let Some((from, to)) = take(cursor, items.len(), threads, finished.take()) else { break };
        let watch = Stopwatch::start();
        let mut results = Vec::with_capacity(to - from);
        for (index, item) in (from..).zip(&items[from..to]) {
            match guarded(|| f(item)) {
                Ok(result) => results.push(result),
                Err(said) => {
                    stop.stop.store(true, Ordering::Relaxed);
                    let mut first = stop.panicked.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert((index, said));
                    return parts;
                }
            }
        }
        finished = Some(Chunk { items: (to - from) as u64, wall_ns: nanoseconds(&watch) });
        parts.push((from, results));
    }
    parts
}

/// The next chunk of the shared cursor; what the last one cost is told on the way.
fn take(
    cursor: &Mutex<Cursor>,
    items: usize,
    threads: u64,
    finished: Option<Chunk>,
) -> Option<(usize, usize)> {
    let mut cursor = cursor.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(chunk) = finished {
        cursor.costs.chunk(chunk);
    }
    let left = items - cursor.next;
    if left == 0 {
        return None;
    }
    let size = two_epsilon(&Cut {
        left: left as u64,
        workers: threads,
        busy: 0.0,
        overhead: TAKE_NS,
        overhead_high: TAKE_NS,
        dispatcher: TAKE_NS,
        mean: cursor.costs.mean_ns(),
        spread: cursor.costs.spread(),
        largest_done: cursor.costs.largest(),
    });
    let from = cursor.next;
    cursor.next += usize::try_from(size).unwrap_or(left).min(left);
    Some((from, cursor.next))
}

/// Runs one item; its panic becomes its message.
fn guarded<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| message(&*panic))
}

/// Goes on with the panic of an item, with its index.
fn raise(index: usize, said: &str) -> ! {
    resume_unwind(Box::new(format!("item {index} panicked: {said}")))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

fn steps_until(time_ns: f64, each_ns: f64) -> usize {
    let steps = (time_ns / each_ns.max(1.0)).clamp(1.0, 65_536.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped just above"
    )]
    let steps = steps as usize;
    steps
}

#[expect(clippy::cast_precision_loss, reason = "counts and durations far below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}

fn nanoseconds(watch: &Stopwatch) -> f64 {
    watch.elapsed().as_secs_f64() * 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(threads: u64) -> Plan {
        Plan::threads(threads)
    }

    fn busy(item: &u64) -> u64 {
        (0..3_000).fold(*item, |sum, step| std::hint::black_box(sum ^ (sum << 1) ^ step))
    }

    #[test]
    fn results_stand_in_the_order_of_the_items_on_any_number_of_threads() {
        let items: Vec<u64> = (0..3000).collect();
        let wanted: Vec<u64> = items.iter().map(busy).collect();
        for threads in [1, 2, 7] {
            assert!(map(&plan(threads), &items, busy) == wanted, "{threads} threads");
        }
        assert_eq!(map(&plan(4), &[] as &[u64], busy), [] as [u64; 0]);
        assert_eq!(map(&plan(4), &[5], |item| item + 1), [6]);
    }

    #[test]
    fn a_panic_comes_back_with_the_index_of_its_item() {
        let items: Vec<u64> = (0..500).collect();
        for threads in [1, 3] {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                map(&plan(threads), &items, |item| {
                    busy(item);
                    assert!(*item != 321, "not this one");
                })
            }));
            let said = message(&*caught.unwrap_err());
            assert_eq!(said, "item 321 panicked: not this one", "{threads} threads");
        }
    }

    #[test]
    fn tiny_work_never_leaves_the_calling_thread() {
        let me = std::thread::current().id();
        let threads = map(&plan(8), &[1, 2, 3, 4, 5], |_| std::thread::current().id());
        assert!(threads.iter().all(|id| *id == me));
    }
}
