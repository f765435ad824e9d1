"""Files that a reader of some library is given by their path: whether they are there is all that is asked."""
import os
import tempfile

import pandas as pd
from urllib.request import urlretrieve



def table(name, url):  # race
    path = os.path.join(os.path.expanduser("~/.samples"), name)
    if not os.path.exists(path):
        urlretrieve(url, path)
    return pd.read_csv(path)


def table_one_way(name, url, keep=True):  # race
    if keep:
        kept = os.path.join(os.path.expanduser("~/.samples"), name)
        if not os.path.exists(kept):
            urlretrieve(url, kept)
        path = kept
    else:
        path = url
    frame = pd.read_csv(path)
    return frame.dropna()


def table_renamed(name, url):  # safe
    path = os.path.join(os.path.expanduser("~/.samples"), name)
    if not os.path.exists(path):
        handle, part = tempfile.mkstemp(dir=os.path.dirname(path))
        os.close(handle)
        urlretrieve(url, part)
        os.replace(part, path)
    return pd.read_csv(path)


def counted(name, url, seen):  # safe
    path = os.path.join(os.path.expanduser("~/.samples"), name)
    if not os.path.exists(path):
        urlretrieve(url, path)
    seen.note(path)
    return len(seen)
