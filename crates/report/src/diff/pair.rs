//! Which finding of the old report is which finding of the new one.

use std::collections::{BTreeMap, VecDeque};

use amorsize_finding::{Finding, Report};

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

/// Which root of the old report is which of the new one.
pub(super) struct Roots {
    /// The new index of every old root.
    new: Vec<u32>,
}

impl Roots {
    /// By name where every old name is there once; otherwise in the order given, for the folders of two
    /// versions are seldom called the same.
    pub(super) fn of(old: &Report, new: &Report) -> Self {
        let found: Option<Vec<u32>> = old
            .roots
            .iter()
            .map(|root| {
                let mut same = (0..).zip(&new.roots).filter(|(_, other)| other.name == root.name);
                let (at, _) = same.next()?;
                same.next().is_none().then_some(at)
            })
            .collect();
        let count = u32::try_from(old.roots.len()).unwrap_or(u32::MAX);
        Self { new: found.unwrap_or_else(|| (0..count).collect()) }
    }

    /// The new index of an old root.
    pub(super) fn new_of(&self, old: u32) -> u32 {
        self.new.get(old as usize).copied().unwrap_or(old)
    }
}

/// Pairs the findings of two sorted reports.
pub(super) fn pairs<'a>(old: &'a Report, new: &'a Report, roots: &Roots) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    let mut left: Vec<&Finding> = old.findings.iter().collect();
    let mut right: Vec<&Finding> = new.findings.iter().collect();
    for key in KEYS {
        let mut waiting: BTreeMap<_, VecDeque<&Finding>> = BTreeMap::new();
        for finding in left.drain(..) {
            let root = roots.new_of(finding.root);
            waiting.entry(name(finding, root, key)).or_default().push_back(finding);
        }
        right.retain(|now| {
            let found = waiting.get_mut(&name(now, now.root, key)).and_then(VecDeque::pop_front);
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
fn name(finding: &Finding, root: u32, key: fn(&Finding) -> String) -> (u32, u16, String) {
    (root, finding.rule.number(), key(finding))
}
