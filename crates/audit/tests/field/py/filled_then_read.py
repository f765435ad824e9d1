"""What is kept by name, filled where it is missing, and read once more."""

import threading

from flask import Flask

app = Flask(__name__)
PAGES = {}
PRICES = {}
NAMES = {}
ROWS = {}
LOCK = threading.Lock()


def drop_page(key):
    with LOCK:
        PAGES.pop(key, None)


@app.route("/page")
def page(key):  # race
    if key not in PAGES:
        PAGES[key] = render(key)
    return PAGES[key]


@app.route("/page/known")
def page_if_known(key):  # safe
    if key not in PAGES:
        PAGES[key] = render(key)
    try:
        return PAGES[key]
    except KeyError:
        return None


@app.route("/page/get")
def page_or_nothing(key):  # safe
    if key not in PAGES:
        PAGES[key] = render(key)
    return PAGES.get(key)


def drop_price(key):
    with LOCK:
        PRICES.pop(key, None)


@app.route("/price")
def price(key):  # safe
    with LOCK:
        if key not in PRICES:
            PRICES[key] = render(key)
        return PRICES[key]


def set_name(key, value):
    with LOCK:
        NAMES[key] = value


@app.route("/name")
def name(key):  # safe
    if key not in NAMES:
        NAMES[key] = render(key)
    return NAMES[key]


class Rows:
    """Rows by table, for all threads."""

    def close(self):
        with LOCK:
            ROWS.clear()


@app.route("/rows")
def rows(key):  # unshown
    if key not in ROWS:
        ROWS[key] = render(key)
    return ROWS[key]
