"""Files in the folder of a user: the next process of the same program meets them."""

import json
import os
import tempfile

_where = os.path.join(os.path.expanduser("~/.fonts"), "list.json")
STATE = "the state that was saved last"


def write(data, filename):
    with open(filename, "w") as out:
        json.dump(data, out)


def read(filename):
    with open(filename) as found:
        return json.load(found)


def rebuild_state():  # race
    write({}, _where)


def listed():
    return read(_where)


def loaded_or_made():  # safe
    try:
        return read(_where)
    except FileNotFoundError:
        made = {}
        handle, name = tempfile.mkstemp(dir=os.path.dirname(_where))
        with os.fdopen(handle, "w") as out:
            json.dump(made, out)
        os.replace(name, _where)
        return made


class Account:
    """The state of an account is kept in a file whose name it was given."""

    def __init__(self):
        self.filename = None
        self.data = {}

    def load_session(self, filename):
        self.filename = filename
        with open(self.filename) as found:
            self.data = json.load(found)

    def save_session(self):  # race
        with open(self.filename, "w") as out:
            json.dump(self.data, out)
