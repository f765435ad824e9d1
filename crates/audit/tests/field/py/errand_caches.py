"""What a module of a command keeps: in the cache that all runs of the user share, or where it is told to."""

import argparse
import os
import pickle

from platformdirs import user_cache_dir


def shared_cache_folder():  # race
    folder = os.path.join(os.path.expanduser("~"), ".cache", "errands")
    if not os.path.exists(folder):
        os.makedirs(folder)
    return folder


def shared_cache_entry(name, make):  # race
    path = os.path.join(user_cache_dir("errands"), name)
    if not os.path.isfile(path):
        value = make()
        with open(path, "wb") as out:
            pickle.dump(value, out)
        return value
    with open(path, "rb") as kept:
        return pickle.load(kept)


def tagged_cache_folder():  # unshown
    folder = os.path.join(os.path.expanduser("~"), ".cache", "tagged")
    os.makedirs(folder, exist_ok=True)
    tag = os.path.join(folder, "CACHEDIR.TAG")
    if not os.path.exists(tag):
        with open(tag, "w") as out:
            out.write("Signature: 8a477f597d28d172789f06886806bc55")
    return folder


def shared_cache_calmly():  # safe
    folder = os.path.join(os.path.expanduser("~"), ".cache", "calm")
    os.makedirs(folder, exist_ok=True)
    return folder


def output_folder(options):  # unshown
    folder = os.path.join(options.output, "pages")
    if not os.path.exists(folder):
        os.makedirs(folder)
    return folder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--output")
    output_folder(parser.parse_args())
