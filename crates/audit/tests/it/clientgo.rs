//! client-go's queues, where the truth is known: what the audit says of each place.

use amorsize_finding::{Finding, Verdict};

use crate::systems::{client_go, copy, of, seen, told};

/// The version the published report is about, and one in which a helper drops the lock.
const OLD: &str = "0.30.0";
const NEW: &str = "0.37.2";

fn queues(version: &str) -> Option<Vec<Finding>> {
    let from = client_go(version)?;
    let folder = tempfile::tempdir().expect("a private folder");
    copy(&from, &["tools/cache", "tools/record", "tools/leaderelection"], folder.path());
    Some(told(vec![folder.path().to_path_buf()], false))
}

#[test]
fn the_queue_of_deltas_is_told_as_it_is() {
    for version in [OLD, NEW] {
        let Some(found) = queues(version) else { continue };
        let sync = "DeltaFIFO.syncKeyLocked";
        // The published report's pair is closed by the lock that the only caller holds.
        let closed = of(&found, (sync, 101, Verdict::Closed));
        let items = closed.first().unwrap_or_else(|| panic!("{:#?}", seen(&found, sync)));
        let check = items.check.as_ref().expect("a check");
        assert!(check.text.contains("len(f.items[id]) > 0"), "{}", check.text);
        assert!(items.guard.as_ref().is_some_and(|guard| guard.name.contains("lock")));
        // What the decision rests on is another party's store.
        let known = of(&found, (sync, 108, Verdict::Conditional));
        let known = known.first().unwrap_or_else(|| panic!("{:#?}", seen(&found, sync)));
        let assumption = known.assumption.as_deref().unwrap_or_default();
        assert!(assumption.contains("knownObjects"), "{assumption}");
        let quoted = known
            .acknowledged
            .iter()
            .any(|said| said.text.starts_with("NewDeltaFIFO: NOTE: It is possible to misuse this"));
        assert!(quoted, "{:?}", known.acknowledged);
    }
}

#[test]
fn what_replace_lists_may_be_gone_when_it_is_fetched() {
    for version in [OLD, NEW] {
        let Some(found) = queues(version) else { continue };
        let listed = of(&found, ("DeltaFIFO.Replace", 120, Verdict::Conditional));
        let listed =
            listed.first().unwrap_or_else(|| panic!("{:#?}", seen(&found, "DeltaFIFO.Replace")));
        let check = listed.check.as_ref().expect("a check");
        assert!(check.text.contains("ListKeys") && listed.act.text.contains("GetByKey"));
        assert!(listed.witness.as_ref().is_some_and(|witness| witness.steps.len() >= 3));
    }
}

#[test]
fn nothing_is_alarmed_in_the_queue_of_deltas() {
    for version in [OLD, NEW] {
        let Some(found) = queues(version) else { continue };
        let open: Vec<&str> = found
            .iter()
            .filter(|f| f.verdict == Verdict::Open && f.path.ends_with("delta_fifo.go"))
            .map(|f| f.function.as_str())
            .collect();
        assert!(open.is_empty(), "{open:?}");
        let elected = found.iter().filter(|f| f.path.contains("leaderelection"));
        assert_eq!(elected.count(), 0, "compare and swap is left alone");
    }
}

#[test]
fn a_helper_that_drops_the_lock_is_seen() {
    let Some(found) = queues(NEW) else { return };
    let dropped = of(&found, ("RealFIFO.Pop", 110, Verdict::Conditional));
    let dropped = dropped.first().unwrap_or_else(|| panic!("{:#?}", seen(&found, "RealFIFO.Pop")));
    assert!(dropped.message.contains("whileProcessing_locked"), "{}", dropped.message);
    assert!(dropped.assumption.is_some());
}

#[test]
fn the_filter_of_events_rests_on_its_callers() {
    // Under a lock in the one version, without in the other.
    if let Some(found) = queues(OLD) {
        let alarms = seen(&found, "EventSourceObjectSpamFilter.Filter");
        assert!(alarms.is_empty(), "{alarms:#?}");
    }
    let Some(found) = queues(NEW) else { return };
    let filter = "EventSourceObjectSpamFilter.Filter";
    let composed = of(&found, (filter, 102, Verdict::Conditional));
    assert_eq!(composed.len(), 1, "{:#?}", seen(&found, filter));
}
