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
        "release.py",
        161,
        "import redis\n\nclass RedisLock:\n    def __init__(self, client: redis.Redis, name, token):\n        self.client = client\n        self.name = name\n        self.token = token\n\n    def release(self):\n        if self.client.get(self.name) == self.token:\n            self.client.delete(self.name)  # ours\n            return True\n        return False\n",
        "        if self.client.eval(\"if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0\", 1, self.name, self.token):  # ours\n            return True\n        return False\n",
    ),
    (
        "accounts.py",
        152,
        "from shop.models import Account\n\ndef pay(account_id, amount):\n    account = Account.objects.get(pk=account_id)\n    account.balance = account.balance - amount\n    account.save()\n",
        "from django.db.models import F\nfrom shop.models import Account\n\ndef pay(account_id, amount):\n    account = Account.objects.get(pk=account_id)\n    account.balance = F(\"balance\") - amount\n    account.save()\n",
    ),
    (
        "settings.py",
        140,
        "import json\nimport os\n\nSETTINGS = \"settings.json\"\n\ndef forget():\n    os.remove(SETTINGS)\n\ndef load():\n    if os.path.exists(SETTINGS):\n        with open(SETTINGS) as file:\n            found = json.load(file)\n    else:\n        found = {}\n    return found\n",
        "    try:\n        file = open(SETTINGS)\n    except FileNotFoundError:\n        found = {}\n    else:\n        with file:\n            found = json.load(file)\n    return found\n",
    ),
    (
        "shelf.py",
        140,
        "import os\n\nclass Shelf:\n    def __init__(self, root):\n        self.root = root\n\n    def ready(self):\n        if not os.path.isdir(self.root):\n            os.mkdir(self.root)\n        return self.root\n",
        "        try:\n            os.mkdir(self.root)\n        except FileExistsError:\n            pass\n        return self.root\n",
    ),
    (
        "queue.py",
        120,
        "import os\n\nclass Queue:\n    def __init__(self, root):\n        self.root = root\n\n    def take(self, name):\n        os.remove(os.path.join(self.root, name))\n\n    def waiting(self):\n        found = []\n        for name in os.listdir(self.root):\n            with open(os.path.join(self.root, name), \"rb\") as file:\n                found.append(file.read())\n        return found\n",
        "            try:\n                file = open(os.path.join(self.root, name), \"rb\")\n            except FileNotFoundError:\n                continue\n            with file:\n                found.append(file.read())\n        return found\n",
    ),
    (
        "sessions.py",
        143,
        "import os\nimport pickle\n\nclass Sessions:\n    def __init__(self, root):\n        self.root = root\n\n    def _path(self, key):\n        return os.path.join(self.root, key)\n\n    def load(self, key):\n        with open(self._path(key), \"rb\") as file:\n            return pickle.load(file)\n\n    def save(self, key, data):\n        with open(self._path(key), \"wb\") as file:\n            pickle.dump(data, file)\n",
        "        target = self._path(key)\n        temporary = f\"{target}.{os.getpid()}.{time.monotonic_ns()}.tmp\"\n        with open(temporary, \"wb\") as file:\n            pickle.dump(data, file)\n        os.replace(temporary, target)\n",
    ),
    // Nobody else reads it: another run of the same function does.
    (
        "agents.py",
        143,
        "import json\nimport os\n\nCACHE = os.path.join(os.path.expanduser(\"~\"), \".cache\")\n\ndef agents(fetch):\n    path = os.path.join(CACHE, \"agents.json\")\n    try:\n        with open(path) as file:\n            return json.load(file)\n    except FileNotFoundError:\n        pass\n    found = fetch()\n    with open(path, \"w\") as file:\n        json.dump(found, file)\n    return found\n",
        "    temporary = f\"{path}.{os.getpid()}.{time.monotonic_ns()}.tmp\"\n    with open(temporary, \"w\") as file:\n        json.dump(found, file)\n    os.replace(temporary, path)\n    return found\n",
    ),
    (
        "store.go",
        143,
        "package store\n\nimport (\n\t\"os\"\n\t\"path/filepath\"\n)\n\ntype Store struct {\n\troot string\n}\n\nfunc (s *Store) path(key string) string {\n\treturn filepath.Join(s.root, key)\n}\n\nfunc (s *Store) Load(key string) ([]byte, error) {\n\treturn os.ReadFile(s.path(key))\n}\n\nfunc (s *Store) Save(key string, data []byte) error {\n\treturn os.WriteFile(s.path(key), data, 0o644)\n}\n",
        "\ttarget := s.path(key)\n\ttemporary := fmt.Sprintf(\"%s.%d.%d.tmp\", target, os.Getpid(), time.Now().UnixNano())\n\tif err := os.WriteFile(temporary, data, 0o644); err != nil {\n\t\treturn err\n\t}\n\treturn os.Rename(temporary, target)\n",
    ),
    (
        "sessions.go",
        105,
        "package sessions\n\nimport \"sync\"\n\ntype Session struct{ id string }\n\ntype Sessions struct {\n\tmu   sync.RWMutex\n\tbyID map[string]*Session\n}\n\nfunc (s *Sessions) Read(id string) *Session {\n\ts.mu.RLock()\n\tif found, ok := s.byID[id]; ok {\n\t\ts.mu.RUnlock()\n\t\treturn found\n\t}\n\ts.mu.RUnlock()\n\ts.mu.Lock()\n\tmade := &Session{id: id}\n\ts.byID[id] = made\n\ts.mu.Unlock()\n\treturn made\n}\n",
        "\ts.mu.RUnlock()\n\ts.mu.Lock()\n\tif found, ok := s.byID[id]; ok {\n\t\ts.mu.Unlock()\n\t\treturn found\n\t}\n\tmade := &Session{id: id}\n",
    ),
    (
        "plugins.py",
        101,
        "import os\nfrom time import time\n\n_plugins = {}\n\ndef register(name, plugin):\n    if name in _plugins:\n        return False\n    _plugins[name] = (plugin, time())\n    return True\n",
        "import os\nimport threading\nfrom time import time\n\n_plugins = {}\n_plugins_lock = threading.RLock()\n\ndef register(name, plugin):\n    with _plugins_lock:\n        if name in _plugins:\n            return False\n        _plugins[name] = (plugin, time())\n    return True\n",
    ),
    (
        "bounded.py",
        170,
        "class BoundedCache:\n    def __init__(self, limit):\n        super().__init__()\n        self.limit = limit\n        self._entries = {}\n\n    def put(self, key, value):\n        if len(self._entries) >= self.limit:\n            self._entries.pop(next(iter(self._entries)))\n        self._entries[key] = value\n",
        "        self._lock = threading.RLock()\n        self.limit = limit\n        self._entries = {}\n\n    def put(self, key, value):\n        with self._lock:\n            if len(self._entries) >= self.limit:\n",
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
    // The class has a lock, if not of a kind that is known.
    (
        "guarded.py",
        101,
        "class Guarded:\n    def __init__(self, lock):\n        self._entries = {}\n        self._lock = lock\n\n    def add(self, key, value):\n        if key in self._entries:\n            return False\n        self._entries[key] = value\n        return True\n",
    ),
    // A lock that one function alone takes leaves the others' accesses to a map as they were.
    (
        "table.go",
        101,
        "package table\n\ntype TableCache struct {\n\trows map[string]int\n}\n\nfunc (t *TableCache) Add(key string) bool {\n\tif _, ok := t.rows[key]; ok {\n\t\treturn false\n\t}\n\tt.rows[key] = 1\n\treturn true\n}\n",
    ),
    // The file is moved to where the function leaves it in the middle of.
    (
        "report.py",
        143,
        "import json\n\nclass Report:\n    def __init__(self, root):\n        self.root = root\n\n    def path(self):\n        return self.root + \"/report.json\"\n\n    def load(self):\n        with open(self.path()) as file:\n            return json.load(file)\n\n    def save(self, rows):\n        with open(self.path(), \"w\") as file:\n            if not rows:\n                return\n            json.dump(rows, file)\n",
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
