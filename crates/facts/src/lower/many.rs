//! Entries that a cache is given at once: `cache.set_many({key: value})` sets each of them, and what
//! `get_many` gave is put back under the keys that it was asked for.

use super::body::{Body, Val};
use super::effect::{Args, Given};
use crate::event::{Name, ValueId, ValueKind};
use crate::syntax::{ExprId, ExprKind};

/// Entries that are told apart.
const ENTRIES_MAX: usize = 4;
/// Keys of one dictionary.
const KEYS_MAX: usize = 32;

impl Body<'_, '_, '_> {
    /// Keeps the keys of a dictionary that is written out, where each can be told.
    pub(super) fn note_keys(&mut self, made: ValueId, pairs: &[(Option<ExprId>, ExprId)]) {
        if self.cx.is_go() || pairs.is_empty() || pairs.len() > KEYS_MAX {
            return;
        }
        let told = |key: Option<ExprId>| {
            key.filter(|key| {
                matches!(self.cx.tree.kind(*key), ExprKind::Name(_) | ExprKind::Text(_))
            })
        };
        let keys: Option<Vec<ExprId>> = pairs.iter().map(|(key, _)| told(*key)).collect();
        if let Some(keys) = keys {
            let keys = keys.into_iter().map(|key| self.expr(key).id).collect();
            self.entry_keys.insert(made, keys);
        }
    }

    /// The call for each entry of those that are set at once.
    pub(super) fn each_of_many(&self, args: &Args) -> Option<Vec<Args>> {
        let many = matches!(args.name.as_str(), "set_many" | "aset_many" | "set_multi");
        let given = args.given.first().filter(|given| given.name.is_none())?;
        if self.cx.is_go() || !many {
            return None;
        }
        let entries = match (self.value(given.val.id), self.entry_keys.get(&given.val.id)) {
            (ValueKind::New(_, values), Some(keys)) => {
                keys.iter().copied().zip(values.iter().copied()).take(ENTRIES_MAX).collect()
            }
            // What is put back was changed where it was.
            (ValueKind::Result(event, _), _) => {
                let asked = self.seen.get(event).and_then(|seen| seen.key.value)?;
                vec![(asked, given.val.id)]
            }
            _ => return None,
        };
        let plain =
            |id: ValueId| Given { name: None, stars: 0, val: Val { id, ty: None, path: None } };
        let own = |(key, value): (ValueId, ValueId)| {
            let mut own = args.clone();
            own.name = Name::new("set");
            own.given.splice(..1, [plain(key), plain(value)]);
            own
        };
        Some(entries.into_iter().map(own).collect::<Vec<Args>>())
    }
}
