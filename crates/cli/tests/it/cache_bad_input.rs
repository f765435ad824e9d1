//! Stores and files that are not what they should be: one clear error each, and nothing lost.

use std::fs;

use crate::program::Home;

#[test]
fn a_text_file_in_place_of_the_store_is_named_and_left_alone() {
    let home = Home::new();
    fs::write(home.path().join("notes.txt"), "my notes, not a store\n").unwrap();
    for verb in [&["get", "k"][..], &["put", "k", "v"], &["stats"], &["prune"], &["repair"]] {
        let ran = home.run(&[&["cache", "--store", "sqlite:notes.txt"], verb].concat());
        ran.fails(2, &["notes.txt"]);
    }
    let kept = fs::read_to_string(home.path().join("notes.txt")).unwrap();
    assert_eq!(kept, "my notes, not a store\n");
}

#[test]
fn a_cut_store_is_never_reported_as_absent() {
    let home = Home::new();
    for at in 0..50 {
        home.good(&["cache", "put", &format!("k{at}"), &"v".repeat(2000)]);
    }
    let path = home.path().join("cache/amorsize/cache.sqlite");
    let whole = fs::read(&path).unwrap();
    for cut in [1, 50, 4096, whole.len() / 2, whole.len() - 100] {
        let shown = format!("cut-{cut}.sqlite");
        fs::write(home.path().join(&shown), &whole[..cut]).unwrap();
        let store = format!("sqlite:{shown}");
        for key in ["k0", "k25", "k49"] {
            let ran = home.run(&["cache", "--store", &store, "get", key]);
            let word = ran.err.trim_start_matches("miss: ").split(':').next().unwrap_or_default();
            assert_ne!(word, "absent", "cut at {cut}: {}", ran.err);
            assert!(!ran.err.contains("panicked"), "{}", ran.err);
        }
    }
}

#[test]
fn an_unknown_scheme_and_an_unreachable_server_say_what_would_do() {
    let home = Home::new();
    home.run(&["cache", "--store", "mysql://h/d", "stats"]).fails(2, &["mysql://", "sqlite:PATH"]);
    let closed = "postgres://user:secret@127.0.0.1:1/d";
    let ran = home.run(&["cache", "--store", closed, "get", "k"]);
    ran.fails(2, &["127.0.0.1"]);
    assert!(!ran.err.contains("secret"), "{}", ran.err);
    let path = home.good(&["cache", "--store", closed, "path"]);
    assert!(!path.contains("secret"), "{path}");
}

#[test]
fn an_import_with_anything_wrong_takes_over_nothing() {
    let home = Home::new();
    home.good(&["cache", "put", "a", "1"]);
    home.good(&["cache", "put", "b", "2"]);
    home.good(&["cache", "export", "good.jsonl"]);
    let good = fs::read_to_string(home.path().join("good.jsonl")).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let wrong = [
        ("cut", good[..good.len() * 2 / 3].to_owned()),
        ("no footer", format!("{}\n", lines[..lines.len() - 1].join("\n"))),
        ("a changed value", good.replace("\"1\"", "\"7\"")),
        ("empty", String::new()),
        ("not an export", "{\"version\": 1, \"entries\": []}\n".to_owned()),
        ("binary", "\u{0}\u{1}\u{2}\n".to_owned()),
    ];
    for (what, text) in wrong {
        assert_ne!(text, good, "{what}");
        fs::write(home.path().join("wrong.jsonl"), text).unwrap();
        let ran = home.run(&["cache", "--store", "sqlite:new.sqlite", "import", "wrong.jsonl"]);
        ran.fails(2, &["wrong.jsonl", "nothing was imported"]);
        let total = home.json(&["cache", "--store", "sqlite:new.sqlite", "stats"]);
        assert_eq!(total["total"]["live"], 0, "{what}");
    }
    home.run(&["cache", "import", "not-there.jsonl"]).fails(2, &["not-there.jsonl"]);
}

#[test]
fn impossible_words_are_refused_before_anything_is_stored() {
    let home = Home::new();
    home.run(&["cache", "put", "k", "v", "--ttl", "soon"]).fails(2, &["soon", "7d"]);
    home.run(&["cache", "put", "", "v"]).fails(2, &["empty"]);
    home.run(&["cache", "put", "k", "v", "--namespace", "../x"]).fails(2, &["--namespace"]);
    home.run(&["cache", "put", "k", "v", "--part", "noequals"]).fails(2, &["--part"]);
    home.run(&["cache", "list", "--state", "lively"]).fails(2, &["lively", "expired"]);
    let stats = home.json(&["cache", "stats"]);
    assert_eq!(stats["total"]["live"], 0);
}

#[test]
fn a_store_that_may_not_be_written_is_still_read() {
    if amorsize_os::process::is_root() {
        // Permissions do not bind the administrator; the same is seen on a read-only mount elsewhere.
        println!("seen only without administrator's rights");
        return;
    }
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    home.good(&["cache", "put", "k", "v"]);
    let folder = home.path().join("cache/amorsize");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    home.run(&["cache", "put", "k", "w"]).fails(2, &["cache"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(home.good(&["cache", "get", "k"]), "v");
}
