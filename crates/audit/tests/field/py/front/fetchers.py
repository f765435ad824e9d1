"""Folders below a place that a helper finds, which is imported from the package and not from its module."""

import os

from . import data_home, work_home
from .inner import deep_home


def fetch_tables(home=None):  # race
    folder = os.path.join(data_home(home), "tables")
    if not os.path.exists(folder):
        os.makedirs(folder)
    return folder


def fetch_further(home=None):  # race
    folder = os.path.join(deep_home(home), "further")
    if not os.path.exists(folder):
        os.makedirs(folder)
    return folder


def fetch_calmly(home=None):  # safe
    folder = os.path.join(data_home(home), "calm")
    os.makedirs(folder, exist_ok=True)
    return folder


def fetch_for_caller(home):  # unshown
    folder = os.path.join(work_home(home), "part")
    if not os.path.exists(folder):
        os.makedirs(folder)
    return folder
