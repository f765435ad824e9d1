"""Calls `boundary(label)` before each line of the watched functions, in the threads that ask for it.

Written for every Python from 3.7: `sys.settrace`, on the watched functions' frames only.
"""

import linecache
import sys


class Watcher:
    def __init__(self, watches, boundary):
        self.watches = [(watch["file"].replace("\\", "/"), watch["function"]) for watch in watches]
        self.boundary = boundary
        self.known = {}

    def wanted(self, frame):
        code = frame.f_code
        found = self.known.get(code)
        if found is None:
            found = self.known[code] = any(
                self.matches(code, frame, file, function) for file, function in self.watches
            )
        return found

    def matches(self, code, frame, file, function):
        path = code.co_filename.replace("\\", "/")
        if not (path == file or path.endswith("/" + file.lstrip("./"))):
            return False
        if function == "*":
            return not code.co_name.startswith("<")
        name = getattr(code, "co_qualname", None)
        if name is None:
            owner = frame.f_locals.get("self", frame.f_locals.get("cls"))
            owner = owner if isinstance(owner, type) else type(owner)
            name = owner.__name__ + "." + code.co_name if "." in function else code.co_name
        name = name.replace(".<locals>", "")
        return name == function or code.co_name == function or name.endswith("." + function)

    def trace(self, frame, event, argument):
        if event == "call" and self.wanted(frame):
            return self.line
        return None

    def line(self, frame, event, argument):
        if event == "line":
            code = frame.f_code
            text = linecache.getline(code.co_filename, frame.f_lineno).strip()
            file = code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
            self.boundary("{}:{} {}".format(file, frame.f_lineno, text))
        return self.line

    def start(self):
        sys.settrace(self.trace)
