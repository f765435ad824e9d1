import json
import os
import threading
from pathlib import Path

_instances = {}
_get_instance_right = {}
_get_instance_dcl = {}
_lock = threading.Lock()


def get_instance(name):  # maybe
    if name not in _instances:
        _instances[name] = Worker(name)
    return _instances[name]


def get_instance_right(name):  # safe
    with _lock:
        if name not in _get_instance_right:
            _get_instance_right[name] = Worker(name)
        return _get_instance_right[name]


def get_instance_dcl(name):  # safe
    found = _get_instance_dcl.get(name)
    if found is None:
        with _lock:
            found = _get_instance_dcl.get(name)
            if found is None:
                found = _get_instance_dcl[name] = Worker(name)
    return found


def get_instance_gap(name):  # maybe
    with _lock:
        found = _instances.get(name)
    if found is None:
        found = Worker(name)
        with _lock:
            _instances[name] = found
    return found


class Worker:
    def __init__(self, name):
        self.name = name
        self.jobs = []
        threading.Thread(target=self.loop).start()

    def loop(self):
        pass


class Registry:
    """Settings shared by every process of the host."""

    def __init__(self, path):
        self.path = Path(path)

    def load(self):
        if self.path.exists():
            return json.loads(self.path.read_text())
        return {}

    def save(self, data):  # race
        self.path.write_text(json.dumps(data))

    def put(self, key, value):  # race
        data = self.load()
        data[key] = value
        self.save(data)

    def drop(self, key):  # race
        data = self.load()
        if key in data:
            del data[key]
            self.save(data)


def fetch(url, dest):  # maybe
    if not os.path.exists(dest):
        download(url, dest)
    return open(dest)


def download(url, dest):
    import urllib.request
    with urllib.request.urlopen(url) as r, open(dest, "wb") as f:
        f.write(r.read())


def ensure_dir(path):  # maybe
    if not os.path.isdir(path):
        os.makedirs(path)


def ensure_dir_right(path):  # safe
    try:
        os.makedirs(path)
    except FileExistsError:
        pass


def publish(path, text):  # race
    tmp = path + ".tmp"
    with open(tmp, "w") as f:
        f.write(text)
    os.rename(tmp, path)


def acquire(path):  # maybe
    if os.path.exists(path):
        return False
    with open(path, "w") as f:
        f.write(str(os.getpid()))
    return True


def cleanup(folder):  # maybe
    for name in os.listdir(folder):
        full = os.path.join(folder, name)
        if os.path.getmtime(full) < 100:
            os.unlink(full)
