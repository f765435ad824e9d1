//! The patches: each fits as a diff, leaves code that compiles, and takes the schedule away.

use std::path::Path;
use std::process::{Command, Stdio};

use amorsize_finding::{Finding, Verdict};

use crate::rules::audit;

/// Whether a tool is there and does not object.
fn runs(program: &str, words: &[&str], folder: &Path) -> Option<bool> {
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).env("GOFLAGS", "-mod=mod").env("GOPROXY", "off");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().ok().map(|status| status.success())
}

fn found(folder: &Path, rule: u16) -> Vec<Finding> {
    let live = |f: &Finding| f.rule.number() == rule && f.verdict != Verdict::Closed;
    audit(folder).into_iter().filter(live).collect()
}

/// Audits the code, applies the patch of the rule's finding as a diff, and gives what stands then.
pub(crate) fn patched(name: &str, code: &str, rule: u16) -> String {
    let folder = tempfile::tempdir().expect("a private folder");
    let file = folder.path().join(name);
    std::fs::write(&file, code).expect("written");
    let before = found(folder.path(), rule);
    assert_eq!(before.len(), 1, "{name} {rule} {before:#?}");
    let fix = before[0].fix.as_ref().expect("a fix");
    assert!(fix.verified, "{name} {rule} {fix:#?}");
    let patch = fix.patch.as_ref().expect("a patch");
    std::fs::write(folder.path().join("fix.diff"), patch).expect("written");
    let fits = runs("patch", &["-p1", "-s", "-i", "fix.diff"], folder.path())
        .or_else(|| runs("git", &["apply", "fix.diff"], folder.path()));
    assert_eq!(fits, Some(true), "{patch}");
    let fixed = std::fs::read_to_string(&file).expect("read");
    assert!(found(folder.path(), rule).is_empty(), "{patch}\n{:#?}", audit(folder.path()));
    let parses = if name.ends_with(".go") {
        runs("gofmt", &["-e", name], folder.path())
    } else {
        runs("python3", &["-m", "py_compile", name], folder.path())
    };
    assert_ne!(parses, Some(false), "{fixed}");
    fixed
}

#[test]
fn two_sections_of_one_lock_become_one() {
    let code = "\
import threading

class Table:
    def __init__(self):
        self._lock = threading.Lock()
        self._rows = {}

    def claim(self, key, owner):
        with self._lock:
            taken = key in self._rows
        if not taken:
            with self._lock:
                self._rows[key] = owner
            return True
        return False
";
    let fixed = patched("table.py", code, 104);
    assert_eq!(fixed.matches("with self._lock").count(), 1, "{fixed}");
}

const CLAIMS: &str = "\
package table

import \"sync\"

type Table struct {
	mu   sync.Mutex
	rows map[string]string
}

func (t *Table) Claim(name, owner string) bool {
	t.mu.Lock()
	_, ok := t.rows[name]
	t.mu.Unlock()
	if !ok {
		t.mu.Lock()
		t.rows[name] = owner
		t.mu.Unlock()
	}
	return !ok
}
";

const NAMES: &str = "\
package names

import \"sync\"

type Names struct {
	seen sync.Map
}

func (n *Names) Claim(name string, owner *int) bool {
	if _, ok := n.seen.Load(name); ok {
		return false
	}
	n.seen.Store(name, owner)
	return true
}
";

const SAVE: &str = "\
package store

import (
	\"os\"
)

func Save(path string, data []byte) error {
	tmp := path + \".tmp\"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
";

const STORE: &str = "\
package cache

import \"os\"

type Cache struct{ path string }

func (c *Cache) Store(data []byte) error {
	return os.WriteFile(c.path, data, 0o600)
}

func (c *Cache) Load() ([]byte, error) {
	return os.ReadFile(c.path)
}
";

const ROWS: &str = "\
package table

import \"sync\"

type Row struct{ name string }

type Table struct {
	mu   sync.RWMutex
	rows map[string]*Row
}

func (t *Table) Row(name string) *Row {
	t.mu.RLock()
	row, ok := t.rows[name]
	t.mu.RUnlock()
	if ok {
		return row
	}
	row = &Row{name: name}
	t.mu.Lock()
	t.rows[name] = row
	t.mu.Unlock()
	return row
}
";

#[test]
fn go_looks_again_under_the_lock_of_the_act() {
    let fixed = patched("table.go", ROWS, 105);
    assert!(fixed.contains("\tif row, ok := t.rows[name]; ok {\n\t\tt.mu.Unlock()\n"), "{fixed}");
    let deferred = ROWS.replace("\tt.mu.Lock()\n", "\tt.mu.Lock()\n\tdefer t.mu.Unlock()\n");
    let deferred = deferred.replace("= row\n\tt.mu.Unlock()\n", "= row\n");
    let fixed = patched("table.go", &deferred, 105);
    assert!(fixed.contains("\tif row, ok := t.rows[name]; ok {\n\t\treturn row\n"), "{fixed}");
    let plain = ROWS.replace("RLock", "Lock").replace("RUnlock", "Unlock");
    patched("table.go", &plain, 104);
}

#[test]
fn go_holds_the_lock_over_check_and_act() {
    let code = CLAIMS;
    let fixed = patched("table.go", code, 104);
    assert!(fixed.contains("\tt.mu.Lock()\n\tdefer t.mu.Unlock()\n\t_, ok := t.rows[name]\n\tif"));
}

#[test]
fn a_synchronised_map_loads_or_stores() {
    let code = NAMES;
    let fixed = patched("names.go", code, 102);
    assert!(fixed.contains("if _, ok := n.seen.LoadOrStore(name, owner); ok {"), "{fixed}");
}

#[test]
fn an_insert_says_what_to_do_with_a_row_that_is_there() {
    let code = "\
import sqlite3

def put(connection, name, owner):
    cursor = connection.cursor()
    cursor.execute(\"SELECT owner FROM claims WHERE name = ?\", [name])
    if cursor.fetchone():
        cursor.execute(\"UPDATE claims SET owner = ? WHERE name = ?\", [owner, name])
    else:
        cursor.execute(\"INSERT INTO claims (name, owner) VALUES (?, ?)\", [name, owner])
";
    let fixed = patched("claims.py", code, 150);
    assert!(fixed.contains("ON CONFLICT (name) DO UPDATE SET owner = excluded.owner"), "{fixed}");
}

#[test]
fn a_row_is_got_or_created() {
    let code = "\
from shop.models import Coupon

def grant(user, code, worth):
    if not Coupon.objects.filter(user=user, code=code).exists():
        Coupon.objects.create(user=user, code=code, worth=worth)
";
    let fixed = patched("coupons.py", code, 151);
    let call = "Coupon.objects.get_or_create(user=user, code=code, defaults={\"worth\": worth})";
    assert!(fixed.contains(call), "{fixed}");
}

#[test]
fn a_file_is_written_under_a_name_of_its_own() {
    let code = "\
import json
import os

def save(path, data):
    tmp = f\"{path}.tmp\"
    with open(tmp, \"w\") as handle:
        json.dump(data, handle)
    os.replace(tmp, path)
";
    let fixed = patched("save.py", code, 143);
    assert!(fixed.contains("{path}.{os.getpid()}.{time.monotonic_ns()}.tmp"), "{fixed}");
    assert!(fixed.contains("import os\nimport time\n"), "{fixed}");
    let code = SAVE;
    let fixed = patched("save.go", code, 143);
    assert!(fixed.contains("import (\n\t\"fmt\"\n\t\"os\"\n\t\"time\"\n)"), "{fixed}");
}

#[test]
fn a_file_that_is_read_while_it_is_written_is_put_in_place_whole() {
    let code = "\
import json
from pathlib import Path

class Cache:
    def __init__(self, path):
        self.path = path

    def store(self, data):
        with open(self.path, \"w\") as handle:
            json.dump(data, handle)

    def load(self):
        with open(self.path) as handle:
            return json.load(handle)
";
    let fixed = patched("cache.py", code, 143);
    assert!(fixed.contains("        os.replace(temporary, self.path)\n"), "{fixed}");
    let code = STORE;
    let fixed = patched("cache.go", code, 143);
    assert!(fixed.contains("\treturn os.Rename(temporary, c.path)\n"), "{fixed}");
}

#[test]
fn what_the_patches_leave_of_go_compiles() {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join("go.mod"), "module sample\n\ngo 1.21\n").expect("written");
    for (name, code, rule) in [
        ("rows", ROWS, 105),
        ("claims", CLAIMS, 104),
        ("names", NAMES, 102),
        ("save", SAVE, 143),
        ("store", STORE, 143),
    ] {
        let own = folder.path().join(name);
        std::fs::create_dir(&own).expect("made");
        std::fs::write(own.join("sample.go"), patched("sample.go", code, rule)).expect("written");
    }
    assert_ne!(runs("go", &["vet", "./..."], folder.path()), Some(false));
}

const PRUNED: &str = "\
import json
import os
import random
import time

class Results:
    def __init__(self, folder, ttl):
        self.folder = folder
        self.ttl = ttl

    def load(self, key):
        if random.random() < 0.05:
            self.prune()
        path = os.path.join(self.folder, key)
        if not os.path.exists(path):
            return None, \"not found\"
        with open(path) as file:
            entry = json.load(file)
        if time.time() - entry[\"stored\"] > self.ttl:
            return None, \"expired\"
        return entry[\"value\"], \"\"

    def load_or(self, key, default):
        if random.random() < 0.05:
            self.prune()
        path = os.path.join(self.folder, key)
        if not os.path.exists(path):
            return default
        with open(path) as file:
            entry = json.load(file)
        if time.time() - entry[\"stored\"] > self.ttl:
            return None
        return entry[\"value\"]

    def save(self, key, value):
        path = os.path.join(self.folder, key)
        tmp = path + \".tmp\"
        with open(tmp, \"w\") as file:
            json.dump({\"stored\": time.time(), \"value\": value}, file)
        os.replace(tmp, path)

    def prune(self):
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            try:
                with open(path) as file:
                    entry = json.load(file)
            except (OSError, ValueError):
                continue
            if time.time() - entry[\"stored\"] > self.ttl:
                os.remove(path)
";

#[test]
fn a_cache_that_is_pruned_by_chance_is_mended_step_by_step() {
    let folder = tempfile::tempdir().expect("a private folder");
    let file = folder.path().join("results.py");
    std::fs::write(&file, PRUNED).expect("written");
    let told = || {
        let live = |f: &Finding| f.verdict == Verdict::Open;
        let found: Vec<Finding> = audit(folder.path()).into_iter().filter(live).collect();
        let mut rules: Vec<(String, u16)> =
            found.iter().map(|f| (f.function.clone(), f.rule.number())).collect();
        rules.sort();
        (found, rules)
    };
    let (_, first) = told();
    for function in ["Results.load", "Results.load_or"] {
        for rule in [201, 202, 140] {
            assert!(first.contains(&(function.to_owned(), rule)), "{first:?}");
        }
    }
    for _ in 0..8 {
        let (found, _) = told();
        let patch = found.iter().find_map(|f| f.fix.as_ref().filter(|fix| fix.verified));
        let Some(fix) = patch else { break };
        let before = std::fs::read_to_string(&file).expect("read");
        let after = amorsize_audit::apply_edits(&before, &fix.edits).expect("fits");
        std::fs::write(&file, after).expect("written");
    }
    let (_, left) = told();
    let fixed = std::fs::read_to_string(&file).expect("read");
    assert!(left.is_empty(), "{left:?}\n{fixed}");
    // From the look to the removal, and around the rename.
    assert_eq!(fixed.matches("with _folder_locked(path):").count(), 2, "{fixed}");
    assert_ne!(runs("python3", &["-m", "py_compile", "results.py"], folder.path()), Some(false));
}
