"""Those who work with the storages, which they are given."""


def drop(storage, name):
    with storage.hold_lock("w"):
        storage.delete(name)


def drop_all(storage, names):
    for name in names:
        storage.delete(name)
