//! The schedule of a finding is the code's own: its steps stand at the lines of the site, and what
//! guards the site takes the schedule away.

use amorsize_finding::{Finding, Verdict};

use crate::rules::audit;

fn findings(name: &str, code: &str) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a private folder");
    std::fs::write(folder.path().join(name), code).expect("written");
    audit(folder.path())
}

/// The lines of the only finding of a rule's schedule, each with its actor and what came of it.
fn schedule(found: &[Finding], rule: u16) -> Vec<(String, Option<u32>, String)> {
    let of_rule: Vec<&Finding> = found.iter().filter(|f| f.rule.number() == rule).collect();
    assert_eq!(of_rule.len(), 1, "{found:#?}");
    let witness = of_rule[0].witness.as_ref().expect("a schedule");
    let step = |step: &amorsize_finding::Step| {
        (step.actor.clone(), step.line, step.result.clone().unwrap_or_default())
    };
    witness.steps.iter().map(step).collect()
}

fn line_of(code: &str, part: &str) -> Option<u32> {
    let at = code.lines().position(|line| line.contains(part)).expect("stands there");
    u32::try_from(at + 1).ok()
}

const SHARED_NAME: &str = "\
import fcntl
import json
import os

def save(path, data):
    if os.path.exists(path):
        old = os.stat(path).st_size
    tmp = path + \".tmp\"
    with open(tmp, \"w\") as handle:
        json.dump(data, handle)
    os.replace(tmp, path)
";

#[test]
fn a_shared_temporary_name_is_shown_with_the_lines_that_use_it() {
    let steps = schedule(&findings("save.py", SHARED_NAME), 143);
    for actor in ["A", "B"] {
        let at = |part| steps.iter().any(|s| s.0 == actor && s.1 == line_of(SHARED_NAME, part));
        assert!(at("open(tmp"), "{steps:?}");
    }
    let published = |s: &(String, Option<u32>, String)| {
        s.1 == line_of(SHARED_NAME, "os.replace") && s.2 == "publishes half a value"
    };
    assert!(steps.iter().any(published), "{steps:?}");
}

#[test]
fn a_lock_of_the_host_takes_the_shared_temporary_name_its_schedule() {
    let locked = SHARED_NAME.replace(
        "    tmp = path + \".tmp\"\n    with open(tmp, \"w\") as handle:\n        json.dump(data, handle)\n    os.replace(tmp, path)\n",
        "    with open(LOCK) as gate:\n        fcntl.flock(gate, fcntl.LOCK_EX)\n        tmp = path + \".tmp\"\n        with open(tmp, \"w\") as handle:\n            json.dump(data, handle)\n        os.replace(tmp, path)\n",
    );
    let found =
        findings("save.py", &locked.replace("def save", "LOCK = \"/tmp/gate\"\n\ndef save"));
    assert!(found.iter().all(|f| f.rule.number() != 143), "{found:#?}");
}

const IN_PLACE: &str = "\
import json
import threading

class Cache:
    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()

    def store(self, data):
        with open(self.path, \"w\") as handle:
            json.dump(data, handle)

    def load(self):
        with open(self.path) as handle:
            return json.load(handle)
";

#[test]
fn who_reads_half_a_file_is_the_reader_as_it_stands() {
    let found = findings("cache.py", IN_PLACE);
    let steps = schedule(&found, 143);
    let wrote = steps.iter().position(|s| s.0 == "A" && s.1 == line_of(IN_PLACE, "\"w\""));
    let read = steps.iter().position(|s| s.0 == "B" && s.2 == "sees half a value");
    assert!(wrote.is_some() && wrote < read, "{steps:?}");
    assert_eq!(steps[read.expect("read")].1, line_of(IN_PLACE, "open(self.path) as"), "{steps:?}");
}

const CLAIM: &str = "\
import redis

def claim(client: redis.Redis, job):
    if client.setnx(\"lock:\" + job, 1):
        client.expire(\"lock:\" + job, 60)
        return True
    return False
";

#[test]
fn who_dies_before_the_lease_has_its_end_is_shown_where_it_dies() {
    let steps = schedule(&findings("claim.py", CLAIM), 162);
    let died = steps.iter().position(|s| s.1 == line_of(CLAIM, "expire") && s.2.contains("died"));
    let refused = steps
        .iter()
        .position(|s| s.0 == "B" && s.1 == line_of(CLAIM, "setnx") && s.2 == "changes nothing");
    assert!(died.is_some() && died < refused, "{steps:?}");
}

#[test]
fn a_lease_that_the_next_one_mends_is_no_finding() {
    let mended = CLAIM.replace(
        "    return False\n",
        "    if client.ttl(\"lock:\" + job) == -1:\n        client.expire(\"lock:\" + job, 60)\n    return False\n",
    );
    let found = findings("claim.py", &mended);
    assert!(found.iter().all(|f| f.rule.number() != 162), "{found:#?}");
}

const NIGHTLY: &str = "\
import redis

def nightly(client: redis.Redis, job, run):
    if not client.set(\"lock:\" + job, \"1\", nx=True, ex=60):
        return False
    try:
        run()
    finally:
        client.delete(\"lock:\" + job)
    return True
";

#[test]
fn a_lease_that_ran_out_is_shown_from_its_taking_to_the_delete() {
    let found = findings("nightly.py", NIGHTLY);
    let steps = schedule(&found, 161);
    let own: Vec<_> = steps.iter().filter(|s| s.0 == "A").map(|s| s.1).collect();
    assert!(own.contains(&line_of(NIGHTLY, "nx=True")), "{steps:?}");
    let lost = steps.iter().find(|s| s.1 == line_of(NIGHTLY, "delete")).expect("the delete");
    assert!(lost.2.starts_with("removes B's value"), "{steps:?}");
    assert_eq!(found[0].verdict, Verdict::Open);
}

const POP: &str = "\
package queue

import \"sync\"

type Queue struct {
	lock  sync.Mutex
	items map[string]int
}

func (q *Queue) whileProcessing_locked(process func() error) error {
	q.lock.Unlock()
	defer q.lock.Lock()
	return process()
}

func (q *Queue) Pop(id string, process func() error) error {
	q.lock.Lock()
	defer q.lock.Unlock()
	delete(q.items, id)
	return q.whileProcessing_locked(process)
}

func (q *Queue) Add(id string) {
	q.lock.Lock()
	defer q.lock.Unlock()
	q.items[id] = 1
}
";

#[test]
fn a_helper_that_gives_the_lock_back_is_shown_between_the_callers_own_lines() {
    let found = findings("queue.go", POP);
    let steps = schedule(&found, 110);
    let at = |actor: &str, part: &str| {
        let line = line_of(POP, part);
        steps.iter().position(|s| s.0 == actor && s.1 == line)
    };
    let (gone, back) = (at("A", "delete(q.items"), at("A", "q.lock.Unlock()"));
    let (dealt, seen) = (at("A", "return process()"), steps.iter().position(|s| s.0 == "B"));
    assert!(gone.is_some() && gone < back && back < seen && seen < dealt, "{steps:?}");
    let held = POP
        .replace("	q.lock.Unlock()\n	defer q.lock.Lock()\n	return process()", "	return process()");
    assert!(findings("queue.go", &held).iter().all(|f| f.rule.number() != 110));
}
