"""What stands in a method that a decorator of another module runs under a lock is under that lock."""

import threading

from .holding import alone, counting, holding, inside, later, sometimes, telling

_seen = {}


class Desk:
    def __init__(self, listener):
        self.guard = threading.RLock()
        self.listener = listener
        self.calls = 0
        self.busy = False
        self.tasks = []
        self.names = {}
        self.words = {}
        self.rows = {}
        self.lines = {}
        self.texts = {}
        self.parts = {}

    @holding
    def remove_task(self, task):  # safe
        if task in self.tasks:
            self.tasks.remove(task)

    @holding(timeout=5)
    @telling
    def add_name(self, name):  # safe
        if name not in self.names:
            self.names[name] = self._made(name)
        return self.names[name]

    @inside
    def add_word(self, word):  # safe
        self._add_word(word)

    def _add_word(self, word):  # safe
        if word not in self.words:
            self.words[word] = object()
        return self.words[word]

    @counting
    def drop_row(self, row):  # race
        if row in self.rows:
            del self.rows[row]

    @sometimes
    def drop_line(self, line):  # race
        if line in self.lines:
            del self.lines[line]

    @holding
    @later
    def drop_text(self, text):  # race
        if text in self.texts:
            del self.texts[text]

    def drop_part(self, part):  # race
        if part in self.parts:
            del self.parts[part]

    @holding
    def put_part(self, part):
        self.parts[part] = object()

    @holding
    def put_all(self, key):
        self.rows[key] = self.lines[key] = self.texts[key] = object()

    def _made(self, name):
        return (name, object())


@alone
def seen_alone(key):  # safe
    if key not in _seen:
        _seen[key] = threading.Lock()
    return _seen[key]
