//! Runs a store under the workload until an untruth is found.

use amorsize_testkit::history::{Mix, Rules, Subject, Verdict, check, run_in_threads};

pub(crate) const ACTORS: usize = 4;
const KEYS: usize = 8;
const CALLS_A_ROUND: u64 = 2_000;
const ROUNDS: u64 = 20;

/// Runs rounds until an untruth is found; hands back the last verdict.
pub(crate) fn hunt(
    mix: Mix,
    mut subjects: impl FnMut(u64) -> Vec<Box<dyn Subject + Send>>,
) -> Verdict {
    let mut verdict = Verdict::default();
    for seed in 0..ROUNDS {
        let events = run_in_threads(subjects(seed), seed, KEYS, CALLS_A_ROUND, mix);
        verdict.merge(check(&events, Rules::default()));
        if !verdict.is_truthful() {
            break;
        }
    }
    verdict
}
