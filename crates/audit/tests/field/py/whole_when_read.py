"""Files that are read where they are there, and made where they are not."""

import json
import os
from urllib.request import urlopen

ANSWERS = "https://example.org/answers.json"


def answered_from_file(cache_path):  # race
    if os.path.isfile(cache_path):
        with open(cache_path) as kept:
            return json.load(kept)
    answers = json.load(urlopen(ANSWERS))
    with open(cache_path, "w") as out:
        json.dump(answers, out)
    return answers


def answered_if_it_parses(cache_path):  # safe
    if os.path.isfile(cache_path):
        try:
            with open(cache_path) as kept:
                return json.load(kept)
        except ValueError:
            pass
    answers = json.load(urlopen(ANSWERS))
    with open(cache_path, "w") as out:
        json.dump(answers, out)
    return answers


def compared_with_file(tag, cache_path):  # safe
    if os.path.exists(cache_path):
        with open(cache_path) as kept:
            if kept.read() == tag:
                return
    with open(cache_path, "w") as out:
        out.write(tag)


def answered_from_whole_file(cache_path):  # safe
    if os.path.isfile(cache_path):
        with open(cache_path) as kept:
            return json.load(kept)
    answers = json.load(urlopen(ANSWERS))
    aside = f"{cache_path}.{os.getpid()}"
    with open(aside, "w") as out:
        json.dump(answers, out)
    os.replace(aside, cache_path)
    return answers


def sized_if_there(cache_path):  # safe
    if os.path.isfile(cache_path):
        return os.path.getsize(cache_path)
    answers = json.load(urlopen(ANSWERS))
    with open(cache_path, "w") as out:
        json.dump(answers, out)
    return len(answers)
