"""Paths of which nothing is known but that they are divided by a text, or joined as only paths are."""

import os


def divided(cache_path):  # race
    directory = cache_path / "cache"
    if not directory.exists():
        os.makedirs(directory)
    return directory


def joined(cache_path):  # race
    directory = cache_path.joinpath("cache")
    if not directory.exists():
        os.makedirs(directory)
    return directory


def divided_and_made(cache_path):  # safe
    directory = cache_path / "cache"
    if not directory.exists():
        os.makedirs(directory, exist_ok=True)
    return directory


def halves(count, parts):  # safe
    share = count / parts
    if not share.exists():
        os.makedirs("share")
    return share
