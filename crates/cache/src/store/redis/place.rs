//! Where the store is: the URL, taken apart.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};

use crate::error::{Kind, Result};

const PREFIX: &str = "amorsize";
const PREFIX_BYTES_MAX: usize = 64;

/// A parsed URL.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) info: ConnectionInfo,
    /// Begins the name of every key; in braces, so that a cluster keeps them together.
    pub(super) prefix: String,
    /// The URL without the password.
    pub(super) location: String,
}

impl Place {
    /// Parses `redis://user:password@host:port/db?prefix=NAME`; messages never repeat the URL, which may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut prefix = PREFIX.to_owned();
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("prefix" | "schema", name)) => name.clone_into(&mut prefix),
                _ => rest.push(pair),
            }
        }
        check_prefix(&prefix)?;
        if base.starts_with("rediss:") {
            return Err(
                Kind::Place.because("this build speaks no TLS: use redis:// on a trusted network")
            );
        }
        let base = base
            .strip_prefix("valkey:")
            .map_or_else(|| base.to_owned(), |it| format!("redis:{it}"));
        let plain = if rest.is_empty() { base } else { format!("{base}?{}", rest.join("&")) };
        let info = plain.as_str().into_connection_info().map_err(|_| {
            Kind::Input
                .because("this is not a Redis URL (redis://user:password@host:port/db?prefix=name)")
        })?;
        let at = match info.addr() {
            ConnectionAddr::Tcp(host, port) => format!("redis://{host}:{port}"),
            other => format!("redis+unix://{other}"),
        };
        let location = format!("{at}/{}?prefix={prefix}", info.redis_settings().db());
        Ok(Self { info, prefix, location })
    }
}

fn check_prefix(name: &str) -> Result<()> {
    let fits = !name.is_empty()
        && name.len() <= PREFIX_BYTES_MAX
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c));
    if fits {
        return Ok(());
    }
    Err(Kind::Input
        .because(format!("a prefix is 1 to {PREFIX_BYTES_MAX} of a-z, A-Z, 0-9, _, -, . and :")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let place = Place::parse("redis://joe:s3cret@db.example:6380/2?prefix=app:1").unwrap();
        assert_eq!(place.location, "redis://db.example:6380/2?prefix=app:1");
        assert_eq!(place.prefix, "app:1");
        for bad in [
            "redis://joe:s3cret@h/notanumber",
            "redis://:s3cret@h/0?prefix=a b",
            "rediss://:s3cret@h/0",
        ] {
            let error = Place::parse(bad).map(|place| place.location).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
        assert_eq!(
            Place::parse("valkey://h/0").unwrap().location,
            "redis://h:6379/0?prefix=amorsize"
        );
    }
}
