"""Objects with a lock: what is always changed under it, and what is not."""
import threading


class Panel:
    def __init__(self):
        self.lock = threading.Lock()
        self.actions = {}
        self.pending = []

    def add(self, key, action):
        self.actions[key] = action

    def later(self, action):
        with self.lock:
            self.pending.append(action)

    def forget(self, key):
        with self.lock:
            if key in self.actions:
                self.actions.pop(key)

    def tear_down(self):  # unshown
        for key in self.actions:
            action = self.actions[key]
            action.remove()


class Kept:
    def __init__(self):
        self.lock = threading.Lock()
        self.actions = {}

    def add(self, key, action):
        with self.lock:
            self.actions[key] = action

    def forget(self, key):
        with self.lock:
            self.actions.pop(key, None)

    def run(self, key):  # race
        if key in self.actions:
            self.actions[key].run()

    def run_safely(self, key):  # safe
        with self.lock:
            action = self.actions.get(key)
        if action is not None:
            action.run()
