"""A module that a person runs, and that nobody imports."""

import os


def forget_spool(folder):  # safe
    path = os.path.join(folder, "spool", "left")
    if os.path.exists(path):
        os.remove(path)


if __name__ == "__main__":
    forget_spool(".")
