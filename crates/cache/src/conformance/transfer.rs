//! Export and import.

use crate::error::Kind;
use crate::fingerprint::Fingerprint;
use crate::key::Key;
use crate::lookup::Want;
use crate::ops::transfer::{Import, Merge};
use crate::ops::write::Put;
use crate::store::Store;

use super::steps::{hit, key, miss, put};
use super::{LONG, Subject};

fn export(store: &dyn Store) -> String {
    let mut bytes = Vec::new();
    store.export(None, &mut bytes).expect("exports");
    String::from_utf8(bytes).expect("text")
}

fn import(store: &dyn Store, text: &str, merge: Merge) -> crate::Result<(usize, usize)> {
    let how = Import { merge, dry_run: false };
    let imported = store.import(&mut text.as_bytes(), &how)?;
    Ok((imported.stored, imported.kept))
}

pub(super) fn round_trip(subject: &dyn Subject) {
    let store = subject.open();
    let machine = Fingerprint::new().exact("cores", 8_u32);
    let how = Put { fmt: 2, fingerprint: Some(machine.clone()), ..Put::ttl(LONG) };
    let first = put(&*store, &key("text"), "zwölf".as_bytes(), &how);
    put(&*store, &key("binary"), &[0xff, 0, 1], &Put::default());
    put(&*store, &key("removed"), b"x", &Put::default());
    store.remove(key("removed").id()).expect("removes");
    let text = export(&*store);
    assert_eq!(text, export(&*store), "an export is the same each time");
    store.clear(None).expect("clears");
    assert_eq!(import(&*store, &text, Merge::Skip).expect("imports"), (2, 0));
    let want = Want { fmt: 2, fingerprint: Some(machine), ..Want::default() };
    let found = hit(&*store, &key("text"), &want);
    assert_eq!(
        (&*found.value, found.created, found.ttl),
        ("zwölf".as_bytes(), first.created, Some(LONG))
    );
    assert!(found.generation > first.generation);
    let other = Want {
        fmt: 2,
        fingerprint: Some(Fingerprint::new().exact("cores", 2_u32)),
        ..Want::default()
    };
    assert!(miss(&*store, &key("text"), &other).reasons.has("incompatible"));
    assert_eq!(&*hit(&*store, &key("binary"), &Want::default()).value, [0xff, 0, 1]);
    assert!(miss(&*store, &key("removed"), &Want::default()).reasons.has("deleted"));
    assert!(store.verify().expect("checks").problems.is_empty());
}

pub(super) fn all_or_nothing(subject: &dyn Subject) {
    let store = subject.open();
    put(&*store, &key("one"), b"v1", &Put::default());
    put(&*store, &key("two"), b"v2", &Put::ttl(LONG));
    let good = export(&*store);
    store.clear(None).expect("clears");
    let lines: Vec<&str> = good.lines().collect();
    let count = r#"{"entries":2}"#;
    let edited = |from: &str, to: &str| good.replace(from, to);
    let counted =
        |text: &str| format!("{}\n{count}\n", text.lines().take(3).collect::<Vec<_>>().join("\n"));
    let bad = [
        ("empty", String::new()),
        ("an empty list", "[]".to_owned()),
        ("null", "null\n".to_owned()),
        ("not an export", "{\"schema\":\"other\",\"version\":1}\n".to_owned()),
        ("newer", edited("\"version\":1", "\"version\":2")),
        ("cut after a line", format!("{}\n{}\n", lines[0], lines[1])),
        ("cut in a line", good[..good.len() / 2].to_owned()),
        ("edited", edited("v1", "v9")),
        ("more after the end", format!("{good}x\n")),
        ("a wrong count", format!("{}\n{}\n{}\n{{\"entries\":3}}\n", lines[0], lines[1], lines[2])),
        ("the same key twice", format!("{}\n{}\n{}\n{count}\n", lines[0], lines[1], lines[1])),
        ("made in 2090", counted(&future(&good))),
        ("a null time", counted(&null_time(&good))),
        ("a path for a namespace", counted(&edited("\"conformance\"", "\"../../x\""))),
        ("an unknown field", counted(&edited("\"fmt\":", "\"path\":\"/etc/passwd\",\"fmt\":"))),
        ("no value", counted(&edited("\"text\":\"v2\"", "\"cost_ns\":0"))),
        ("odd digits", counted(&edited("\"text\":\"v2\"", "\"hex\":\"zz\""))),
    ];
    for (what, text) in bad {
        let error = import(&*store, &text, Merge::Overwrite).expect_err(what);
        assert_eq!(error.kind(), Kind::Import, "{what}: {error}");
        assert!(error.to_string().starts_with("line "), "{what}: {error}");
        for name in ["one", "two"] {
            let found = miss(&*store, &key(name), &Want::default());
            assert!(found.reasons.has("deleted"), "{what} wrote something");
        }
    }
    let how = Import { merge: Merge::Skip, dry_run: true };
    let would = store.import(&mut good.as_bytes(), &how).expect("checks");
    assert_eq!((would.entries, would.stored, would.kept), (2, 2, 0));
    assert!(miss(&*store, &key("one"), &Want::default()).reasons.has("deleted"));
    assert_eq!(import(&*store, &counted(&good), Merge::Skip).expect("a count is enough"), (2, 0));
}

/// The export with every time of storing moved to 2090.
fn future(text: &str) -> String {
    edit_times(text, "3786912000000000000")
}

fn null_time(text: &str) -> String {
    edit_times(text, "null")
}

fn edit_times(text: &str, time: &str) -> String {
    let edit = |line: &str| {
        let Some((before, after)) = line.split_once("\"created_ns\":") else {
            return line.to_owned();
        };
        let rest = after.split_once(',').map_or("", |(_, rest)| rest);
        format!("{before}\"created_ns\":{time},{rest}")
    };
    text.lines().map(edit).collect::<Vec<_>>().join("\n")
}

pub(super) fn merging(subject: &dyn Subject) {
    let store = subject.open();
    let (old, new) = (key("old"), key("new"));
    put(&*store, &old, b"exported", &Put::default());
    put(&*store, &new, b"exported", &Put::default());
    let text = export(&*store);
    subject.pass(std::time::Duration::from_millis(2));
    put(&*store, &old, b"later", &Put::default());
    let value = |key: &Key| hit(&*store, key, &Want::default()).value.to_vec();
    let dry = Import { merge: Merge::Skip, dry_run: true };
    let would = store.import(&mut text.as_bytes(), &dry).expect("checks");
    assert_eq!((would.stored, would.kept), (0, 2), "it says what would happen");
    assert_eq!(import(&*store, &text, Merge::Skip).expect("imports"), (0, 2));
    assert_eq!(import(&*store, &text, Merge::Newer).expect("imports"), (0, 2));
    assert_eq!(value(&old), b"later");
    store.remove(new.id()).expect("removes");
    assert_eq!(import(&*store, &text, Merge::Newer).expect("imports"), (0, 2), "removed later");
    assert_eq!(import(&*store, &text, Merge::Overwrite).expect("imports"), (2, 0));
    assert_eq!((value(&old), value(&new)), (b"exported".to_vec(), b"exported".to_vec()));
}
