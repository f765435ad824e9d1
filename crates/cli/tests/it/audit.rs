//! `amorsize audit` as a person uses it: patches, suppressions, baselines, what changed since.

use std::process::Command;

use crate::program::Home;

const TWO: &str = "import os

CACHE = \"/var/cache/things\"


def forget(name):
    path = os.path.join(CACHE, name)
    if os.path.exists(path):
        os.remove(path)


def prepare(cache_folder):
    if not os.path.isdir(cache_folder):
        os.makedirs(cache_folder)
";

fn write(home: &Home, name: &str, text: &str) {
    let path = home.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.path().join(name)).unwrap()
}

fn live(report: &serde_json::Value) -> usize {
    let all = report["findings"].as_array().unwrap();
    let silent = |finding: &serde_json::Value| {
        !finding["suppressed"].is_null() || finding["baselined"] == true
    };
    all.iter().filter(|finding| !silent(finding)).count()
}

fn git(home: &Home, words: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"]);
    let done = git.args(words).current_dir(home.path()).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_diff_changes_nothing_and_a_fix_leaves_nothing() {
    let home = Home::new();
    write(&home, "src/app.py", TWO);
    assert_eq!(live(&home.json(&["audit", "src"])), 2);
    let shown = home.run(&["audit", "src", "--diff"]);
    assert!(
        shown.out.contains("--- a/app.py") && shown.out.contains("exist_ok=True"),
        "{}",
        shown.out
    );
    assert_eq!(read(&home, "src/app.py"), TWO);
    let done = home.run(&["audit", "src", "--fix"]);
    assert!(done.err.contains("2 fixed"), "{}", done.err);
    let fixed = read(&home, "src/app.py");
    assert!(
        fixed.contains("exist_ok=True") && fixed.contains("except FileNotFoundError"),
        "{fixed}"
    );
    let after = home.json(&["audit", "src"]);
    assert_eq!(live(&after), 0, "{after}");
    home.good(&["audit", "src"]);
    assert_eq!(read(&home, "src/app.py"), fixed);
    let left: Vec<_> = std::fs::read_dir(home.path().join("src")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_fix_that_needs_more_than_the_code_shows_is_only_printed() {
    const COUPONS: &str = "\
from shop.models import Coupon

def grant(user, code):
    if not Coupon.objects.filter(user=user, code=code).exists():
        Coupon.objects.create(user=user, code=code)
";
    let home = Home::new();
    write(&home, "coupons.py", COUPONS);
    let shown = home.run(&["audit", "coupons.py", "--diff"]);
    assert!(shown.out.contains("get_or_create(user=user, code=code)"), "{}", shown.out);
    let done = home.run(&["audit", "coupons.py", "--fix"]);
    assert!(done.err.contains("0 fixed") && done.err.contains("--diff"), "{}", done.err);
    assert_eq!(read(&home, "coupons.py"), COUPONS);
}

#[test]
fn a_single_file_is_fixed_and_quoted_as_well() {
    let home = Home::new();
    write(&home, "app.py", TWO);
    let shown = home.run(&["audit", "app.py"]);
    assert!(shown.out.contains("os.makedirs(cache_folder)"), "{}", shown.out);
    home.run(&["audit", "app.py", "--fix"]);
    home.good(&["audit", "app.py"]);
}

#[test]
fn a_reason_keeps_a_finding_silent_and_what_silences_nothing_is_told() {
    let home = Home::new();
    let allowed = TWO
        .replace(
            "        os.remove(path)",
            "        # amorsize: allow(CTA140) one process only\n        os.remove(path)",
        )
        .replace(
            "        os.makedirs(cache_folder)",
            "        os.makedirs(cache_folder)  # amorsize: allow(CTA140)",
        );
    write(
        &home,
        "app.py",
        &format!("{allowed}\n\n# amorsize: allow(CTA101) nothing here\nX = 1\n"),
    );
    let report = home.json(&["audit", "."]);
    assert_eq!(live(&report), 1, "a suppression without a reason counts for nothing: {report}");
    let unused = report["suppressions_unused"].as_array().unwrap();
    assert_eq!(unused.len(), 2, "{report}");
    let reasons: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|f| f["suppressed"]["reason"].as_str())
        .collect();
    assert_eq!(reasons, ["one process only"]);
}

#[test]
fn a_baseline_accepts_what_is_there_and_shrinks() {
    let home = Home::new();
    write(&home, "src/app.py", TWO);
    home.run(&["audit", "src", "--baseline", "known.json"]).fails(2, &["known.json"]);
    home.good(&["audit", "src", "--baseline", "known.json", "--write-baseline"]);
    home.good(&["audit", "src", "--baseline", "known.json"]);
    let entries = |home: &Home| {
        let known: serde_json::Value = serde_json::from_str(&read(home, "known.json")).unwrap();
        known["findings"].as_object().unwrap().len()
    };
    assert_eq!(entries(&home), 2);
    write(
        &home,
        "src/more.py",
        "import os\n\ndef drop(cached):\n    if os.path.exists(cached):\n        os.remove(cached)\n",
    );
    let ran = home.run(&["audit", "src", "--baseline", "known.json"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert_eq!(entries(&home), 2, "it never grows by itself");
    std::fs::remove_file(home.path().join("src/more.py")).unwrap();
    write(
        &home,
        "src/app.py",
        &TWO.replace("os.makedirs(cache_folder)", "os.makedirs(cache_folder, exist_ok=True)"),
    );
    home.good(&["audit", "src", "--baseline", "known.json"]);
    assert_eq!(entries(&home), 1);
    write(&home, "known.json", "{\"schema\":");
    home.run(&["audit", "src", "--baseline", "known.json"]).fails(2, &["known.json"]);
}

#[test]
fn since_a_revision_only_what_changed_is_told() {
    let home = Home::new();
    write(&home, "src/old.py", TWO);
    git(&home, &["init", "-q"]);
    git(&home, &["add", "."]);
    git(&home, &["commit", "-qm", "first"]);
    home.good(&["audit", "src", "--since", "HEAD"]);
    write(&home, "src/new.py", TWO);
    let report = home.json(&["audit", "src", "--since", "HEAD"]);
    let found = report["findings"].as_array().unwrap();
    assert_eq!(found.len(), 2, "{report}");
    assert!(found.iter().all(|finding| finding["path"] == "new.py"), "{report}");
    home.run(&["audit", "src", "--since", "no-such-revision"]).fails(2, &["no-such-revision"]);
}

#[test]
fn garbage_is_reported_and_never_a_crash() {
    let home = Home::new();
    write(&home, "src/app.py", TWO);
    let nested = format!("x = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    write(&home, "src/deep.py", &nested);
    write(
        &home,
        "src/deep.go",
        &format!("package a\n\nvar x = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000)),
    );
    write(&home, "src/cut.py", &TWO[..TWO.len() / 2]);
    write(&home, "src/doubled.py", &TWO.repeat(2));
    std::fs::write(home.path().join("src/latin.py"), b"# \xe9\nx = 1\n").unwrap();
    std::fs::write(home.path().join("src/zero.py"), b"x = 1\0\xff\n").unwrap();
    std::fs::write(home.path().join("src/large.py"), "x = 1\n".repeat(2 << 20)).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(".", home.path().join("src/loop")).unwrap();
        std::os::unix::fs::symlink("nowhere.py", home.path().join("src/gone.py")).unwrap();
    }
    let report = home.json(&["audit", "src"]);
    assert!(live(&report) >= 2, "{report}");
    let skipped = &report["coverage"]["skipped"];
    for (reason, count) in [("not-utf8", 1), ("binary", 1), ("too-large", 1)] {
        let said = skipped
            .as_object()
            .unwrap()
            .iter()
            .find(|(name, _)| name.replace(['_', ' '], "-") == reason);
        assert_eq!(said.map(|(_, n)| n.as_u64().unwrap()), Some(count), "{reason}: {skipped}");
    }
    let told = report["coverage"]["gaps"].to_string();
    assert!(told.contains("deep.py") && told.contains("large.py"), "{told}");
    for words in ["{", "[]", "{\"schema\": 3}", "\u{0}", ""] {
        write(&home, "bad.json", words);
        home.run(&["report", "diff", "bad.json", "bad.json"]).fails(2, &["bad.json"]);
    }
}

#[test]
fn a_report_goes_where_it_was_sent_and_nowhere_else() {
    let home = Home::new();
    write(&home, "app.py", TWO);
    let ran = home.run(&["audit", "app.py", "--format", "md", "-o", "report.md"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{}", ran.err);
    let report = read(&home, "report.md");
    assert!(report.starts_with("# Check-then-act report"), "{report}");
    assert!(!report.contains(" 0 schedules explored"), "{report}");
    let shown = home.run(&["audit", "app.py"]);
    assert!(!shown.out.contains("app.py/app.py"), "{}", shown.out);
    let both = home.run(&["audit", "app.py", "--format", "json", "-o", "report.md"]);
    assert!(both.out.starts_with('{'), "another format is still written: {}", both.out);
}
