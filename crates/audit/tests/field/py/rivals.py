"""Files that are kept for the next one to come, and files that several are at at the same time."""

import os
import shutil


def put_token(folder, made):  # race
    path = os.path.join(folder, "token")
    if os.path.exists(path):
        raise FileExistsError(path)
    shutil.move(made, path)


def put_session(folder, made):  # race
    path = os.path.join(folder, "session")
    if os.path.exists(path):
        raise FileExistsError(path)
    shutil.move(made, path)

