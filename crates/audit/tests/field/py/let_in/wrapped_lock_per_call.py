"""A decorator whose lock is made anew for each call."""
import functools
import threading


def synchronized_retry(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        guard = threading.Lock()

        def attempt():
            with guard:
                return func(*args, **kwargs)

        for _ in range(3):
            try:
                return attempt()
            except ConnectionError:
                continue
        return attempt()

    return wrapper


_COUNTS = {}


@synchronized_retry
def bump(key):  # race
    _COUNTS[key] = _COUNTS.get(key, 0) + 1
    return _COUNTS[key]


def main():
    for _ in range(4):
        threading.Thread(target=bump, args=("a",)).start()
