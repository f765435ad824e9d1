"""Names that are used unless they are taken."""

import os
import shutil

from flask import Flask, request

app = Flask(__name__)


def another(folder, name):
    n = 1
    while os.path.exists(os.path.join(folder, f"{n}_{name}")):
        n += 1
    return f"{n}_{name}"


@app.route("/save")
def save(folder, name):  # race
    if os.path.exists(os.path.join(folder, name)):
        name = another(folder, name)
    target = os.path.join(folder, name)
    request.files["file"].save(target)
    return name


@app.route("/move")
def move(path, draft):  # race
    if os.path.exists(path):
        path = path + ".new"
    shutil.move(draft, path)
    return path


@app.route("/fallback")
def read(path):  # safe
    if not os.path.exists(path):
        path = path + ".default"
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:
        return ""


@app.route("/whatever")
def save_over(path, draft, backup):  # safe
    if backup:
        path = path + ".bak"
    shutil.move(draft, path)
    return path
