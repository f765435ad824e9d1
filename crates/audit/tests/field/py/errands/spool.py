"""Helpers of commands, and one that others call as well."""

import os


def sweep(folder):  # safe
    path = os.path.join(folder, "spool", "left")
    if os.path.exists(path):
        os.remove(path)


def drain(folder):  # race
    path = os.path.join(folder, "spool", "rest")
    if os.path.exists(path):
        os.remove(path)


def drain_cache(folder):  # race
    path = os.path.join(folder, "cache", "rest")
    if os.path.exists(path):
        os.remove(path)
