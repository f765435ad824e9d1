"""Readers of files that nobody takes away, and of one that this module does."""

import os

from .movers import discard, text_of


def load_session(folder):  # safe
    session = os.path.join(folder, "session.json")
    if os.path.exists(session):
        return text_of(session)
    return None


def load_lease(folder):  # race
    lease = os.path.join(folder, "lease.json")
    if os.path.exists(lease):
        return text_of(lease)
    return None


def drop_lease(folder):
    os.remove(os.path.join(folder, "lease.json"))


def tidy(folder):
    discard(os.path.join(folder, "leftovers"))
