//! Addresses and how a store is opened.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use amorsize_os::clock::{Clock, SystemClock};

use crate::error::{Error, Kind, Result};
use crate::store::memory::Memory;
use crate::store::{Actor, Reader, Store};

/// How a cache is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The clock that entries are judged by; a server's own clock comes first.
    pub clock: Arc<dyn Clock>,
    /// Under what name this process appears in tombstones ("deleted … by amorsize prune (pid 42 on host)").
    pub program: String,
    /// How long a write, or a connection, waits at most.
    pub busy: Duration,
    /// Sync every write to the disk before it counts as done.
    pub durable: bool,
    /// Keep all live entries together below so many bytes, by dropping the least recently used.
    pub bytes_max: Option<u64>,
    /// Let writes clean up a little each: a constant number of expired bodies and old tombstones.
    pub upkeep: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            program: "amorsize".to_owned(),
            busy: Duration::from_secs(1),
            durable: false,
            bytes_max: Some(1 << 30),
            upkeep: true,
        }
    }
}

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Address {
    /// `memory:` — in this process, gone with it.
    Memory,
    /// `sqlite:PATH`, or just a path — one file, any number of processes.
    Sqlite(PathBuf),
    /// `postgres://…` — shared by hosts.
    Postgres(String),
    /// `redis://…` — shared by hosts.
    Redis(String),
}

impl std::fmt::Display for Address {
    /// The address as it can be typed, without its password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) | Self::Redis(url) => f.write_str(&without_password(url)),
        }
    }
}

/// A server's URL without the password that may stand in it, before the host or among the options.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, options) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    // A password that holds a slash or an at-sign without escape ends at the last one.
    let place = match place.rfind('@') {
        Some(at) => {
            let user = place[..at].split(':').next().unwrap_or_default();
            format!("{user}{}", &place[at..])
        }
        None => place.to_owned(),
    };
    let options: String = options.split_inclusive(['?', '&', '#']).map(without_secret).collect();
    format!("{scheme}://{place}{options}")
}

/// One option of a URL, with what follows it; the value of a secret one is left out.
fn without_secret(option: &str) -> String {
    let Some((name, value)) = option.split_once('=') else { return option.to_owned() };
    let is_secret = name.to_ascii_lowercase().contains("pass");
    let end = value.strip_suffix(['?', '&', '#']).map_or(value.len(), str::len);
    if is_secret { format!("{name}=***{}", &value[end..]) } else { option.to_owned() }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return path_address(text);
        };
        match scheme {
            "memory" if rest.is_empty() => Ok(Self::Memory),
            "sqlite" => path_address(rest),
            "postgres" | "postgresql" => Ok(Self::Postgres(text.to_owned())),
            "redis" | "rediss" | "valkey" => Ok(Self::Redis(text.to_owned())),
            // A path with a colon in it.
            _ if scheme.contains(['/', '.']) => path_address(text),
            _ => Err(Kind::Input.because(format!(
                "{:?} is no address of a cache: use sqlite:PATH, memory:, postgres://… or redis://…",
                without_password(text)
            ))),
        }
    }
}

fn path_address(path: &str) -> Result<Address> {
    if path.is_empty() {
        return Err(Kind::Input.because("the address of a cache has no path"));
    }
    Ok(Address::Sqlite(PathBuf::from(path)))
}

/// Opens the store at an address.
pub(super) fn open_store(address: &Address, options: &Options) -> Result<Arc<dyn Store>> {
    let actor = Actor::named(&options.program);
    match address {
        Address::Memory => Ok(Arc::new(Memory::new(Arc::clone(&options.clock), actor))),
        #[cfg(feature = "sqlite")]
        Address::Sqlite(path) => {
            use crate::store::sqlite::Sqlite;
            let clock = Arc::clone(&options.clock);
            Ok(Arc::new(Sqlite::open(path, sqlite_options(options), clock, actor)?))
        }
        #[cfg(feature = "postgres")]
        Address::Postgres(url) => {
            Ok(Arc::new(crate::store::postgres::Postgres::open(url, actor, options.busy)?))
        }
        #[cfg(feature = "redis")]
        Address::Redis(url) => {
            Ok(Arc::new(crate::store::redis::Redis::open(url, actor, options.busy)?))
        }
        #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
        other => Err(not_built(other)),
    }
}

/// Opens the store at an address without ever writing to it.
pub(super) fn open_reader(address: &Address, options: &Options) -> Result<Arc<dyn Reader>> {
    match address {
        #[cfg(feature = "sqlite")]
        Address::Sqlite(path) => {
            use crate::store::sqlite::Sqlite;
            let (clock, actor) = (Arc::clone(&options.clock), Actor::named(&options.program));
            Ok(Arc::new(Sqlite::open_to_read(path, sqlite_options(options), clock, actor)?))
        }
        other => {
            let store: Arc<dyn Reader> = open_store(other, options)?;
            Ok(store)
        }
    }
}

#[cfg(feature = "sqlite")]
const fn sqlite_options(options: &Options) -> crate::store::sqlite::SqliteOptions {
    crate::store::sqlite::SqliteOptions { busy: options.busy, durable: options.durable }
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
fn not_built(address: &Address) -> Error {
    let engine = match address {
        Address::Memory => "memory",
        Address::Sqlite(_) => "SQLite",
        Address::Postgres(_) => "PostgreSQL",
        Address::Redis(_) => "Redis",
    };
    Kind::Place.because(format!("this build has no {engine} engine"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown_wherever_it_stands() {
        for (url, shown) in [
            ("postgres://me:secret@h:1/db?x=1", "postgres://me@h:1/db?x=1"),
            ("postgres://me@h/db?password=secret&x=1", "postgres://me@h/db?password=***&x=1"),
            ("postgres://me@h/db?x=1&sslpassword=secret", "postgres://me@h/db?x=1&sslpassword=***"),
            ("postgres://me:p@ss/secret@h/db", "postgres://me@h/db"),
            ("redis://:secret@h/0?prefix=a", "redis://@h/0?prefix=a"),
            ("redis://h/0", "redis://h/0"),
        ] {
            assert_eq!(url.parse::<Address>().unwrap().to_string(), shown);
        }
        let unknown = "mysql://me:secret@h/db".parse::<Address>().unwrap_err();
        assert!(!unknown.to_string().contains("secret"), "{unknown}");
    }

    #[test]
    fn addresses_are_told_apart_and_wrong_ones_refused() {
        assert_eq!("memory:".parse::<Address>().unwrap(), Address::Memory);
        let path = Address::Sqlite("a/b.db".into());
        assert_eq!("sqlite:a/b.db".parse::<Address>().unwrap(), path);
        assert_eq!("a/b.db".parse::<Address>().unwrap(), path);
        let colon = Address::Sqlite("./a:b.db".into());
        assert_eq!("./a:b.db".parse::<Address>().unwrap(), colon);
        assert!(matches!("redis://h/0".parse::<Address>().unwrap(), Address::Redis(_)));
        for wrong in ["", "sqlite:", "mysql://h", "memory:x"] {
            assert_eq!(wrong.parse::<Address>().unwrap_err().kind(), Kind::Input, "{wrong}");
        }
    }
}
