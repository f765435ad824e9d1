//! What `amorsize.toml` says to the auditor.

use crate::program::Home;

const RACY: &str =
    "import os\n\ndef forget(path):\n    if os.path.exists(path):\n        os.remove(path)\n";

fn write(home: &Home, name: &str, text: &str) {
    let path = home.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn excluded_paths_are_left_out_and_counted() {
    let home = Home::new();
    write(&home, "src/kept.py", RACY);
    write(&home, "legacy/old.py", RACY);
    let all = home.json(&["audit", "."]);
    assert_eq!(all["findings"].as_array().unwrap().len(), 2, "{all}");
    write(&home, "amorsize.toml", "[audit]\nexclude = [\"legacy/\"]\n");
    let some = home.json(&["audit", "."]);
    let found = some["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{some}");
    assert_eq!(found[0]["path"], "src/kept.py");
    assert_eq!(some["coverage"]["skipped"]["ignored"], 1, "{}", some["coverage"]);
    write(&home, "amorsize.toml", "[audit]\nexclude = [\"a[z-a]\"]\n");
    home.run(&["audit", "."]).fails(2, &["audit.exclude"]);
}

#[test]
fn rows_of_the_vocabulary_are_read_and_their_errors_named() {
    let home = Home::new();
    let code =
        "import shelf\n\ndef forget(path):\n    if shelf.there(path):\n        shelf.drop(path)\n";
    write(&home, "src/uses.py", code);
    let before = home.json(&["audit", "."]);
    assert_eq!(before["findings"].as_array().unwrap().len(), 0, "{before}");
    let rows = "[[audit.api]]\nlang = \"python\"\ncall = \"shelf.there\"\ndoes = \"check presence\"\n\
         store = \"file\"\nkey = 0\n\n[[audit.api]]\nlang = \"python\"\ncall = \"shelf.drop\"\n\
         does = \"act delete\"\nstore = \"file\"\nkey = 0\nmiss = \"raises FileNotFoundError\"\n";
    write(&home, "amorsize.toml", rows);
    let after = home.json(&["audit", "."]);
    let found = after["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{after}");
    assert_eq!(found[0]["rule"], "CTA140");
    write(&home, "amorsize.toml", &rows.replace("act delete", "act deleet"));
    home.run(&["audit", "."]).fails(2, &["audit.api", "shelf.drop", "deleet"]);
}
