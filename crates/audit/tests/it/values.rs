//! Values on their way: through files, handles, helpers, context managers, functions that are
//! handed on, and stores that are only declared. Each fault has its good twin.

use amorsize_finding::{Finding, Verdict};

use crate::rules::audit;

fn findings(code: &str) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join("sample.py"), code).expect("written");
    audit(folder.path())
}

/// What is found in a function: rule and whether it is open.
fn told(code: &str, function: &str) -> Vec<(u16, bool)> {
    findings(code)
        .iter()
        .filter(|f| f.function == function)
        .map(|f| (f.rule.number(), f.verdict == Verdict::Open))
        .collect()
}

const SHELF: &str = "\
import contextlib, json, os, pickle, threading, uuid
from pathlib import Path

STATE = \"state.json\"

def load():
    try:
        with open(STATE) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}

def save(data):
    with open(STATE, \"w\") as file:
        json.dump(data, file)

def publish(data):
    name = f\"{STATE}.{uuid.uuid4().hex}\"
    with open(name, \"w\") as file:
        json.dump(data, file)
    os.replace(name, STATE)

@contextlib.contextmanager
def opened(path, mode=\"r\"):
    with open(path, mode) as file:
        yield file

";

/// A function that works on the shelf.
fn shelf(body: &str) -> String {
    let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
    format!("{SHELF}def change(key, value):\n{body}")
}

#[test]
fn what_is_read_changed_and_written_back_is_an_update() {
    let ways = [
        "data = load()\ndata[key] = value\nsave(data)",
        "data = load()\ndata.update({key: value})\nsave(data)",
        "data = {**load(), key: value}\nsave(data)",
        "data = load()\ndata.setdefault(key, []).append(value)\npublish(data)",
        "with open(STATE) as file:\n    data = json.load(file)\ndata[key] = value\nwith open(STATE, \"w\") as file:\n    json.dump(data, file)",
        "path = Path(STATE)\ndata = json.loads(path.read_text())\ndata[key] = value\npath.write_text(json.dumps(data))",
        "with opened(STATE) as file:\n    data = json.load(file)\ndata[key] = value\nwith opened(STATE, \"w\") as file:\n    file.write(json.dumps(data))",
        "path = Path(STATE)\npath.write_text(str(int(path.read_text()) + 1))",
        "file = open(STATE)\ntry:\n    count = int(file.read())\nfinally:\n    file.close()\ncount += 1\nwith open(STATE, \"w\") as out:\n    out.write(f\"{count}\")",
        "names = load()\ntry:\n    return names[key]\nexcept KeyError:\n    names[key] = value\n    save(names)",
    ];
    for way in ways {
        let found = told(&shelf(way), "change");
        assert!(found.contains(&(103, true)), "{way}: {found:?}");
    }
}

#[test]
fn what_is_written_without_having_been_read_is_no_update() {
    let ways = [
        "save({key: value})",
        "data = load()\nreturn data.get(key)",
        "with opened(STATE) as file:\n    return json.load(file)",
        "print(load())\npublish({key: value})",
    ];
    for way in ways {
        let found = told(&shelf(way), "change");
        assert!(!found.iter().any(|(rule, _)| *rule == 103), "{way}: {found:?}");
    }
}

#[test]
fn a_function_handed_on_acts_where_it_is_handed_on() {
    let around = |body: &str| {
        format!(
            "import asyncio, os\nfrom concurrent.futures import ThreadPoolExecutor\n\nclass Folder:\n    def __init__(self, folder):\n        \
             self.folder = folder\n        self.pool = ThreadPoolExecutor()\n\n    def _path(self, key):\n        return os.path.join(self.folder, key)\n\n    \
             def _drop(self, key):\n        os.remove(self._path(key))\n\n{body}"
        )
    };
    let bad = [
        "    def forget(self, key):\n        if os.path.exists(self._path(key)):\n            retry_call(os.remove, self._path(key))\n",
        "    async def forget(self, key):\n        if await asyncio.to_thread(os.path.exists, self._path(key)):\n            await asyncio.to_thread(os.remove, self._path(key))\n",
        "    def forget(self, key):\n        if os.path.exists(self._path(key)):\n            run_safely(self._drop, key)\n",
        "    def forget(self, key):\n        if os.path.exists(self._path(key)):\n            self.pool.submit(self._drop, key)\n",
    ];
    for way in bad {
        let found = told(&around(way), "Folder.forget");
        assert!(!found.is_empty(), "{way}");
    }
    let good = [
        "    def forget(self, key):\n        try:\n            retry_call(os.remove, self._path(key))\n        except FileNotFoundError:\n            pass\n",
        "    def forget(self, key):\n        if os.path.exists(self._path(key)):\n            self.on_exit.register_callback(self._drop, key)\n",
    ];
    for way in good {
        let found = told(&around(way), "Folder.forget");
        assert!(found.is_empty(), "{way}: {found:?}");
    }
}

#[test]
fn a_region_runs_within_its_context_manager() {
    let around = |body: &str| {
        format!(
            "import contextlib, threading\n\nclass Table:\n    def __init__(self):\n        self._mutex = threading.Lock()\n        self.rows = {{}}\n\n    \
             @contextlib.contextmanager\n    def _alone(self):\n        with self._mutex:\n            yield self.rows\n\n{body}"
        )
    };
    let good = around(
        "    def add(self, key, value):\n        with self._alone():\n            if key in self.rows:\n                return False\n            self.rows[key] = value\n            return True\n",
    );
    assert!(told(&good, "Table.add").is_empty(), "{:?}", told(&good, "Table.add"));
    let bad = around(
        "    def add(self, key, value):\n        with self._alone():\n            there = key in self.rows\n        if there:\n            return False\n        \
         with self._alone():\n            self.rows[key] = value\n        return True\n",
    );
    assert!(told(&bad, "Table.add").iter().any(|(_, open)| *open));
}

#[test]
fn a_store_that_is_only_declared_is_a_store() {
    let bases = [
        "class Store:\n    def get(self, key):\n        raise NotImplementedError\n    def set(self, key, value):\n        raise NotImplementedError()\n",
        "from abc import ABC, abstractmethod\n\nclass Store(ABC):\n    @abstractmethod\n    def get(self, key): ...\n    @abstractmethod\n    def set(self, key, value): ...\n",
        "class Store:\n    def get(self, key):\n        \"\"\"The value, or None.\"\"\"\n        return None\n    def set(self, key, value):\n        return True\n",
    ];
    let count = "    def count(self, key):\n        value = (self.get(key) or 0) + 1\n        self.set(key, value)\n        return value\n";
    let user = "\nclass Meter:\n    def __init__(self, store: Store):\n        self.store = store\n\n    def hit(self, key):\n        \
                self.store.set(key, self.store.get(key) + 1)\n\n    def look(self, key):\n        return self.store.get(key)\n";
    for base in bases {
        let code = format!("{base}{count}{user}");
        assert_eq!(told(&code, "Store.count"), [(103, true)], "{base}");
        assert_eq!(told(&code, "Meter.hit"), [(103, true)], "{base}");
        assert!(told(&code, "Meter.look").is_empty());
    }
    // What has a body is judged by it.
    let own = "class Store:\n    def __init__(self):\n        self._rows = {}\n    def get(self, key):\n        return self._rows.get(key)\n    \
               def set(self, key, value):\n        self._rows = {**self._rows, key: value}\n";
    assert!(!told(&format!("{own}{count}"), "Store.count").contains(&(103, true)));
}

#[test]
fn rows_chosen_by_age_and_deleted_by_key_take_fresh_ones_along() {
    let code = |delete: &str| {
        format!(
            "import sqlite3, time\n\nclass Rows:\n    def __init__(self, path):\n        self.db = sqlite3.connect(path)\n\n    def many(self, keys):\n        marks = \", \".join([\"?\"] * len(keys))\n        \
             rows = self.db.execute(\"SELECT key, value, expires FROM entries WHERE key IN (%s)\" % marks, keys).fetchall()\n        \
             old = []\n        found = {{}}\n        for key, value, expires in rows:\n            if expires < time.time():\n                old.append(key)\n            \
             else:\n                found[key] = value\n        self._drop(old)\n        return found\n\n    def _drop(self, keys):\n        \
             marks = \", \".join([\"?\"] * len(keys))\n        {delete}\n"
        )
    };
    let bad = code("self.db.execute(\"DELETE FROM entries WHERE key IN (%s)\" % marks, keys)");
    assert!(told(&bad, "Rows.many").contains(&(131, true)), "{:?}", told(&bad, "Rows.many"));
    let good = code(
        "self.db.execute(\"DELETE FROM entries WHERE key IN (%s) AND expires < ?\" % marks, [*keys, time.time()])",
    );
    assert!(told(&good, "Rows.many").is_empty(), "{:?}", told(&good, "Rows.many"));
}

#[test]
fn a_lent_handle_judged_and_its_file_deleted_by_name_is_the_helpers_fault() {
    let code = "import os, pickle, time\n\nclass Files:\n    def read(self, path):\n        try:\n            with open(path, \"rb\") as file:\n                \
                if not self._is_old(file):\n                    return file.read()\n        except FileNotFoundError:\n            pass\n        return None\n\n    \
                def _is_old(self, file):\n        expires = pickle.load(file)\n        if expires < time.time():\n            file.close()\n            \
                os.remove(file.name)\n            return True\n        return False\n";
    assert!(told(code, "Files._is_old").contains(&(131, true)));
    assert!(told(code, "Files.read").is_empty(), "{:?}", told(code, "Files.read"));
}

#[test]
fn either_of_two_methods_is_called() {
    let code = "from django.core.cache import caches\n\nclass Saver:\n    def __init__(self):\n        self._kept = caches[\"default\"]\n\n    \
                def save(self, key, new):\n        if new:\n            put = self._kept.add\n        elif self._kept.get(key) is not None:\n            \
                put = self._kept.set\n        else:\n            raise LookupError\n        put(key, self.data())\n";
    assert!(!told(code, "Saver.save").is_empty());
}
