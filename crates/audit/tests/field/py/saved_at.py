"""Files that are saved where they were asked for."""

import os

from flask import Flask, request

app = Flask(__name__)


class Report:
    def __init__(self, figure):
        self.figure = figure

    def save(self, path):
        return (self.figure, path)

    def keep(self, path):  # safe
        if os.path.exists(path):
            return False
        self.save(path)
        return True


@app.route("/upload", methods=["POST"])
def upload(name):  # race
    upload = request.files["file"]
    path = os.path.join("uploads", name)
    if os.path.exists(path):
        return "taken", 409
    upload.save(path)
    return "ok"


@app.route("/other", methods=["POST"])
def upload_elsewhere(name, other):  # safe
    upload = request.files["file"]
    if os.path.exists(os.path.join("uploads", name)):
        return "taken", 409
    upload.save(os.path.join("elsewhere", other))
    return "ok"


@app.route("/stored", methods=["POST"])
def upload_unasked(name):  # safe
    request.files["file"].save(os.path.join("uploads", name))
    return "ok"
