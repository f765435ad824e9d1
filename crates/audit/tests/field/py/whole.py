"""Downloads that are taken for whole because they are there."""

import os
import shutil
import tempfile
from urllib.request import urlopen, urlretrieve

from filelock import FileLock


def cached_archive(url, cache_dir):  # race
    cache_path = os.path.join(cache_dir, url.replace("/", "_"))
    if not os.path.exists(cache_path):
        with tempfile.NamedTemporaryFile() as temp_file:
            temp_file.write(urlopen(url).read())
            temp_file.seek(0)
            with open(cache_path, "wb") as cache_file:
                shutil.copyfileobj(temp_file, cache_file)
    return cache_path


def fetched(name, cache_dir):  # race
    target = os.path.join(os.path.expanduser(cache_dir), name)
    if not os.path.exists(target):
        urlretrieve("https://example.org/" + name, target)
    return target


def renamed_archive(url, cache_dir):  # safe
    cache_path = os.path.join(cache_dir, url.replace("/", "_"))
    if not os.path.exists(cache_path):
        with tempfile.NamedTemporaryFile(dir=cache_dir, delete=False) as temp_file:
            temp_file.write(urlopen(url).read())
        os.replace(temp_file.name, cache_path)
    return cache_path


def locked_archive(url, cache_dir):  # safe
    cache_path = os.path.join(cache_dir, url.replace("/", "_"))
    with FileLock(cache_path + ".lock"):
        if not os.path.exists(cache_path):
            with open(cache_path, "wb") as cache_file:
                cache_file.write(urlopen(url).read())
        return cache_path


def default_settings(cache_dir):  # safe
    path = os.path.join(cache_dir, "settings.ini")
    if not os.path.exists(path):
        with open(path, "w") as out:
            out.write("[main]\n")


def download_model(url, target):  # race
    if os.path.isfile(target):
        print("there already")
    else:
        urlretrieve(url, target)


def download_model_aside(url, target):  # safe
    if os.path.isfile(target):
        print("there already")
    else:
        with tempfile.NamedTemporaryFile(dir=os.path.dirname(target), delete=False) as aside:
            aside.write(urlopen(url).read())
        os.replace(aside.name, target)


def one_or_another(url, cache_dir, tag):  # race
    path = os.path.join(cache_dir, url)
    if tag is None:
        path = os.path.join(cache_dir, "latest")
    if not os.path.exists(path):
        with open(path, "wb") as out:
            out.write(urlopen(url).read())
    return path
