//! The verbs of `amorsize cache`, from outside.

use crate::program::Home;

#[test]
fn a_value_lives_is_replaced_counted_and_removed_and_each_answer_is_true() {
    let home = Home::new();
    assert_eq!(home.run(&["cache", "get", "k"]).code, 1);
    home.good(&["cache", "put", "k", "one"]);
    assert_eq!(home.good(&["cache", "get", "k"]), "one");
    let refused = home.run(&["cache", "add", "k", "two"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("something live is there"), "{}", refused.err);
    home.good(&["cache", "replace", "k", "three"]);
    assert_eq!(home.good(&["cache", "get", "k"]), "three");
    home.good(&["cache", "remove", "k"]);
    let gone = home.json(&["cache", "get", "k"]);
    assert_eq!(gone["verdict"], "deleted");
    assert_eq!(gone["reasons"][0]["reason"], "deleted");
    assert!(gone["reasons"][0]["by"].as_str().unwrap().contains("cache remove"), "{gone}");
    assert_eq!(home.run(&["cache", "replace", "k", "x"]).code, 1);
    home.good(&["cache", "add", "k", "four"]);
    assert_eq!(home.good(&["cache", "get", "k"]), "four");
    home.good(&["cache", "put", "n", "41"]);
    assert_eq!(home.good(&["cache", "incr", "n"]), "42\n");
    assert_eq!(home.good(&["cache", "incr", "n", "--by", "-2"]), "40\n");
    assert_eq!(home.run(&["cache", "incr", "k"]).code, 1);
}

#[test]
fn a_value_goes_in_and_out_byte_for_byte() {
    use std::io::Write as _;
    let home = Home::new();
    let mut child = home
        .command(&["cache", "put", "bytes"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    assert!(child.wait().unwrap().success());
    let output = home.command(&["cache", "get", "bytes"]).output().unwrap();
    assert_eq!(output.stdout, bytes);
}

#[test]
fn a_reader_can_only_shorten_the_time_to_live() {
    let home = Home::new();
    home.good(&["cache", "put", "k", "v", "--ttl", "1h"]);
    assert_eq!(home.run(&["cache", "get", "k", "--max-age", "2h"]).code, 0);
    let strict = home.json(&["cache", "get", "k", "--max-age", "0s"]);
    assert_eq!(strict["verdict"], "expired");
    assert_eq!(strict["reasons"][0]["limit_by"], "reader");
    let other = home.json(&["cache", "get", "k", "--payload-format", "7"]);
    assert_eq!(other["verdict"], "version");
}

#[test]
fn a_miss_names_the_nearest_entry_and_the_part_that_differs() {
    let home = Home::new();
    home.good(&["cache", "put", "thumbs", "v", "--part", "inputs=a.png"]);
    let ran = home.run(&["cache", "get", "thumbs", "--part", "inputs=b.png"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("inputs") && ran.err.contains("a.png"), "{}", ran.err);
}

#[test]
fn list_why_and_stats_agree_about_every_state() {
    let home = Home::new();
    home.good(&["cache", "put", "live", "v"]);
    home.good(&["cache", "put", "old", "v", "--ttl", "0s"]);
    home.good(&["cache", "put", "gone", "v"]);
    home.good(&["cache", "remove", "gone"]);
    home.good(&["cache", "prune"]);
    home.good(&["cache", "put", "expired", "v", "--ttl", "0s"]);
    let list = home.json(&["cache", "list"]);
    let entries = list["entries"].as_array().unwrap();
    let state = |name: &str| {
        let found = entries.iter().find(|entry| entry["key"] == format!("user: {name}")).unwrap();
        found["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("live"), "live");
    assert_eq!(state("old"), "pruned");
    assert_eq!(state("gone"), "deleted");
    assert_eq!(state("expired"), "expired");
    let total = &home.json(&["cache", "stats"])["total"];
    assert_eq!(
        (&total["live"], &total["pruned"], &total["deleted"]),
        (&1.into(), &1.into(), &1.into())
    );
    let why = home.good(&["cache", "why", "old"]);
    assert!(why.contains("pruned") && why.contains("by amorsize cache prune"), "{why}");
    assert!(why.starts_with("decision  expired"), "{why}");
    let life: Vec<&str> = why.lines().skip_while(|line| !line.starts_with("life ")).collect();
    for (line, what) in life.iter().zip([
        "stored",
        "its TTL ended",
        "pruned by amorsize cache prune",
        "this look-up",
    ]) {
        assert!(line.contains(what) && line.contains("ago)"), "{what}: {why}");
    }
    assert!(why.contains("its writer allows 0 ns; this reader takes any age"), "{why}");
    let id = entries[0]["id"].as_str().unwrap();
    assert!(home.good(&["cache", "why", &id[..12]]).contains(id));
    let shown = home.good(&["cache", "list", "--state", "deleted"]);
    assert!(shown.contains("gone") && !shown.contains("live  "), "{shown}");
}

#[test]
fn an_export_comes_back_whole_and_eviction_says_so() {
    let home = Home::new();
    for at in 0..20 {
        home.good(&["cache", "put", &format!("k{at}"), &"x".repeat(1000)]);
    }
    home.good(&["cache", "export", "all.jsonl"]);
    home.good(&["cache", "evict", "--max-entries", "5"]);
    let verdicts: Vec<String> = (0..20)
        .map(|at| {
            home.json(&["cache", "get", &format!("k{at}")])["verdict"].as_str().unwrap().into()
        })
        .collect();
    assert_eq!(verdicts.iter().filter(|verdict| *verdict == "hit").count(), 5, "{verdicts:?}");
    assert_eq!(verdicts.iter().filter(|verdict| *verdict == "evicted").count(), 15);
    let other = ["--store", "sqlite:other.sqlite"];
    let import = [&["cache", "import", "all.jsonl"], &other[..]].concat();
    assert!(home.good(&import).contains("stored 20"), "all of them");
    assert!(home.good(&import).contains("stored 0"), "they are there already");
    assert_eq!(home.good(&[&["cache", "get", "k7"], &other[..]].concat()).len(), 1000);
    home.good(&["cache", "verify"]);
    home.good(&["cache", "warm"]);
    home.good(&["cache", "repair"]);
    home.good(&["cache", "clear", "--yes"]);
    assert_eq!(home.json(&["cache", "get", "k7"])["reasons"][0]["reason"], "deleted");
}

#[test]
fn forgetting_raises_the_horizon_and_absent_states_it() {
    let home = Home::new();
    home.good(&["cache", "put", "k", "v"]);
    home.good(&["cache", "remove", "k"]);
    let never = home.json(&["cache", "get", "other"]);
    assert_eq!(never["reasons"][0]["since_ns"], 0);
    home.good(&["cache", "forget", "--older-than", "0s"]);
    let gone = home.json(&["cache", "get", "k"]);
    assert_eq!(gone["verdict"], "absent");
    assert!(gone["reasons"][0]["since_ns"].as_u64().unwrap() > 0, "{gone}");
}

#[test]
fn of_many_adds_at_once_on_an_expired_key_exactly_one_wins() {
    let home = Home::new();
    for round in 0..10 {
        let key = format!("k{round}");
        home.good(&["cache", "put", &key, "old", "--ttl", "0s"]);
        let children: Vec<_> = (0..4)
            .map(|at| {
                let mut command = home.command(&["cache", "add", &key, &at.to_string()]);
                command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
                command.spawn().unwrap()
            })
            .collect();
        let codes = children.into_iter().map(|mut child| child.wait().unwrap().code());
        let winners = codes.filter(|code| *code == Some(0)).count();
        assert_eq!(winners, 1, "round {round}");
    }
}

#[test]
fn what_list_shows_of_an_id_names_one_entry() {
    let home = Home::new();
    for part in ["inputs=a", "inputs=b", "inputs=c"] {
        home.good(&["cache", "put", "same", part, "--part", part]);
    }
    for line in home.good(&["cache", "list"]).lines().skip(1) {
        let id = line.split_whitespace().next().unwrap();
        let part = home.good(&["cache", "get", id]);
        assert!(line.contains(&part), "{line}: {part}");
    }
}
