"""Files of a program whose reactor hands work to threads."""

import os

from twisted.internet.threads import deferToThread


class Store:
    def __init__(self, folder):
        self.folder = folder

    def make_spool(self):  # race
        place = os.path.join(self.folder, "spool")
        if not os.path.isdir(place):
            os.makedirs(place)

    def persist(self):
        return deferToThread(self.make_spool)
