"""Files of a program that a reactor runs: nothing happens between two waits."""

import os

from twisted.internet import defer


class Master:
    def __init__(self, folder):
        self.folder = folder

    def make_spool(self):  # safe
        place = os.path.join(self.folder, "spool")
        if not os.path.isdir(place):
            os.makedirs(place)

    @defer.inlineCallbacks
    def make_spool_later(self, ready):  # race
        place = os.path.join(self.folder, "spool")
        if not os.path.isdir(place):
            yield ready()
            os.makedirs(place)
