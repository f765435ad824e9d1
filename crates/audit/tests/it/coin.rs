//! Clean-up before the checks, in the many ways people write it; none of them is told by its name.

use amorsize_finding::{Finding, Verdict};

use crate::rules::audit;

fn findings(code: &str) -> Vec<Finding> {
    findings_in("sample.py", code)
}

fn findings_in(name: &str, code: &str) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join(name), code).expect("written");
    audit(folder.path())
}

/// The open coin findings, as function and rule.
fn coins(code: &str) -> Vec<(String, u16)> {
    coins_of(findings(code))
}

fn coins_of(found: Vec<Finding>) -> Vec<(String, u16)> {
    let mut found: Vec<_> = found
        .into_iter()
        .filter(|f| f.verdict == Verdict::Open && matches!(f.rule.number(), 201..=203))
        .map(|f| (f.function, f.rule.number()))
        .collect();
    found.sort();
    found
}

fn told(function: &str, rules: &[u16]) -> Vec<(String, u16)> {
    rules.iter().map(|rule| (function.to_owned(), *rule)).collect()
}

/// A cache of files in a class: `read` is the body of its method, `tidy` that of its clean-up.
fn class(read: &str, tidy: &str) -> String {
    let indent =
        |body: &str| body.lines().map(|line| format!("        {line}\n")).collect::<String>();
    format!(
        "import glob, json, os, random, time\nfrom pathlib import Path\n\nSHARE = 0.1\n\n\
         class Shelf:\n    def __init__(self, folder, ttl):\n        self.folder = folder\n        \
         self.ttl = ttl\n\n    def _file(self, key):\n        return os.path.join(self.folder, f\"{{key}}.json\")\n\n    \
         def fetch(self, key):\n{}\n    def tidy(self):\n{}",
        indent(read),
        indent(tidy),
    )
}

const LISTED: &str = "\
for name in os.listdir(self.folder):
    path = os.path.join(self.folder, name)
    with open(path) as file:
        entry = json.load(file)
    if time.time() - entry[\"stored\"] > self.ttl:
        os.remove(path)
";

const GLOBBED: &str = "\
for path in glob.glob(os.path.join(self.folder, \"*.json\")):
    try:
        with open(path) as file:
            entry = json.load(file)
        if entry[\"expires\"] < time.time():
            os.unlink(path)
    except (OSError, ValueError):
        pass
";

const SCANNED: &str = "\
with os.scandir(self.folder) as entries:
    for entry in entries:
        if time.time() - entry.stat().st_mtime > self.ttl:
            os.remove(entry.path)
";

const BY_PATHLIB: &str = "\
for path in Path(self.folder).glob(\"*.json\"):
    if time.time() - path.stat().st_mtime > self.ttl:
        path.unlink()
";

const ITERATED: &str = "\
for path in Path(self.folder).iterdir():
    entry = json.loads(path.read_text())
    if time.time() - entry[\"stored\"] > self.ttl:
        path.unlink(missing_ok=True)
";

const VERDICT: &str = "\
path = self._file(key)
if not os.path.exists(path):
    return None, \"not found\"
with open(path) as file:
    entry = json.load(file)
if time.time() - entry[\"stored\"] > self.ttl:
    return None, \"expired\"
return entry[\"value\"], \"\"
";

const BY_COIN: &str = "if random.random() < SHARE:\n    self.tidy()\n";

#[test]
fn every_way_to_list_a_folder_is_seen() {
    for tidy in [LISTED, GLOBBED, SCANNED, BY_PATHLIB, ITERATED] {
        let code = class(&format!("{BY_COIN}{VERDICT}"), tidy);
        assert_eq!(coins(&code), told("Shelf.fetch", &[201, 202]), "{tidy}");
    }
}

#[test]
fn every_way_to_throw_a_coin_is_seen() {
    for coin in [
        "if random.random() < SHARE:\n    self.tidy()\n",
        "if random.randint(1, 20) == 1:\n    self.tidy()\n",
        "if random.randrange(100) < 5:\n    self.tidy()\n",
        "lucky = random.random() < 0.05\nif lucky:\n    self.tidy()\n",
    ] {
        let code = class(&format!("{coin}{VERDICT}"), LISTED);
        assert_eq!(coins(&code), told("Shelf.fetch", &[201, 202]), "{coin}");
    }
}

#[test]
fn a_coin_in_the_helper_is_a_coin() {
    let tidy = format!("if random.random() >= SHARE:\n    return\n{LISTED}");
    let code = class(&format!("self.tidy()\n{VERDICT}"), &tidy);
    assert_eq!(coins(&code), told("Shelf.fetch", &[201, 202]));
}

#[test]
fn always_cleaning_first_is_no_coin() {
    let code = class(&format!("self.tidy()\n{VERDICT}"), LISTED);
    assert_eq!(coins(&code), told("Shelf.fetch", &[201]));
}

#[test]
fn a_clean_up_in_the_reader_itself_is_seen() {
    let lines: String = LISTED.lines().map(|line| format!("    {line}\n")).collect();
    let code = class(&format!("if random.random() < SHARE:\n{lines}{VERDICT}"), "pass\n");
    assert_eq!(coins(&code), told("Shelf.fetch", &[201, 202]));
}

#[test]
fn a_clean_up_after_the_verdict_is_silent() {
    let lines: String = VERDICT.lines().map(|line| format!("    {line}\n")).collect();
    let after =
        format!("try:\n{lines}finally:\n    if random.random() < SHARE:\n        self.tidy()\n");
    assert_eq!(coins(&class(&after, LISTED)), []);
}

#[test]
fn a_clean_up_of_another_folder_is_silent() {
    let elsewhere = LISTED.replace("self.folder", "self.logs");
    assert_eq!(coins(&class(&format!("{BY_COIN}{VERDICT}"), &elsewhere)), []);
}

#[test]
fn reasons_that_are_raised_are_answers() {
    let raised = VERDICT
        .replace("return None, \"not found\"", "raise KeyError(f\"{key}: not found\")")
        .replace("return None, \"expired\"", "raise KeyError(f\"{key}: expired\")");
    let code = class(&format!("{BY_COIN}{raised}"), LISTED);
    assert_eq!(coins(&code), told("Shelf.fetch", &[201, 202]));
    let one = raised.replace("not found", "expired");
    assert_eq!(coins(&class(&format!("{BY_COIN}{one}"), LISTED)), []);
}

/// A map with deadlines, read behind `coin`; `why` are the answers for no entry and for an old one.
fn go_map(coin: &str, why: [&str; 2]) -> String {
    let [absent, expired] = why;
    format!(
        "package shelf\n\nimport (\n\t\"errors\"\n\t\"math/rand\"\n\t\"sync\"\n\t\"time\"\n)\n\n\
         var ErrAbsent, ErrExpired = errors.New(\"absent\"), errors.New(\"expired\")\n\n\
         type book struct {{\n\tpages string\n\tdue time.Time\n}}\n\n\
         type Shelf struct {{\n\tmu sync.Mutex\n\tbooks map[string]book\n\tasked int\n}}\n\n\
         func (s *Shelf) tidy() {{\n\tnow := time.Now()\n\tfor name, b := range s.books {{\n\
         \t\tif now.After(b.due) {{\n\t\t\tdelete(s.books, name)\n\t\t}}\n\t}}\n}}\n\n\
         func (s *Shelf) Fetch(name string) (string, error) {{\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\
         \ts.asked++\n\tif {coin} {{\n\t\ts.tidy()\n\t}}\n\
         \tb, ok := s.books[name]\n\tif !ok {{\n\t\treturn \"\", {absent}\n\t}}\n\
         \tif time.Now().After(b.due) {{\n\t\treturn \"\", {expired}\n\t}}\n\
         \treturn b.pages, nil\n}}\n\nvar _ = rand.Intn\n"
    )
}

#[test]
fn a_map_is_cleaned_before_it_is_asked() {
    let coins = |coin, why| coins_of(findings_in("shelf.go", &go_map(coin, why)));
    let apart = ["ErrAbsent", "ErrExpired"];
    let by_chance = coins("rand.Intn(20) == 0", apart);
    assert_eq!(by_chance, told("Shelf.Fetch", &[201, 202]));
    assert_eq!(coins("s.asked%20 == 0", apart), told("Shelf.Fetch", &[201]));
    let made = ["errors.New(\"no such book\")", "errors.New(\"overdue\")"];
    assert_eq!(coins("rand.Intn(20) == 0", made), told("Shelf.Fetch", &[201, 202]));
    assert_eq!(coins("rand.Intn(20) == 0", ["ErrAbsent", "ErrAbsent"]), []);
}

#[test]
fn the_words_say_what_is_destroyed() {
    let code = class(&format!("{BY_COIN}{VERDICT}"), LISTED);
    for finding in findings(&code).iter().filter(|f| matches!(f.rule.number(), 201 | 202)) {
        assert!(finding.message.contains("destroyed"), "{}", finding.message);
        assert!(!finding.message.contains("in between"), "{}", finding.message);
        assert!(finding.guard_gap.is_none());
    }
}

#[test]
fn a_coin_hides_no_window_of_the_reader() {
    let code = class(&format!("{BY_COIN}{VERDICT}"), LISTED);
    let found = findings(&code);
    let window = found.iter().find(|f| f.function == "Shelf.fetch" && f.rule.number() == 140);
    let window = window.expect("a file may vanish between exists and open");
    assert!(window.check.as_ref().is_some_and(|check| check.text.contains("exists")));
    assert!(window.act.text.contains("open"));
}

/// Two readers over one clean-up; `true` where the order was put right.
fn readers(first_fixed: bool, second_fixed: bool) -> String {
    let indent = |text: &str, by: &str| -> String {
        text.lines().map(|line| format!("{by}{line}\n")).collect()
    };
    let coin = "if random.random() < 0.05:\n    tidy(3600)\n";
    let mut code = "import json, os, random, time\n\nFOLDER = \"/var/cache/things\"\n\n\
         def place(kind, key):\n    return os.path.join(FOLDER, kind + key + \".json\")\n\n\
         def tidy(ttl):\n"
        .to_owned();
    code.push_str(&indent(
        &LISTED.replace("self.folder", "FOLDER").replace("self.ttl", "ttl"),
        "    ",
    ));
    for (name, fixed) in [("first", first_fixed), ("second", second_fixed)] {
        let verdict = VERDICT
            .replace("self._file(key)", &format!("place(\"{name}\", key)"))
            .replace("self.ttl", "3600");
        code.extend(["\ndef ", name, "(key):\n"]);
        if fixed {
            code.push_str("    try:\n");
            code.push_str(&indent(&verdict, "        "));
            code.push_str("    finally:\n");
            code.push_str(&indent(coin, "        "));
        } else {
            code.push_str(&indent(&format!("{coin}{verdict}"), "    "));
        }
    }
    code
}

#[test]
fn siblings_are_held_against_each_other() {
    let both = [told("first", &[201, 202]), told("second", &[201, 202])].concat();
    assert_eq!(coins(&readers(false, false)), both);
    assert_eq!(coins(&readers(true, false)), told("second", &[201, 202, 203]));
    assert_eq!(coins(&readers(false, true)), told("first", &[201, 202, 203]));
}

#[test]
fn once_both_are_fixed_only_the_windows_remain() {
    let found = findings(&readers(true, true));
    assert!(found.iter().all(|f| f.rule.number() < 200), "{found:#?}");
    for (function, rule) in [("first", 140), ("second", 140), ("tidy", 131)] {
        assert!(
            found.iter().any(|f| f.function == function && f.rule.number() == rule),
            "no {rule} in {function}"
        );
    }
}

/// A clean-up by number, and then one by age of what `walked` is.
fn pruned(walked: &str) -> String {
    format!(
        "import os\nfrom glob import glob\n\nfrom elsewhere import app\n\n\n\
         @app.task\ndef prune(root, most, cutoff):\n    \
         for folder in glob(os.path.join(root, \"*\")):\n        \
         if not os.path.isdir(folder):\n            continue\n        \
         kept = sorted((name, int(name.split(\".\")[0])) for name in os.listdir(folder))\n        \
         before = list(kept)\n        \
         while len(kept) > most:\n            last = kept.pop()\n            \
         os.unlink(os.path.join(folder, last[0]))\n        \
         for one in {walked}:\n            if one[1] < cutoff:\n                \
         os.unlink(os.path.join(folder, one[0]))\n"
    )
}

#[test]
fn what_was_popped_is_not_met_again_in_the_rest_of_the_list() {
    assert_eq!(coins(&pruned("kept")), []);
    assert_eq!(coins(&pruned("before")), told("prune", &[201]));
    let both_on = |code: &str, line: u32| {
        let act = |found: &Finding| found.rule.number() == 120 && found.act.line == line;
        findings(code).iter().any(act)
    };
    assert!(both_on(&pruned("before"), 19) && !both_on(&pruned("kept"), 19));
}
