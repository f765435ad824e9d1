"""A number that is changed under a lock and told of after it, and one that is looked at before."""

import threading


class Window:
    def __init__(self, size, most=None):
        self._mutex = threading.RLock()
        self.size = size or 0
        self.most = most

    def widen(self, n=1):  # safe
        with self._mutex:
            if self.size:
                wider = self.size + max(n, 0)
                if self.most is not None and wider > self.most:
                    wider = self.most
                self.size = wider
        return self.size

    def narrow(self, n=1):  # safe
        with self._mutex:
            if self.size:
                self.size -= n
                if self.size < 1:
                    self.size = 1
        return self.size

    def double(self):  # race
        with self._mutex:
            before = self.size
        after = before * 2
        with self._mutex:
            self.size = after
        return after
