//! Which finding of the old report is which finding of the new one.

use std::collections::{BTreeMap, VecDeque};

use amorsize_finding::Finding;

/// What two findings must share to be the same one, from the strictest to the loosest.
const KEYS: [fn(&Finding) -> String; 4] = [
    |f| f.fingerprint.to_string(),
    // The file was renamed.
    |f| joined(&[&f.function, &f.store, &f.key]),
    // The function was renamed.
    |f| joined(&[&f.path, &f.store, &f.key]),
    // Store or key are called something else, the code is the same.
    |f| joined(&[&f.path, &f.act.text, f.check.as_ref().map_or("", |check| &check.text)]),
];

fn joined(parts: &[&str]) -> String {
    parts.join("\u{0}")
}

/// A finding of the old report, its counterpart in the new one, or one of them alone.
pub(super) type Pair<'a> = (Option<&'a Finding>, Option<&'a Finding>);

/// Pairs the findings of two sorted reports.
pub(super) fn pairs<'a>(old: &'a [Finding], new: &'a [Finding]) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    let mut left: Vec<&Finding> = old.iter().collect();
    let mut right: Vec<&Finding> = new.iter().collect();
    for key in KEYS {
        let mut waiting: BTreeMap<_, VecDeque<&Finding>> = BTreeMap::new();
        for finding in left.drain(..) {
            waiting.entry(name(finding, key)).or_default().push_back(finding);
        }
        right.retain(|now| {
            let found = waiting.get_mut(&name(now, key)).and_then(VecDeque::pop_front);
            pairs.extend(found.map(|before| (Some(before), Some(*now))));
            found.is_none()
        });
        left = waiting.into_values().flatten().collect();
        left.sort_by(|a, b| a.order(b));
    }
    pairs.extend(left.into_iter().map(|before| (Some(before), None)));
    pairs.extend(right.into_iter().map(|now| (None, Some(now))));
    pairs
}

/// No key pairs findings of different roots or rules.
fn name(finding: &Finding, key: fn(&Finding) -> String) -> (u32, u16, String) {
    (finding.root, finding.rule.number(), key(finding))
}
