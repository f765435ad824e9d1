"""What fails because another one was faster, and is tried again, finds it done."""

import os

from tenacity import retry


@retry
def ensure_folder_again(path):  # safe
    if not os.path.exists(path):
        os.makedirs(path)
    return path


def ensure_folder_once(path):  # race
    if not os.path.exists(path):
        os.makedirs(path)
    return path
