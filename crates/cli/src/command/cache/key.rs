//! From the words on the command line to a key.
//!
//! A word that is the beginning of exactly one stored id (eight digits or more) means that entry; everything else is a
//! subject, with a namespace and parts, or the whole name as JSON. A key that was never stored is a key too: asking
//! for it is how one learns that.

use std::collections::BTreeSet;

use amorsize_cache::{Key, Namespace, Reader};

use super::args::KeyArgs;
use crate::failure::Failure;

/// So many digits of an id are enough to try it as one.
const DIGITS_LEAST: usize = 8;

/// The key that was meant.
pub(super) fn find(args: &KeyArgs, store: &dyn Reader) -> Result<Key, Failure> {
    let is_id = args.key.len() >= DIGITS_LEAST && args.key.chars().all(|c| c.is_ascii_hexdigit());
    if is_id && args.parts.is_empty() {
        let found = store.find(&args.key, 50).map_err(super::open::failure)?;
        let wanted = args.key.to_ascii_lowercase();
        let mut by_id = found.into_iter().filter(|key| key.id().to_string().starts_with(&wanted));
        match (by_id.next(), by_id.next()) {
            (Some(key), None) => return Ok(key),
            (Some(_), Some(_)) => {
                return Err(Failure::cannot(format!("{} begins more than one id", args.key))
                    .hint("give more digits; `amorsize cache list` shows them"));
            }
            _ => {}
        }
    }
    from_words(args)
}

/// The key that the words alone build.
pub(super) fn from_words(args: &KeyArgs) -> Result<Key, Failure> {
    if args.key.starts_with('{') {
        return Key::from_name(&args.key)
            .map_err(|error| Failure::cannot(format!("the key as JSON: {error}")));
    }
    if args.key.is_empty() {
        return Err(Failure::cannot("the key is empty").hint("name its subject"));
    }
    let mut key = Key::new(&namespace(&args.namespace)?, &args.key);
    let mut given = BTreeSet::new();
    for part in &args.parts {
        let Some((name, value)) = part.split_once('=') else {
            return Err(Failure::cannot(format!("--part {part:?} has no `=`"))
                .hint("write --part inputs=a.txt"));
        };
        if !given.insert(name) {
            return Err(Failure::cannot(format!("--part {name} is given twice")));
        }
        key = key.part(name, value).map_err(|error| Failure::cannot(format!("--part: {error}")))?;
    }
    Ok(key)
}

/// A namespace by its name.
pub(super) fn namespace(name: &str) -> Result<Namespace, Failure> {
    Namespace::new(name).map_err(|error| Failure::cannot(format!("--namespace: {error}")))
}

/// A namespace by its name, if one was given.
pub(super) fn namespace_of(name: Option<&str>) -> Result<Option<Namespace>, Failure> {
    name.map(namespace).transpose()
}
