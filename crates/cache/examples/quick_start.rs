//! Keeps a value, finds it again, and is told why another one is missing.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::time::Duration;

use amorsize_cache::{Cache, Key, Lookup, Namespace, Options, Put, Want};

fn main() -> Result<(), amorsize_cache::Error> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let cache = Cache::open(&path, &Options::default())?;
    let mine = Namespace::new("mine")?;
    let key = Key::new(&mine, "squares").code("v1").inputs("1..10");
    let stored = cache.put(&key, b"1 4 9", &Put::ttl(Duration::from_hours(1)))?;
    println!("stored: {}", stored.stored().is_some());
    let other = Key::new(&mine, "squares").code("v2").inputs("1..10");
    for key in [key, other] {
        match cache.get(&key, &Want::default()) {
            Lookup::Hit(hit) => println!("{key}: {} bytes, age {:?}", hit.value.len(), hit.age()),
            Lookup::Miss(miss) => println!("{key}: {}", miss.reasons),
        }
    }
    Ok(())
}
