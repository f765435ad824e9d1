"""Files under a lock that the callers take by agreement, and files that nobody keeps."""

import os


class Journal:
    def __init__(self, folder):
        self.path = os.path.join(folder, "journal")

    def strike_entries(self):  # safe
        if os.path.exists(self.path):
            os.unlink(self.path)

    def drop_entries(self):  # race
        if os.path.exists(self.path):
            os.unlink(self.path)


def finish(ui, repo, journal):
    with repo.wlock():
        return abort(ui, repo, journal)


def abort(ui, repo, journal):
    journal.strike_entries()


def forget(ui, repo, journal):
    journal.drop_entries()
