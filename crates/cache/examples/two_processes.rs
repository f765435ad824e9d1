//! Two processes on one file: the parent stores a value that has expired at once, the child prunes it, and the parent is
//! still told that it expired, with its age and by whom it was pruned.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use std::process::Command;
use std::time::Duration;

use amorsize_cache::{Cache, Key, Namespace, Options, Prune, Put, Want};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    match std::env::args().nth(1) {
        Some(path) => child(&path),
        None => parent(),
    }
}

fn parent() -> Outcome {
    let folder = std::env::temp_dir().join(format!("amorsize-example-{}", std::process::id()));
    let path = folder.join("cache.sqlite").display().to_string();
    let cache = Cache::open(&path, &Options::default())?;
    let key = Key::new(&Namespace::new("example")?, "short-lived");
    cache.put(&key, b"value", &Put::ttl(Duration::ZERO))?;
    println!("before: {}", cache.get(&key, &Want::default()).word());
    let status = Command::new(std::env::current_exe()?).arg(&path).status()?;
    assert!(status.success(), "the child does its work");
    if let Some(miss) = cache.get(&key, &Want::default()).miss() {
        println!("after:  {}", miss.reasons);
    }
    drop(cache);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn child(path: &str) -> Outcome {
    let options = Options { program: "the child".to_owned(), ..Options::default() };
    let cache = Cache::open(path, &options)?;
    let pruned = cache.prune(&Prune { margin: Duration::ZERO, ..Prune::default() })?;
    println!("child:  pruned {} value", pruned.pruned);
    Ok(())
}
