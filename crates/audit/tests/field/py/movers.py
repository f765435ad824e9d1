"""Helpers that work on whatever path they are given."""

import os


def discard(path):
    if os.path.isfile(path):
        os.remove(path)


def text_of(path):
    with open(path) as f:
        return f.read()
