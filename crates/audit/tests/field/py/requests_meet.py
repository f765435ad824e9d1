"""What handlers of requests run: two requests are served at the same time."""

import json
import os
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from flask import Flask, request

app = Flask(__name__)


class Notes:
    def __init__(self, root):
        self.root = root
        self.lock = threading.Lock()

    def path(self, name):
        return os.path.join(self.root, name)

    def create(self, name, text):  # race
        path = self.path(name)
        if os.path.exists(path):
            return False
        with open(path, "w") as file:
            file.write(text)
        return True

    def save(self, name, note):  # race
        with open(self.path(name), "w") as file:
            json.dump(note, file)

    def load(self, name):
        with open(self.path(name)) as file:
            return json.load(file)

    def create_new(self, name, text):  # safe
        try:
            with open(self.path(name), "x") as file:
                file.write(text)
        except FileExistsError:
            return False
        return True

    def create_locked(self, name, text):  # safe
        path = self.path(name)
        with self.lock:
            if os.path.exists(path):
                return False
            with open(path, "w") as file:
                file.write(text)
            return True

    def nobody_asks(self, name, text):  # safe
        path = self.path(name)
        if os.path.exists(path):
            return False
        with open(path, "w") as file:
            file.write(text)
        return True


class Seats:
    def __init__(self):
        self.taken = {}
        self.left = {}

    def take(self, name, owner):  # race
        if name in self.taken:
            return False
        self.taken[name] = owner
        return True

    def leave(self, name, owner):  # safe
        if name in self.left:
            return False
        self.left[name] = owner
        return True


class Books:
    def __init__(self, path):
        self.path = path

    def borrow(self, title):  # safe
        db = sqlite3.connect(self.path, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        copies = db.execute("SELECT copies FROM books WHERE title = ?", (title,)).fetchone()[0]
        db.execute("UPDATE books SET copies = ? WHERE title = ?", (copies - 1, title))
        db.execute("COMMIT")

    def lend(self, title):  # race
        db = sqlite3.connect(self.path)
        copies = db.execute("SELECT copies FROM books WHERE title = ?", (title,)).fetchone()[0]
        db.execute("UPDATE books SET copies = ? WHERE title = ?", (copies - 1, title))
        db.commit()


class Crawler:
    def __init__(self):
        self.seen = {}
        self.once = {}

    def visit(self, url):  # race
        if url in self.seen:
            return False
        self.seen[url] = True
        return True

    def visit_once(self, url):  # safe
        return self.once.setdefault(url, threading.get_ident()) == threading.get_ident()

    def main_only(self, url):  # safe
        if url in self.once:
            return False
        self.once[url] = None
        return True

    def run(self, url):
        self.main_only(url)
        workers = []
        for _ in range(8):
            worker = threading.Thread(target=self.visit, args=(url,))
            worker.start()
            workers.append(worker)
        for worker in workers:
            worker.join()


notes = Notes("/srv/files")
seats = Seats()
books = Books("/srv/books.db")


@app.route("/files/<name>", methods=["POST"])
def post(name):
    notes.save(name, request.json)
    notes.create_new(name, request.data)
    notes.create_locked(name, request.data)
    return str(notes.create(name, request.data))


@app.route("/files/<name>")
def show(name):
    return notes.load(name)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        seats.take(self.path, self.client_address)
        books.borrow(self.path)
        self.send_response(200)


def main():
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
