"""Events: everybody who sets one sets it alike; who asks before and goes by the answer is another matter."""

import threading


class Server:
    def __init__(self):
        self._stop = threading.Event()
        self._started = threading.Event()
        self._beat = threading.Thread(target=self.beat)
        self._beat.start()

    def beat(self):  # safe
        while True:
            self._stop.wait(3)
            if self._stop.is_set():
                break
            if self.is_late():
                self._stop.set()

    def close(self):
        self._stop.set()
        self._beat.join()

    def start(self):  # race
        if self._started.is_set():
            return False
        self._started.set()
        return True

    def reset(self):
        self._started.clear()


class Board:
    def __init__(self):
        self._changed = threading.Event()

    def tick(self):  # race
        if self._changed.is_set():
            self.redraw()
            self._changed.clear()

    def change(self):
        self._changed.set()
