//! Eight threads want the same value: it is computed once. Of eight adds on one key, one wins.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::sync::atomic::{AtomicUsize, Ordering};

use amorsize_cache::{Cache, Compute, Key, Namespace, Options, Put, Want};

const THREADS: usize = 8;

fn main() -> Result<(), amorsize_cache::Error> {
    let cache = Cache::open("memory:", &Options::default())?;
    let mine = Namespace::new("example")?;
    let (wanted, added) = (Key::new(&mine, "wanted"), Key::new(&mine, "added"));
    let (computed, won) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let (cache, wanted, added, computed, won) = (&cache, &wanted, &added, &computed, &won);
            scope.spawn(move || {
                let value =
                    cache.get_or_compute(wanted, &Want::default(), &Compute::default(), || {
                        computed.fetch_add(1, Ordering::Relaxed);
                        Ok::<_, std::convert::Infallible>(b"dear".to_vec())
                    });
                assert!(value.is_ok_and(|done| *done.value == *b"dear"));
                let put = cache.add(added, &number.to_le_bytes(), &Put::default());
                let has_won = put.is_ok_and(|written| written.stored().is_some());
                won.fetch_add(usize::from(has_won), Ordering::Relaxed);
            });
        }
    });
    println!("computed {} time, won by {} thread", computed.into_inner(), won.into_inner());
    Ok(())
}
