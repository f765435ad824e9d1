"""Reader locks are told by whole words; a copy is another container."""

import threading

DEFAULTS = {"stealing": 1}


class Reader:
    def __init__(self):
        self._lines_ready = threading.Condition()
        self._dropped = 0

    def drop(self):  # safe
        with self._lines_ready:
            self._dropped += 1

    def drop_bare(self):  # race
        self._dropped += 1


def extensions(wanted=None):  # safe
    if wanted is None:
        wanted = DEFAULTS.copy()
        if "stealing" in wanted:
            del wanted["stealing"]
    return wanted


def forget():  # race
    if "stealing" in DEFAULTS:
        del DEFAULTS["stealing"]
