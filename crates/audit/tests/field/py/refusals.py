import contextlib
import os
import threading

import filelock


class NoFolder(Exception):
    pass


class CacheHome:
    _folder = os.path.join(os.path.expanduser("~"), "cache")

    def told_as_trouble(self):  # race
        if not os.path.isdir(self._folder):
            try:
                os.makedirs(self._folder)
            except OSError as error:
                raise NoFolder(f"cannot make it: {error}")

    def looked_at_again(self):  # safe
        if not os.path.isdir(self._folder):
            try:
                os.makedirs(self._folder)
            except OSError:
                if not os.path.isdir(self._folder):
                    raise

    def told_apart(self):  # safe
        if not os.path.isdir(self._folder):
            try:
                os.makedirs(self._folder)
            except FileExistsError:
                pass
            except OSError as error:
                raise NoFolder(str(error))


class CacheWriter:
    def __init__(self, root):
        self.root = root

    def put_by_thread(self, key, value):  # race
        path = os.path.join(self.root, key)
        part = path + "." + threading.current_thread().name
        with open(part, "wb") as f:
            f.write(value)
        os.replace(part, path)

    def put_by_process(self, key, value):  # safe
        path = os.path.join(self.root, key)
        part = f"{path}.{os.getpid()}.{threading.current_thread().name}"
        with open(part, "wb") as f:
            f.write(value)
        os.replace(part, path)

    def get(self, key):
        with open(os.path.join(self.root, key), "rb") as f:
            return f.read()


class LockedFolder:
    def __init__(self, folder):
        self.folder = folder

    @contextlib.contextmanager
    def turn(self, name):
        lock = filelock.FileLock(str(self.folder) + name)
        lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def drop_in_turn(self, cache_path):  # safe
        with self.turn("drop"):
            if os.path.exists(cache_path):
                os.unlink(cache_path)

    def drop_at_once(self, cache_path):  # race
        with self.note("drop"):
            if os.path.exists(cache_path):
                os.unlink(cache_path)

    @contextlib.contextmanager
    def note(self, name):
        self.last = name
        yield


def drop_by_name(folders, cache_path):  # safe
    with folders.lock_for(cache_path):
        if os.path.exists(cache_path):
            os.unlink(cache_path)


class CacheShelf:
    def __init__(self, root):
        self.root = root

    def put_or_forget(self, key, data):  # race
        path = os.path.join(self.root, key[:2], key)
        folder = os.path.dirname(path)
        try:
            if not os.path.exists(folder):
                os.makedirs(folder)
            handle = os.open(path, os.O_EXCL | os.O_CREAT | os.O_WRONLY)
            os.write(handle, data)
            os.close(handle)
        except OSError:
            pass

    def put_in_any_folder(self, key, data):  # safe
        path = os.path.join(self.root, key[:2], key)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            handle = os.open(path, os.O_EXCL | os.O_CREAT | os.O_WRONLY)
            os.write(handle, data)
            os.close(handle)
        except OSError:
            pass
