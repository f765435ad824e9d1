//! Opens the engines by a URL.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amorsize_cache::store::Actor;
use amorsize_cache::store::memory::Memory;
use amorsize_cache::store::postgres::Postgres;
use amorsize_cache::store::redis::Redis;
use amorsize_cache::store::sqlite::{Sqlite, SqliteOptions};
use amorsize_cache::{Result, Store};
use amorsize_os::clock::{Clock, SystemClock};

use crate::clock::SkewedClock;

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// In this process only.
    Memory,
    /// A file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
    /// A Redis or Valkey server.
    Redis,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Memory, Self::Sqlite, Self::Postgres, Self::Redis];

    /// The name, as a flag takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }

    /// The engine of a URL.
    #[must_use]
    pub fn of(url: &str) -> Self {
        match url.split(':').next() {
            Some("memory") => Self::Memory,
            Some("postgres" | "postgresql") => Self::Postgres,
            Some("redis" | "valkey") => Self::Redis,
            _ => Self::Sqlite,
        }
    }

    /// Tells whether it judges by a server's clock, which our skew does not reach.
    #[must_use]
    pub const fn has_own_clock(self) -> bool {
        matches!(self, Self::Postgres | Self::Redis)
    }
}

/// Opens the store at `url`, with a clock `ahead_ns` off where the engine uses ours; and the clock it judges by.
///
/// # Errors
///
/// When the store cannot be opened.
pub fn open(url: &str, ahead_ns: i64, wait: Duration) -> Result<(Arc<dyn Store>, Arc<dyn Clock>)> {
    let actor = Actor::named("soak");
    let engine = Engine::of(url);
    let clock: Arc<dyn Clock> = if engine.has_own_clock() {
        Arc::new(SystemClock)
    } else {
        Arc::new(SkewedClock { ahead_ns })
    };
    let store: Arc<dyn Store> = match engine {
        Engine::Memory => Arc::new(Memory::new(Arc::clone(&clock), actor)),
        Engine::Postgres => Arc::new(Postgres::open(url, actor, wait)?),
        Engine::Sqlite => {
            let path = Path::new(url.trim_start_matches("sqlite:"));
            let options = SqliteOptions { busy: wait, durable: false };
            Arc::new(Sqlite::open(path, options, Arc::clone(&clock), actor)?)
        }
        Engine::Redis => Arc::new(Redis::open(url, actor, wait)?),
    };
    Ok((store, clock))
}
