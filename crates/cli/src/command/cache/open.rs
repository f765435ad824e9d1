//! Which store is meant, and opening it.

use amorsize_cache::{Address, Cache, CacheReader, Kind, Options};

use crate::context::Context;
use crate::failure::Failure;
use crate::settings::Origin;

/// Where a store is, and who said so.
#[derive(Debug)]
pub(crate) struct Place {
    url: String,
    origin: String,
    /// The folder of this user's own store, which is ours to mark as a cache.
    folder: Option<std::path::PathBuf>,
}

impl Place {
    /// The store named by the flag, else by the settings, else the one of this user.
    pub(crate) fn find(flag: Option<&str>, context: &Context) -> Result<Self, Failure> {
        if let Some(url) = flag {
            return Ok(Self { url: url.to_owned(), origin: "--store".to_owned(), folder: None });
        }
        if let Some(url) = context.settings.text("cache.store") {
            let origin = context.settings.origin("cache.store");
            return Ok(Self { url: url.to_owned(), origin: origin.to_string(), folder: None });
        }
        let folder = context.environment.cache_directory().ok_or_else(|| {
            Failure::cannot(
                "there is no place for the cache: neither XDG_CACHE_HOME nor HOME is set",
            )
            .hint("name a store with --store sqlite:PATH")
        })?;
        let url = format!("sqlite:{}", folder.join("cache.sqlite").display());
        Ok(Self { url, origin: Origin::Default.to_string(), folder: Some(folder) })
    }

    /// The URL without passwords, for people.
    pub(crate) fn shown(&self) -> String {
        match (self.url.parse::<Address>(), self.url.split_once("://")) {
            (Ok(address), _) => address.to_string(),
            (Err(_), Some((scheme, _))) => format!("{scheme}://…"),
            (Err(_), None) => self.url.clone(),
        }
    }

    /// The file of an embedded store.
    pub(crate) fn file(&self) -> Option<std::path::PathBuf> {
        match self.url.parse::<Address>() {
            Ok(Address::Sqlite(path)) => Some(path),
            _ => None,
        }
    }

    /// Whether it ends with this command.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.url.parse::<Address>(), Ok(Address::Memory))
    }

    /// Who said so.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

/// Opens the store to read and write, making the embedded one if it is not there.
pub(crate) fn to_write(place: &Place, context: &Context, verb: &str) -> Result<Cache, Failure> {
    let bytes_max = context.settings.text("cache.max-size").unwrap_or("256MiB");
    let bytes_max = crate::units::bytes(bytes_max).map_err(Failure::cannot)?;
    let options = Options {
        program: format!("amorsize {verb}"),
        bytes_max: Some(bytes_max),
        ..Options::default()
    };
    let cache = Cache::open(&place.url, &options).map_err(|error| named(&error, &place.shown()))?;
    if let Some(folder) = &place.folder {
        amorsize_os::files::mark_as_cache(folder);
    }
    Ok(cache)
}

/// Opens the store to look into it. One that nobody has made yet is made, and empty.
pub(crate) fn to_read(place: &Place, context: &Context) -> Result<CacheReader, Failure> {
    match if_there(place).map_err(|error| named(&error, &place.shown()))? {
        Some(reader) => Ok(reader),
        None => Ok(to_write(place, context, "cache")?.reader()),
    }
}

/// The store, if somebody has made it already.
pub(crate) fn if_there(place: &Place) -> amorsize_cache::Result<Option<CacheReader>> {
    match CacheReader::open(&place.url, &Options::default()) {
        Ok(reader) => Ok(Some(reader)),
        Err(error) if error.kind() == Kind::Place => Ok(None),
        Err(error) => Err(error),
    }
}

/// An error of a store that is open, with what to do about it.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
pub(crate) fn failure(error: amorsize_cache::Error) -> Failure {
    let cause =
        std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    if let Some(cause) = cause.filter(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe) {
        return Failure::not_written(cause);
    }
    with_hint(Failure::cannot(&error), error.kind())
}

fn named(error: &amorsize_cache::Error, place: &str) -> Failure {
    with_hint(Failure::cannot(format!("could not open {place}: {error}")), error.kind())
}

fn with_hint(failure: Failure, kind: Kind) -> Failure {
    match kind {
        Kind::Busy => failure
            .hint("another process holds the write lock; try again, or see who has it with fuser"),
        Kind::Full => {
            failure.hint("make room, or lower the bound with `amorsize cache evict --max-size`")
        }
        Kind::Permission => failure.hint("name a store you may write with --store sqlite:PATH"),
        Kind::Place => failure.hint(
            "name a local path with --store sqlite:PATH, or a server with postgres:// or redis://",
        ),
        Kind::Foreign => {
            failure.hint("nothing was changed; name another path with --store sqlite:PATH")
        }
        Kind::Newer => failure.hint("update amorsize, or name another store with --store"),
        Kind::Damaged => {
            failure.hint(
            "`amorsize cache verify` says what is damaged; `repair` sets it aside, and `repair --rebuild` builds a file \
             anew whose structure is broken",
        )
        }
        Kind::Connection => failure.hint("is the server running and reachable?"),
        Kind::ClockJump => {
            failure.hint("if the clock is right, say so with `amorsize cache prune --force`")
        }
        _ => failure,
    }
}
