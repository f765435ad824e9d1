//! Where the store is: the URL, taken apart.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::error::{Kind, Result};

/// The schema when the URL names none.
const SCHEMA: &str = "amorsize";
const SCHEMA_BYTES_MAX: usize = 48;

/// A parsed URL.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) config: Config,
    pub(super) schema: String,
    /// The URL without the password.
    pub(super) location: String,
}

impl Place {
    /// Parses `postgres://user:password@host:port/database?schema=NAME`; messages never repeat the URL, which may
    /// hold a password.
    pub(super) fn parse(url: &str, wait: Duration) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut schema = SCHEMA.to_owned();
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("schema" | "prefix", name)) => name.clone_into(&mut schema),
                _ => rest.push(pair),
            }
        }
        check_schema(&schema)?;
        let plain =
            if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let mut config: Config = plain.parse().map_err(|_| {
            Kind::Input.because(
                "this is not a PostgreSQL URL (postgres://user:password@host:port/database?schema=name)",
            )
        })?;
        let wait_ms = wait.as_millis().max(1);
        config.application_name("amorsize");
        config.connect_timeout(wait.max(Duration::from_secs(2)));
        // A transaction of a stopped client is ended by the server, so that its locks do not outlive its deadline by much.
        config.options(format!(
            "-c search_path={schema} -c lock_timeout={wait_ms} -c idle_in_transaction_session_timeout={wait_ms} \
             -c default_transaction_isolation=read\\ committed"
        ));
        let location = location(&config, &schema);
        Ok(Self { config, schema, location })
    }
}

fn check_schema(name: &str) -> Result<()> {
    let fits = !name.is_empty()
        && name.len() <= SCHEMA_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && !name.starts_with("pg_")
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if fits {
        return Ok(());
    }
    Err(Kind::Input.because(format!(
        "a schema is 1 to {SCHEMA_BYTES_MAX} of a-z, 0-9 and _, begins with a letter or _, and not with pg_"
    )))
}

fn location(config: &Config, schema: &str) -> String {
    let user = config.get_user().map_or_else(String::new, |user| format!("{user}@"));
    let host = config.get_hosts().first().map_or_else(
        || "localhost".to_owned(),
        |host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.to_string_lossy().replace('/', "%2F"),
        },
    );
    let port = config.get_ports().first().map_or_else(String::new, |port| format!(":{port}"));
    let database = config.get_dbname().unwrap_or_default();
    format!("postgres://{user}{host}{port}/{database}?schema={schema}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Place> {
        Place::parse(url, Duration::from_secs(1))
    }

    #[test]
    fn a_password_is_never_shown() {
        let place = parse("postgres://joe:s3cret@db.example:5433/app?schema=cache_1").unwrap();
        assert_eq!(place.location, "postgres://joe@db.example:5433/app?schema=cache_1");
        assert_eq!(place.schema, "cache_1");
        for bad in
            ["postgres://joe:s3cret@[/app", "postgres://joe:s3cret@h/d?schema=A%20b", "joe:s3cret"]
        {
            let error = parse(bad).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
            assert_eq!(error.kind(), Kind::Input);
        }
    }

    #[test]
    fn a_schema_is_a_plain_name() {
        for bad in ["", "pg_x", "1a", "a-b", "a;drop", "A"] {
            assert!(check_schema(bad).is_err(), "{bad:?}");
        }
        assert!(check_schema("_a1").is_ok());
    }
}
