"""Paths that come from elsewhere without a type: what only a path has says what they are."""

from .settings import CACHE, TRASH


def trash():  # unshown
    if not TRASH.is_dir():
        TRASH.mkdir()
    return TRASH


def trash_whoever_makes_it():  # safe
    if not TRASH.is_dir():
        TRASH.mkdir(exist_ok=True)
    return TRASH


def keep(cache_path, data):  # race
    if cache_path.exists():
        raise ValueError(cache_path)
    cache_path.write_bytes(data)


def keep_alone(cache_path, data):  # safe
    with cache_path.open("xb") as f:
        f.write(data)


def page(name, data):  # race
    if (CACHE / "pages").exists():
        return (CACHE / "pages").read_text()
    (CACHE / "pages").write_text(data + name)
    return data


class Pages:
    def __init__(self, cache_dir, table):
        self.cache_dir = cache_dir
        self.table = table

    def begin(self):  # race
        if not self.cache_dir.exists():
            self.cache_dir.mkdir()
        return self.cache_dir / "index.json"

    def begin_table(self):  # safe
        if not self.table.exists():
            self.table.mkdir("pages")
        return self.table
