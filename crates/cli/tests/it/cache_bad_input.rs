//! Stores and files that are not what they should be: one clear error each, and nothing lost.

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::process::{Command, Stdio};

use amorsize_testkit::servers::{self, Durability, Redis};

use crate::program::{Home, Ran};

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
fn a_store_with_a_broken_structure_is_built_anew() {
    let home = Home::new();
    for at in 0..60 {
        home.good(&["cache", "put", &format!("k{at}"), &format!("{at} ").repeat(900)]);
    }
    let path = home.path().join("cache/amorsize/cache.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let page = bytes.len() / 4_096 / 2;
    bytes[page * 4_096..][..4_096].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(home.run(&["cache", "verify"]).code, 1);
    let said = home.good(&["cache", "repair", "--rebuild"]);
    assert!(said.contains("entries taken over") && said.contains(".damaged-"), "{said}");
    assert_eq!(home.run(&["cache", "verify"]).code, 0);
    let mut lost = 0;
    for at in 0..60 {
        let ran = home.run(&["cache", "get", &format!("k{at}")]);
        match ran.code {
            0 => assert_eq!(ran.out, format!("{at} ").repeat(900)),
            _ => {
                assert!(ran.err.contains("forgotten or lost"), "{}", ran.err);
                lost += 1;
            }
        }
    }
    assert!((1..30).contains(&lost), "{lost} lost");
    home.run(&["cache", "--store", "memory:", "repair", "--rebuild"]).fails(2, &["SQLite"]);
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
fn a_store_from_a_newer_version_is_named_and_left_alone() {
    let home = Home::new();
    home.good(&["cache", "put", "k", "v"]);
    let path = home.path().join("cache/amorsize/cache.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    // The layout in the header, one further.
    bytes[63] += 1;
    fs::write(&path, &bytes).unwrap();
    for verb in [&["get", "k"][..], &["put", "k", "w"], &["stats"], &["repair"]] {
        home.run(&[&["cache"], verb].concat()).fails(2, &["newer version", "update"]);
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_full_disk_is_said_and_nothing_that_was_there_is_lost() {
    let home = Home::new();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |words: &[&str]| {
        let done = Command::new(words[0]).args(&words[1..]).arg(&disk).status();
        done.is_ok_and(|status| status.success())
    };
    if !amorsize_os::process::is_root()
        || !mount(&["mount", "-t", "tmpfs", "-o", "size=1m", "none"])
    {
        println!("seen only by an administrator who may mount a small disk");
        return;
    }
    let store = format!("sqlite:{}/s.sqlite", disk.display());
    let cache = |words: &[&str]| home.run(&[&["cache", "--store", &store], words].concat());
    assert_eq!(cache(&["put", "small", "v"]).code, 0);
    let large = "x".repeat(60_000);
    let full = (0..40).map(|at| cache(&["put", &at.to_string(), &large])).find(|ran| ran.code != 0);
    let kept = cache(&["get", "small"]);
    let verified = cache(&["verify"]);
    assert!(mount(&["umount", "-l"]));
    full.expect("40 values do not fit").fails(2, &["disk is full", "nothing was written"]);
    assert_eq!((kept.code, kept.out.as_str()), (0, "v"), "{}", kept.err);
    assert_eq!(verified.code, 0, "{}", verified.out);
}

#[test]
fn somebody_elses_store_is_refused_plainly() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    if !amorsize_os::process::is_root() {
        println!("seen only where another user can be taken on");
        return;
    }
    let home = Home::new();
    home.good(&["cache", "put", "k", "v"]);
    let open = |path: &std::path::Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    // The program where everybody can run it, the store where only its owner may go.
    let program = home.copied_program();
    open(home.path(), 0o755);
    open(&program, 0o755);
    let file = home.path().join("cache/amorsize/cache.sqlite");
    open(&home.path().join("cache"), 0o755);
    for (folder, store) in [(0o700, 0o600), (0o755, 0o600), (0o755, 0o644)] {
        open(&home.path().join("cache/amorsize"), folder);
        open(&file, store);
        for verb in [&["get", "k"][..], &["put", "k", "w"], &["stats"]] {
            let mut command = Command::new(&program);
            command.args(
                [&["cache", "--store", &format!("sqlite:{}", file.display())], verb].concat(),
            );
            command.current_dir("/").env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
            let ran = Ran::from(command.uid(NOBODY).gid(NOBODY).output().unwrap());
            if ran.code == 0 {
                // A store that may be read is read, also where it may not be written.
                assert!(store == 0o644 && verb[0] != "put", "{verb:?}: {}", ran.out);
                continue;
            }
            let said = ran.err.contains("cache.sqlite") && !ran.err.contains("absent");
            assert!(said && !ran.err.contains("panicked"), "{verb:?}: {}", ran.err);
            assert_eq!(ran.code, 2, "{verb:?}: {}", ran.err);
        }
    }
    open(&file, 0o600);
    assert_eq!(home.good(&["cache", "get", "k"]), "v");
}

/// An export with these lines between its head and its foot; without a digest, which is not needed.
fn export_of(lines: &[serde_json::Value]) -> String {
    let head = r#"{"schema":"amorsize-cache-export","version":1}"#;
    let foot = format!("{{\"entries\":{}}}", lines.len());
    let lines = lines.iter().map(ToString::to_string);
    let all = std::iter::once(head.to_owned()).chain(lines).chain([foot]);
    all.map(|line| line + "\n").collect()
}

/// A line as a real export has it, for the entry that `put` stores.
fn line_of(home: &Home, put: &[&str]) -> serde_json::Value {
    let store = ["cache", "--store", "sqlite:lines.sqlite"];
    home.good(&[&store[..], &["clear", "--yes"]].concat());
    home.good(&[&store[..], &["put"], put].concat());
    home.good(&[&store[..], &["export", "lines.jsonl"]].concat());
    let text = fs::read_to_string(home.path().join("lines.jsonl")).unwrap();
    serde_json::from_str(text.lines().nth(1).unwrap()).unwrap()
}

fn import(home: &Home, text: &str) -> Ran {
    fs::write(home.path().join("in.jsonl"), text).unwrap();
    home.run(&["cache", "--store", "sqlite:into.sqlite", "import", "in.jsonl"])
}

#[test]
fn keys_of_an_import_are_names_and_never_paths() {
    let home = Home::new();
    let before: Vec<_> = fs::read_dir(home.path().parent().unwrap()).unwrap().flatten().collect();
    let names: Vec<_> = before.iter().map(fs::DirEntry::file_name).collect();
    let evil = ["../../evil", "/etc/evil", "..\\evil", "a/../../evil"];
    let lines: Vec<_> = evil.iter().map(|key| line_of(&home, &[key, "v"])).collect();
    assert_eq!(import(&home, &export_of(&lines)).code, 0);
    for key in evil {
        let store = ["cache", "--store", "sqlite:into.sqlite", "get", key];
        assert_eq!(home.good(&store), "v", "it is a key like any other");
    }
    let made = walk(home.path());
    assert!(!made.iter().any(|name| name.contains("evil")), "{made:?}");
    for entry in fs::read_dir(home.path().parent().unwrap()).unwrap().flatten() {
        let is_new = !names.contains(&entry.file_name());
        assert!(!(is_new && entry.file_name().to_string_lossy().contains("evil")));
    }
    // A namespace is no path either, and is refused with its line.
    let mut line = line_of(&home, &["k", "v"]);
    let key = line["key"].to_string().replace("\"user\"", "\"../x\"");
    line["key"] = serde_json::from_str(&key).unwrap();
    import(&home, &export_of(&[line])).fails(2, &["line 2", "nothing was imported"]);
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        names.push(entry.path().display().to_string());
        if entry.path().is_dir() {
            names.extend(walk(&entry.path()));
        }
    }
    names
}

#[test]
fn records_that_cannot_be_are_refused_with_the_name_of_the_field() {
    let home = Home::new();
    let mut line = line_of(&home, &["k", "v"]);
    // 2090, in nanoseconds.
    line["created_ns"] = 3_786_912_000_000_000_000_u64.into();
    let good = line_of(&home, &["good", "v"]);
    let ran = import(&home, &export_of(&[good.clone(), line]));
    ran.fails(2, &["line 3", "created_ns", "2090-01-01", "nothing was imported"]);
    let plan = r#"{"workers":-5,"chunk":1,"executor":"processes","items":1}"#;
    for (namespace, value) in [("plan", plan), ("bench", r#"{"workers":-5}"#), ("plan", "[]")] {
        let line = line_of(&home, &["k", value, "--namespace", namespace, "--payload-format", "1"]);
        let ran = import(&home, &export_of(&[good.clone(), line]));
        ran.fails(2, &["line 3", "nothing was imported"]);
        assert!(
            ran.err.contains("workers") || ran.err.contains("-5") || value == "[]",
            "{}",
            ran.err
        );
    }
    // All or nothing: the good line before them is not there either.
    let ran = home.run(&["cache", "--store", "sqlite:into.sqlite", "get", "good"]);
    assert!(ran.err.contains("absent: never stored"), "{}", ran.err);
}

#[test]
fn a_redis_that_goes_away_in_the_middle_is_unavailable_and_not_empty() {
    let Some(mut server) = servers::or_skip(Redis::start(Durability::None)) else { return };
    let home = Home::new();
    let url = server.url();
    home.good(&["cache", "--store", &url, "put", "k", "v"]);
    let mut child = home
        .command(&["cache", "--store", &url, "get-many"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // So many lines that the answers to the first fill a block and come out.
    input.write_all("k\n".repeat(4_000).as_bytes()).unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("hit\tk\t"));
    server.kill();
    input.write_all(b"k\n").unwrap();
    drop(input);
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.starts_with("unavailable\tk\t"), "{last}");
    assert_ne!(child.wait().unwrap().code(), Some(0));
    home.run(&["cache", "--store", &url, "put", "k", "w"]).fails(2, &["127.0.0.1", "server"]);
    let ran = home.run(&["cache", "--store", &url, "get", "k"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(!ran.err.contains("absent"), "{}", ran.err);
}

#[test]
fn a_clock_in_the_far_future_can_be_set_right() {
    let home = Home::new();
    home.good(&["cache", "put", "k", "v", "--ttl", "7d"]);
    let said = home.good(&["cache", "repair", "--clock"]);
    assert!(said.contains("judges by this clock already"), "{said}");
    assert_eq!(home.good(&["cache", "get", "k"]), "v");
    let json = home.json(&["cache", "repair", "--clock"]);
    assert_eq!((&json["pruned_early"], &json["rejuvenated"]), (&0.into(), &0.into()));
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

#[test]
fn an_export_into_a_device_or_to_nobody_harms_nothing() {
    let home = Home::new();
    home.good(&["cache", "put", "k", "v"]);
    let link = home.path().join("device");
    std::os::unix::fs::symlink("/dev/full", &link).unwrap();
    home.run(&["cache", "export", "device"]).fails(2, &["No space left"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "the device is not replaced");
    for number in 0..200 {
        home.good(&["cache", "put", &format!("k{number}"), &"v".repeat(1000)]);
    }
    let program = env!("CARGO_BIN_EXE_amorsize");
    let ran =
        home.shell(&format!("{{ {program} cache export -; echo ended {{$?}} >&2; }} | head -c 10"));
    assert_eq!(ran.err, "ended {0}\n");
    assert_eq!(home.shell(&format!("{program} cache list > /dev/full")).code, 2);
}

#[test]
fn what_is_wrong_with_a_line_is_said_with_its_field() {
    let home = Home::new();
    let line = line_of(&home, &["k", "v"]);
    let mut wrong = line.clone();
    wrong["cost_ns"] = (-5).into();
    import(&home, &export_of(&[line, wrong])).fails(2, &["line 3", "`cost_ns`", "-5"]);
}

#[test]
fn the_folder_of_the_own_store_is_marked_as_a_cache() {
    let home = Home::new();
    home.good(&["cache", "put", "k", "v"]);
    let tag = fs::read_to_string(home.path().join("cache/amorsize/CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
    home.good(&["cache", "--store", "sqlite:own/x.db", "put", "k", "v"]);
    assert_eq!(
        walk(&home.path().join("own")).iter().filter(|name| name.contains("TAG")).count(),
        0
    );
}
