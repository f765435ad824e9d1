import os
import shutil


def backwards(cache_dir):  # safe
    for name in os.listdir(cache_dir):
        path = os.path.join(cache_dir, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
