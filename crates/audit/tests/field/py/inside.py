"""Containers that are looked up, made where there is none, and filled by whoever has them."""

import threading


class Shelf(dict):
    pass


class Shelves:
    def __init__(self):
        self.lock = threading.Lock()
        self.by_name = {}

    def put(self, name, title, book):  # race
        shelf = self.by_name.get(name)
        if shelf is None:
            shelf = Shelf()
            self.by_name[name] = shelf
        shelf[title] = book

    def put_plain(self, name, title, book):  # race
        shelf = self.by_name.get(name)
        if shelf is None:
            shelf = {}
            self.by_name[name] = shelf
        if book:
            shelf[title] = book

    def add(self, name, book):  # race
        books = self.by_name.get(name)
        if books is None:
            books = []
            self.by_name[name] = books
        books.append(book)

    def put_locked(self, name, title, book):  # safe
        with self.lock:
            shelf = self.by_name.get(name)
            if shelf is None:
                shelf = Shelf()
                self.by_name[name] = shelf
            shelf[title] = book

    def put_once(self, name, title, book):  # safe
        shelf = self.by_name.get(name)
        if shelf is None:
            shelf = self.by_name.setdefault(name, {})
        shelf[title] = book

    def fill_one_of_my_own(self, title, book):  # safe
        shelf = {}
        shelf[title] = book
        return shelf
