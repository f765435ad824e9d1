"""A cache whose files are named by a helper."""

import os
import pickle
import tempfile


def _hashed(path, folder):
    return os.path.join(folder, path + ".pkl")


def save(path, item, folder):  # race
    with open(_hashed(path, folder), "wb") as f:
        pickle.dump(item, f)


def save_whole(path, item, folder):  # safe
    fd, draft = tempfile.mkstemp(dir=folder)
    with os.fdopen(fd, "wb") as f:
        pickle.dump(item, f)
    os.replace(draft, _hashed(path, folder))


def load(path, folder):
    try:
        with open(_hashed(path, folder), "rb") as f:
            return pickle.load(f)
    except FileNotFoundError:
        return None


def _report(name, folder):
    return os.path.join(folder, name + ".txt")


def write_report(name, text, folder):  # safe
    with open(_report(name, folder), "w") as f:
        f.write(text)
