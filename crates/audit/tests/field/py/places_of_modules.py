"""Where a program keeps what is its user's."""

import os

from platformdirs import PlatformDirs

PLACES = PlatformDirs("tool")
BASE = os.path.expanduser("~/.tool")
TRASH = os.path.join(BASE, "trash")
DATA = PLACES.user_data_dir
OUT = "out"


def base_of_all():
    return os.path.join(os.path.expanduser("~"), ".tool")
