//! What the documentation of a class says of threads.

use amorsize_facts::event::Class;

/// What a documentation says about use by several threads: that it is meant, that it is not, or
/// nothing.
pub(crate) fn speaks_of_threads(doc: &str) -> Option<bool> {
    let doc = doc.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| doc.contains(word));
    let not = [
        "not thread",
        "n't thread",
        "isn't concurrency",
        "non-concurrent",
        "not concurren",
        "not be shared",
        "single thread",
        "single-thread",
        "thread-local",
        "thread local",
        "threadlocal",
        "per thread",
        "per-thread",
        "one thread",
        "not intended to be",
        "not safe",
    ];
    if says(&not) {
        return Some(false);
    }
    let meant = [
        "thread-safe",
        "thread safe",
        "threadsafe",
        "multiple threads",
        "several threads",
        "different threads",
        "across threads",
        // How many may run at once is no word on who runs this.
        "concurrent",
        "concurrency-safe",
        "concurrency safe",
        "multi-thread",
        "multithread",
    ];
    says(&meant).then_some(true)
}

/// Whether the threads that a class speaks of are green ones, of which one runs until it waits.
pub(crate) fn of_greenlets(class: &Class) -> bool {
    let doc = class.doc.as_deref().unwrap_or_default().to_ascii_lowercase();
    ["greenlet", "greenthread", "green thread", "eventlet"].iter().any(|word| doc.contains(word))
}
