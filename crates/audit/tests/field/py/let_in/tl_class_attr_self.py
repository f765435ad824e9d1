"""What the class of a thread's own object assigns is one for all threads."""
import threading


class Local(threading.local):
    seen = {}


class Index:
    def __init__(self):
        self._local = Local()

    def drop(self, key):  # race
        if key in self._local.seen:
            del self._local.seen[key]

    def run(self):
        for _ in range(4):
            threading.Thread(target=self.drop, args=("a",)).start()
