import errno
import json
import threading


class Numbers:
    def __init__(self):
        self._lock = threading.Lock()
        self.last = 0

    def read(self):
        self._lock.acquire()
        try:
            return self.last
        finally:
            self._lock.release()

    def write(self, number):
        self._lock.acquire()
        try:
            self.last = number
        finally:
            self._lock.release()

    def draw(self):  # race
        number = self.read() + 1
        self.write(number)
        return number

    def draw_right(self):  # safe
        self._lock.acquire()
        try:
            self.last = self.last + 1
            return self.last
        finally:
            self._lock.release()


class Guests:
    def __init__(self):
        self._lock = threading.Lock()
        self.names = []

    def enter(self, name):  # race
        with self._lock:
            if name in self.names:
                return False
        with self._lock:
            self.names.append(name)
        return True

    def enter_right(self, name):  # safe
        with self._lock:
            if name in self.names:
                return False
            self.names.append(name)
        return True

    def enter_other(self, name, guest):  # safe
        with self._lock:
            if name in self.names:
                return False
        with self._lock:
            self.names.append(guest)
        return True


class ClaimStore:
    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return self.folder + "/" + name + ".json"

    def holder(self, name):
        text = None
        try:
            text = open(self.path(name)).read()
        except IOError as err:
            if err.errno != errno.ENOENT:
                raise
        return text

    def claim(self, name, owner):  # race
        if self.holder(name) is None:
            with open(self.path(name), "w") as file:
                json.dump(owner, file)
            return True
        return False

    def claim_right(self, name, owner):  # safe
        if self.holder(name) is not None:
            return False
        try:
            with open(self.path(name), "x") as file:
                json.dump(owner, file)
        except FileExistsError:
            return False
        return True
