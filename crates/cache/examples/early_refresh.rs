//! A dear value is computed again shortly before it ends, by one caller; the others keep getting the old one meanwhile.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::convert::Infallible;
use std::thread::sleep;
use std::time::Duration;

use amorsize_cache::{Cache, Compute, Key, Namespace, Options, Source, Want};

const TTL: Duration = Duration::from_millis(400);

fn main() -> Result<(), amorsize_cache::Error> {
    let cache = Cache::open("memory:", &Options::default())?;
    let key = Key::new(&Namespace::new("example")?, "dear");
    let mut expired = 0;
    let mut computed = 0;
    for _ in 0..60 {
        let compute = || {
            sleep(Duration::from_millis(40));
            Ok::<_, Infallible>(b"dear".to_vec())
        };
        let done = match cache.get_or_compute(&key, &Want::default(), &Compute::ttl(TTL), compute) {
            Ok(done) => done,
            Err(never) => match never {},
        };
        if let Source::Computed { .. } = done.source {
            computed += 1;
            // With reasons, it was missing; without, it was renewed before its end.
            expired += usize::from(done.reasons.is_some());
        }
        sleep(Duration::from_millis(20));
    }
    println!("computed {computed} times, {expired} of them because it was not there");
    Ok(())
}
