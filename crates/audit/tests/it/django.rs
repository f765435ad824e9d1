//! Django's cache backends, where the truth is known from forced execution: what the audit says of
//! each place.

use amorsize_finding::{Finding, Severity, Verdict};

use crate::systems::{copy, django, of, seen, told};

/// The cache framework and the page that documents it.
fn backends(all: bool) -> Option<Vec<Finding>> {
    let from = django()?;
    let folder = tempfile::tempdir().expect("a private folder");
    let parts = ["django/core/cache", "django/core/cache/backends"];
    copy(&from, &parts, folder.path());
    if from.join("docs/topics").is_dir() {
        copy(&from, &["docs/topics"], folder.path());
    }
    Some(told(vec![folder.path().to_path_buf()], all))
}

/// The rows of the table: function, rule, verdict, and what must stand in the line of the act.
const ROWS: &[(&str, u16, Verdict, &str)] = &[
    ("DatabaseCache._base_set", 150, Verdict::Closed, "INSERT"),
    ("DatabaseCache._base_set", 150, Verdict::Open, "UPDATE"),
    ("DatabaseCache._base_set", 302, Verdict::Open, "UPDATE"),
    ("DatabaseCache._base_set", 301, Verdict::Open, "return False"),
    ("DatabaseCache._base_set", 170, Verdict::Conditional, "_cull"),
    ("DatabaseCache._base_set", 201, Verdict::Open, "_cull"),
    ("DatabaseCache.get_many", 131, Verdict::Open, "_base_delete_many"),
    ("BaseCache.incr", 103, Verdict::Open, "self.set"),
    ("FileBasedCache.add", 101, Verdict::Open, "self.set"),
    ("FileBasedCache._is_expired", 131, Verdict::Open, "_delete"),
];

#[test]
fn every_row_is_given_without_asking_for_all() {
    let Some(found) = backends(false) else { return };
    for (function, rule, verdict, act) in ROWS {
        let hits = of(&found, (function, *rule, *verdict));
        assert!(
            hits.iter().any(|f| f.act.text.contains(act)),
            "{function} CTA{rule} {verdict} {act}: {:#?}",
            seen(&found, function)
        );
    }
}

#[test]
fn an_expired_key_is_won_twice_and_an_absent_one_is_not() {
    let Some(found) = backends(false) else { return };
    let set = "DatabaseCache._base_set";
    let open = of(&found, (set, 150, Verdict::Open))[0];
    let witness = open.witness.as_ref().expect("a schedule");
    assert_eq!(witness.initial, "an expired entry is there");
    assert!(witness.outcome.contains("A returns True, B returns True"), "{}", witness.outcome);
    assert!(witness.not_serial.contains("returns False"), "{}", witness.not_serial);
    let closed = of(&found, (set, 150, Verdict::Closed))[0];
    let guard = closed.guard.as_ref().expect("the guard is named");
    assert!(guard.name.contains("INSERT INTO"), "{}", guard.name);
    assert!(closed.message.contains("who was too late"), "{}", closed.message);
}

#[test]
fn the_error_that_is_swallowed_is_shown_where_it_is() {
    let Some(found) = backends(false) else { return };
    let silent = of(&found, ("DatabaseCache._base_set", 301, Verdict::Open))[0];
    let masked = silent.masked.as_ref().expect("the handler");
    assert_eq!((masked.text.as_str(), masked.told.as_str()), ("except DatabaseError:", "no"));
    let said: Vec<&str> = silent.acknowledged.iter().map(|said| said.text.as_str()).collect();
    assert!(said.iter().any(|text| text.contains("allowed to fail silently")), "{said:?}");
    let witness = silent.witness.as_ref().expect("a run");
    assert_eq!(witness.outcome.split(';').next(), Some("the old value is left"));
}

#[test]
fn the_store_in_memory_does_it_right() {
    let Some(found) = backends(false) else { return };
    for (function, rule, sibling) in [
        ("DatabaseCache._base_set", 150, "LocMemCache.add"),
        ("FileBasedCache.add", 101, "LocMemCache.add"),
        ("BaseCache.incr", 103, "LocMemCache.incr"),
    ] {
        let open = of(&found, (function, rule, Verdict::Open))[0];
        let right = open.sibling.as_ref().expect("a sibling");
        assert_eq!((right.function.as_str(), right.path.contains("locmem.py")), (sibling, true));
    }
}

#[test]
fn a_documented_limitation_is_a_note() {
    let Some(found) = backends(false) else { return };
    let incr = of(&found, ("BaseCache.incr", 103, Verdict::Open))[0];
    let said = incr.documented.as_deref().expect("the documentation is quoted");
    assert!(said.starts_with("docs/topics/cache.txt:1102: "), "{said}");
    assert!(said.contains("not guaranteed to be atomic"), "{said}");
    assert_eq!(incr.severity, Severity::Note);
}

#[test]
fn what_is_right_is_left_alone() {
    let Some(found) = backends(false) else { return };
    for function in [
        "LocMemCache.add",
        "LocMemCache.incr",
        "LocMemCache._set",
        "BaseCache.get_or_set",
        "FileBasedCache.has_key",
        "RedisCacheClient._get_connection_pool",
    ] {
        assert!(seen(&found, function).is_empty(), "{function}: {:#?}", seen(&found, function));
    }
}
