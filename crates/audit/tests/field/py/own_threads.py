"""Objects that start threads on methods of their own."""

import threading
import time


class Expiring:
    """Entries that a thread of the object sweeps."""

    def __init__(self):
        self._data = {}
        threading.Thread(target=self._sweep, daemon=True).start()

    def _sweep(self):  # race
        while True:
            time.sleep(1)
            for key in list(self._data):
                if self._data[key][1] < time.time():
                    del self._data[key]

    def found(self, key):  # race
        if key in self._data:
            return self._data[key][0]
        return None

    def put(self, key, value):
        self._data[key] = (value, time.time() + 10)


class Poller(threading.Thread):
    def __init__(self):
        super().__init__()
        self.jobs = {}

    def run(self):
        while True:
            for name in list(self.jobs):
                if self.jobs[name].done():
                    self.jobs.pop(name)

    def status(self, name):  # race
        if name in self.jobs:
            return self.jobs[name].state
        return None

    def known(self, name):  # safe
        job = self.jobs.get(name)
        return job.state if job is not None else None


class Swept:
    def __init__(self):
        self._data = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._sweep, daemon=True).start()

    def _sweep(self):  # safe
        while True:
            time.sleep(1)
            with self._lock:
                for key in list(self._data):
                    if self._data[key][1] < time.time():
                        del self._data[key]

    def found(self, key):  # safe
        with self._lock:
            if key in self._data:
                return self._data[key][0]
            return None

    def put(self, key, value):  # safe
        with self._lock:
            self._data[key] = (value, time.time() + 10)


class Still:
    """No thread is started on what looks at the entries."""

    def __init__(self):
        self._data = {}
        self._timer = threading.Timer(10, self._report)

    def _report(self):
        print("still there")

    def found(self, key):  # safe
        if key in self._data:
            return self._data[key]
        return None

    def dropped(self, key):
        self._data.pop(key, None)
