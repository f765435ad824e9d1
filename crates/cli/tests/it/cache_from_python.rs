//! `cache import --from-python`: the JSON caches of the Python package, as they were kept.

use std::path::Path;
use std::time::Duration;

use amorsize_os::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::program::Home;

const KEY: &str = "func:0123456789abcdef_size:medium_time:moderate_v:1";

fn ago_s(days: f64) -> f64 {
    Duration::from_nanos(SystemClock.now_ns()).as_secs_f64() - days * 86_400.0
}

fn plan(days: f64) -> Value {
    json!({
        "n_jobs": 4, "chunksize": 25, "executor_type": "process", "estimated_speedup": 3.1,
        "reason": "parallelization beneficial", "warnings": [], "timestamp": ago_s(days),
        "system_info": { "physical_cores": 4, "available_memory": 8_000_000_000_u64,
            "start_method": "fork", "platform": "Linux", "python_version": "3.11" },
        "cache_version": 1
    })
}

fn put(folder: &Path, kind: &str, name: &str, text: &str) {
    let folder = folder.join(kind);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn ages_versions_machines_and_unknown_fields_are_taken_over_as_they_were() {
    let home = Home::new();
    let old = home.path().join("old");
    let mut fresh = plan(1.0);
    fresh["colour"] = json!("blue");
    put(&old, "optimization_cache", &format!("{KEY}.json"), &fresh.to_string());
    let mut expired = plan(9.0);
    expired.as_object_mut().unwrap().remove("cache_version");
    put(
        &old,
        "optimization_cache",
        "func:fedcba9876543210_size:tiny_time:fast_v:1.json",
        &expired.to_string(),
    );
    let bench = json!({
        "serial_time": 2.0, "parallel_time": 1.0, "actual_speedup": 2.0, "n_jobs": 2, "chunksize": 9,
        "timestamp": ago_s(2.0), "system_info": {}, "cache_version": 3
    });
    put(&old, "benchmark_cache", "benchmark_0123456789abcdef_1000_v1.json", &bench.to_string());
    let said = home.good(&["cache", "import", "--from-python", "old"]);
    assert!(said.contains("3 entries read: stored 3"), "{said}");

    let listed = home.json(&["cache", "list", "--namespace", "py-plan"]);
    assert!(listed.to_string().contains("01234567"), "{listed}");
    let parts =
        ["--part", "code=89abcdef", "--part", "items=medium", "--part", "item_time=moderate"];
    let ask = |subject: &str, parts: &[&str], more: &[&str]| {
        home.json(&[&["cache", "get", subject, "--namespace", "py-plan"][..], parts, more].concat())
    };
    let hit = ask("01234567", &parts, &["--payload-format", "1"]);
    assert_eq!(hit["verdict"], "hit", "{hit}");
    assert!(hit.to_string().contains("blue"), "unknown fields are kept: {hit}");
    let other = ["--part", "code=76543210", "--part", "items=tiny", "--part", "item_time=fast"];
    let gone = ask("fedcba98", &other, &["--payload-format", "1"]);
    assert_eq!(gone["verdict"], "expired", "{gone}");
    let age_days = gone["reasons"][0]["age_ns"].as_f64().unwrap() / 86_400e9;
    assert!((age_days - 9.0).abs() < 0.1, "the age is that of the file's entry: {age_days}");
    let words = ["cache", "get", "01234567", "--namespace", "py-bench", "--part", "code=89abcdef"];
    let version =
        home.json(&[&words[..], &["--part", "items=1000", "--payload-format", "1"]].concat());
    assert_eq!(version["verdict"], "version", "{version}");
    assert_eq!(version["reasons"][0]["stored"], 3);
}

#[test]
fn what_is_no_entry_is_named_and_left_alone_and_the_rest_is_taken() {
    let home = Home::new();
    let old = home.path().join("old");
    let broken: &[(&str, &str, &str)] = &[
        ("a.json", "{ \"n_jobs\": 2", "not JSON"),
        ("b.json", "", "empty"),
        ("c.json", "[1]", "no JSON object"),
        ("d.json", &json!({ "n_jobs": 0 }).to_string(), "n_jobs cannot be 0"),
        ("e.json", &plan(-9.0).to_string(), "in the future"),
        ("f.tmp", "{}", "does not end in .json"),
        ("g.json", &plan(1.0).to_string().replace("\"process\"", "\"gpu\""), "executor_type"),
        (
            "h.json",
            &plan(1.0).to_string().replace("\"timestamp\":", "\"timestamp\":NaN,\"x\":"),
            "not JSON",
        ),
    ];
    for (name, text, _) in broken {
        put(&old, "optimization_cache", name, text);
    }
    std::fs::create_dir_all(old.join("optimization_cache/folder.json")).unwrap();
    put(&old, "optimization_cache", &format!("{KEY}.json"), &plan(1.0).to_string());
    let again = KEY.replace("_v:1", "_v:2");
    put(&old, "optimization_cache", &format!("{again}.json"), &plan(3.0).to_string());

    let dry = home.run(&["cache", "import", "--from-python", "old", "--dry-run"]);
    assert_eq!(dry.code, 3, "{}", dry.out);
    let ran = home.run(&["cache", "import", "--from-python", "old/optimization_cache"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 entry read: stored 1"), "{}", ran.out);
    for (name, _, why) in broken {
        let line = ran.out.lines().find(|line| line.contains(name)).unwrap_or_default();
        assert!(line.contains(why), "{name}: {why:?} is not in {line:?}\n{}", ran.out);
        assert!(old.join("optimization_cache").join(name).is_file(), "{name} is still there");
    }
    assert!(ran.out.contains("folder.json"), "{}", ran.out);
    assert!(ran.out.contains("a later entry has the same key"), "{}", ran.out);
    let kept = home.json(&["cache", "import", "--from-python", "old"]);
    assert_eq!((&kept["stored"], &kept["kept"]), (&json!(0), &json!(1)), "{kept}");
    assert_eq!(kept["left"].as_array().unwrap().len(), broken.len() + 2);
}

#[test]
fn a_folder_that_is_none_of_the_packages_is_one_clear_error() {
    let home = Home::new();
    home.run(&["cache", "import", "--from-python", "."])
        .fails(2, &["optimization_cache", "benchmark_cache"]);
    home.run(&["cache", "import", "--from-python", "nowhere"]).fails(2, &["nowhere"]);
    let both = home.run(&["cache", "import", "x.jsonl", "--from-python", "."]);
    assert_eq!(both.code, 2, "{}", both.err);
    assert_eq!(home.run(&["cache", "import"]).code, 2);
}
