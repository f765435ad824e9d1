//! Programs nobody prepared: the audit finds a race in each, and the harness that is written for it decides it unedited.

use crate::program::Home;
use std::process::Command;

/// Audits one file and proves the finding in a function, without a hand on the harness.
fn assert_proved(files: &[(&str, &str)], function: &str, shown: &str) {
    let home = Home::new();
    for (name, text) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let report = home.run(&["audit", ".", "--format", "json"]).out;
    std::fs::write(home.path().join("report.json"), &report).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["function"] == function);
    let finding = finding.unwrap_or_else(|| panic!("no finding in {function}: {findings:?}"));
    let name = format!("report.json#{}", &finding["fingerprint"].as_str().unwrap()[..12]);
    let ran = home.run(&[
        "prove",
        &name,
        "--hold",
        "600ms",
        "--command-timeout",
        "2m",
        "--timeout",
        "15m",
    ]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.starts_with(&format!("PROVED  {shown}")), "{}\n{}", ran.out, ran.err);
}

fn has_go() -> bool {
    Command::new("go").arg("version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_json_file_that_is_read_changed_and_written() {
    let source = "\
import json
import os

HITS = \"hits.json\"

def load():
    if not os.path.exists(HITS):
        return {}
    with open(HITS) as f:
        return json.load(f)

def record(page):
    hits = load()
    hits[page] = hits.get(page, 0) + 1
    with open(HITS, \"w\") as f:
        json.dump(hits, f)
    return hits[page]
";
    assert_proved(&[("hits.py", source)], "record", "lost");
}

#[test]
fn a_row_that_is_looked_for_and_then_inserted() {
    let source = "\
import sqlite3

class Users:
    def __init__(self, db_path):
        self.db_path = db_path
        with sqlite3.connect(self.db_path) as conn:
            conn.execute(\"CREATE TABLE IF NOT EXISTS users (name TEXT, email TEXT)\")

    def register(self, name, email):
        conn = sqlite3.connect(self.db_path)
        row = conn.execute(\"SELECT 1 FROM users WHERE name = ?\", (name,)).fetchone()
        if row is not None:
            return False
        conn.execute(\"INSERT INTO users (name, email) VALUES (?, ?)\", (name, email))
        conn.commit()
        return True
";
    assert_proved(&[("users.py", source)], "Users.register", "double-win");
}

#[test]
fn an_expired_entry_whose_successor_is_deleted() {
    let source = "\
import json
import os
import time

class FileCache:
    def __init__(self, directory, ttl=300):
        self.directory = directory
        self.ttl = ttl
        os.makedirs(directory, exist_ok=True)

    def _path(self, key):
        return os.path.join(self.directory, key + \".json\")

    def set(self, key, value):
        with open(self._path(key), \"w\") as f:
            json.dump({\"value\": value, \"expires\": time.time() + self.ttl}, f)

    def get(self, key):
        path = self._path(key)
        if not os.path.exists(path):
            return None
        with open(path) as f:
            entry = json.load(f)
        if entry[\"expires\"] < time.time():
            os.remove(path)
            return None
        return entry[\"value\"]
";
    assert_proved(&[("filecache.py", source)], "FileCache.get", "lost");
}

#[test]
fn what_a_decorator_computes_twice_and_what_a_setter_pushes_out() {
    let memo = "\
import threading

def cached(size=8):
    def decorator(func):
        store = {}

        def inner(key):
            if key not in store:
                store[key] = func(key)
            return store[key]

        return inner

    return decorator

def main():
    slow = cached()(len)
    for _ in range(4):
        threading.Thread(target=slow, args=(\"k\",)).start()
";
    assert_proved(&[("memo.py", memo)], "cached.decorator.inner", "torn");
    let bounded = "\
import threading

class Bounded:
    def __init__(self, maxsize):
        self.maxsize = maxsize
        self.entries = {}

    def __getitem__(self, key):
        if key in self.entries:
            return self.use(key)
        return None

    def use(self, key):
        value = self.entries[key]
        return value

    def __setitem__(self, key, value):
        if key not in self.entries and len(self.entries) >= self.maxsize:
            self.entries.popitem()
        self.entries[key] = value

def main():
    shared = Bounded(2)
    threading.Thread(target=shared.__getitem__, args=(\"k\",)).start()
    threading.Thread(target=shared.__setitem__, args=(\"l\", 1)).start()
";
    assert_proved(&[("bounded.py", bounded)], "Bounded.__getitem__", "wrong-reason");
}

const GO: &str = "
type Store struct {
	mu    sync.RWMutex
	items map[string]string
}

func (s *Store) find(key string) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.items[key]
	return v, ok
}

func (s *Store) keep(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[key] = value
}

func (s *Store) claim(key, owner string) bool {
	if _, ok := s.find(key); ok {
		return false
	}
	s.keep(key, owner)
	return true
}
";

#[test]
fn a_map_of_go_under_two_locks_in_a_package_and_in_a_program_without_a_module() {
    if !has_go() {
        return;
    }
    let used = "\nfunc Run(s *Store) {\n\tfor i := 0; i < 4; i++ {\n\t\tgo s.claim(\"k\", \"me\")\n\t}\n}\n";
    let package = format!("package store\n\nimport \"sync\"\n{GO}{used}");
    let module = "module example.com/m\n\ngo 1.21\n";
    let files = [("go.mod", module), ("internal/store/store.go", package.as_str())];
    assert_proved(&files, "Store.claim", "double-win");
    let main = "\nfunc main() {\n\ts := &Store{items: map[string]string{}}\n\tRun(s)\n}\n";
    let program = format!("package main\n\nimport \"sync\"\n{GO}{used}{main}");
    assert_proved(&[("main.go", program.as_str())], "Store.claim", "double-win");
}
