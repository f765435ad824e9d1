"""Files that hold what was drawn where there was none."""

import os
import uuid

from cryptography.fernet import Fernet


class Node:
    def __init__(self, folder):
        self.folder = folder

    def name(self):  # race
        path = os.path.join(self.folder, "node")
        if os.path.exists(path):
            with open(path) as found:
                return found.read()
        made = str(uuid.uuid4())
        with open(path, "w") as out:
            out.write(made)
        return made

    def cipher(self):  # race
        path = os.path.join(self.folder, "fernet")
        if not os.path.exists(path):
            made = Fernet.generate_key()
            with open(path, "wb") as out:
                out.write(made)
            return made
        with open(path, "rb") as found:
            return found.read()

    def name_once(self):  # safe
        path = os.path.join(self.folder, "only")
        made = str(uuid.uuid4())
        try:
            with open(path, "x") as out:
                out.write(made)
            return made
        except FileExistsError:
            with open(path) as found:
                return found.read()
