//! Patches kind by kind: what stands afterwards, to the letter, and the code they are not made for.

use amorsize_finding::Verdict;

use crate::patches::patched;
use crate::rules::audit;

/// What each bad piece of code becomes.
const MENDED: &[(&str, u16, &str, &str)] = &[
    (
        "registry.py",
        101,
        "import threading\n\nclass Registry:\n    def __init__(self):\n        self._lock = threading.Lock()\n        self._entries = {}\n\n    def add(self, key, value):\n        if key in self._entries:\n            return False\n        self._entries[key] = value\n        return True\n",
        "    def add(self, key, value):\n        with self._lock:\n            if key in self._entries:\n                return False\n            self._entries[key] = value\n        return True\n",
    ),
    (
        "counter.py",
        103,
        "import threading\n\nclass Counter:\n    def __init__(self):\n        self._lock = threading.Lock()\n        self._counts = {}\n\n    def hit(self, key):\n        self._counts[key] = self._counts.get(key, 0) + 1\n",
        "    def hit(self, key):\n        with self._lock:\n            self._counts[key] = self._counts.get(key, 0) + 1\n",
    ),
    (
        "service.py",
        107,
        "import threading\n\nclass Service:\n    def __init__(self):\n        self._lock = threading.Lock()\n        self._client = None\n\n    def client(self):\n        if self._client is None:\n            self._client = Client()\n        return self._client\n\n    def close(self):\n        with self._lock:\n            self._client = None\n\nclass Client:\n    pass\n",
        "        with self._lock:\n            if self._client is None:\n                self._client = Client()\n        return self._client\n",
    ),
    (
        "registry.go",
        101,
        "package registry\n\nimport \"sync\"\n\ntype Registry struct {\n\tmu      sync.Mutex\n\tentries map[string]int\n}\n\nfunc (r *Registry) Add(key string, value int) bool {\n\tif _, ok := r.entries[key]; ok {\n\t\treturn false\n\t}\n\tr.entries[key] = value\n\treturn true\n}\n",
        "bool {\n\tr.mu.Lock()\n\tdefer r.mu.Unlock()\n\tif _, ok := r.entries[key]; ok {\n",
    ),
    (
        "claim.py",
        160,
        "import redis\n\nclient = redis.Redis()\n\ndef claim(name, owner):\n    if client.exists(name):\n        return False\n    client.set(name, owner)\n    return True\n",
        "    if not client.set(name, owner, nx=True):\n        return False\n    return True\n",
    ),
    (
        "seen.py",
        160,
        "import redis\n\nclient = redis.Redis()\n\ndef seen(event):\n    if client.get(event):\n        return True\n    client.set(event, 1, ex=60)  # for a minute\n    return False\n",
        "    if not client.set(event, 1, ex=60, nx=True):  # for a minute\n        return True\n    return False\n",
    ),
    (
        "fetched.py",
        131,
        "import json\nimport time\nfrom pathlib import Path\n\nclass Disk:\n    def __init__(self, root, ttl):\n        self.root = Path(root)\n        self.ttl = ttl\n\n    def _path(self, key):\n        return self.root / key\n\n    def fetch(self, key):\n        path = self._path(key)\n        try:\n            stored = path.stat().st_mtime\n        except FileNotFoundError:\n            return None\n        if time.time() - stored > self.ttl:\n            path.unlink(missing_ok=True)\n            return None\n        return json.loads(path.read_text())\n\n    def save(self, key, draft: Path):\n        draft.replace(self._path(key))\n",
        "        with _folder_locked(self._path(key)):\n            draft.replace(self._path(key))\n",
    ),
    (
        "once.py",
        160,
        "from django.core.cache import cache\n\ndef claim(name, owner):\n    if cache.get(name) is None:\n        cache.set(name, owner, 60)\n        return True\n    return False\n",
        "    if cache.add(name, owner, 60):\n        return True\n    return False\n",
    ),
    (
        "lease.py",
        162,
        "import redis\n\ndef claim(client: redis.Redis, job):\n    if client.setnx(\"lock:\" + job, 1):\n        client.expire(\"lock:\" + job, 60)\n        return True\n    return False\n",
        "    if client.set(\"lock:\" + job, 1, nx=True, ex=60):\n        return True\n",
    ),
    (
        "accounts.py",
        152,
        "from shop.models import Account\n\ndef pay(account_id, amount):\n    account = Account.objects.get(pk=account_id)\n    account.balance = account.balance - amount\n    account.save()\n",
        "from django.db.models import F\nfrom shop.models import Account\n\ndef pay(account_id, amount):\n    account = Account.objects.get(pk=account_id)\n    account.balance = F(\"balance\") - amount\n    account.save()\n",
    ),
];

#[test]
fn each_kind_of_patch_leaves_what_a_maintainer_would_write() {
    for (name, rule, bad, good) in MENDED {
        let fixed = patched(name, bad, *rule);
        assert!(fixed.contains(good), "{name} {rule}\n{fixed}");
    }
}

/// Code that lacks what a patch needs, so none is offered.
const LEFT: &[(&str, u16, &str)] = &[
    // The helper takes the lock itself.
    (
        "registry.py",
        101,
        "import threading\n\nclass Registry:\n    def __init__(self):\n        self._lock = threading.Lock()\n        self._entries = {}\n        self._log = []\n\n    def note(self, key):\n        with self._lock:\n            self._log.append(key)\n\n    def add(self, key, value):\n        if key in self._entries:\n            return False\n        self.note(key)\n        self._entries[key] = value\n        return True\n",
    ),
    // Which of two locks guards the rows is not to be seen.
    (
        "held.go",
        101,
        "package held\n\nimport \"sync\"\n\ntype Held struct {\n\tmu, other sync.Mutex\n\trows      map[string]int\n}\n\nfunc (h *Held) Add(key string) bool {\n\tif _, ok := h.rows[key]; ok {\n\t\treturn false\n\t}\n\th.rows[key] = 1\n\treturn true\n}\n",
    ),
    // What is there already does not make the function leave.
    (
        "claim.py",
        160,
        "import redis\n\nclient = redis.Redis()\n\ndef claim(name, owner):\n    if client.exists(name):\n        print(name)\n    client.set(name, owner)\n    return True\n",
    ),
    // The field is looked at again: it would be an expression.
    (
        "accounts.py",
        152,
        "from shop.models import Account\n\ndef pay(account_id, amount):\n    account = Account.objects.get(pk=account_id)\n    account.balance = account.balance - amount\n    account.save()\n    return account.balance\n",
    ),
    // Who puts the files in place stands elsewhere.
    (
        "prune.py",
        131,
        "import json\nimport os\nimport time\n\ndef prune(folder, ttl):\n    for name in os.listdir(folder):\n        path = os.path.join(folder, name)\n        with open(path) as file:\n            entry = json.load(file)\n        if time.time() - entry[\"stored\"] > ttl:\n            os.remove(path)\n",
    ),
];

#[test]
fn where_the_code_does_not_show_enough_no_patch_is_offered() {
    for (name, rule, code) in LEFT {
        let folder = tempfile::tempdir().expect("a private folder");
        std::fs::write(folder.path().join(name), code).expect("written");
        for finding in audit(folder.path()) {
            if finding.verdict != Verdict::Closed && finding.rule.number() == *rule {
                let fix = finding.fix.expect("a fix");
                assert!(fix.patch.is_none(), "{name} {rule}\n{:?}", fix.patch);
            }
        }
    }
}
