"""Puts a whole Python program under the line gate, and then runs the sitecustomize it would have had."""

import json
import os
import sys
import threading


def _attach():
    address = os.environ.get("AMORSIZE_PROVE_GATE")
    watches = os.environ.get("AMORSIZE_PROVE_WATCHES")
    if not address or not watches:
        return
    import socket

    import amorsize_hook

    local = threading.local()

    def boundary(label):
        connection = getattr(local, "connection", None)
        if connection is None or local.process != os.getpid():
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(address)
            local.connection, local.process = connection, os.getpid()
        connection.sendall(json.dumps(label).encode() + b"\n")
        connection.recv(1)

    watcher = amorsize_hook.Watcher(json.loads(watches), boundary)
    threading.settrace(watcher.trace)
    watcher.start()


def _next():
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in sys.path:
        path = os.path.join(folder or ".", "sitecustomize.py")
        if os.path.abspath(folder or ".") != here and os.path.isfile(path):
            with open(path) as file:
                exec(compile(file.read(), path, "exec"), {"__name__": "sitecustomize", "__file__": path})
            return


try:
    _attach()
except Exception as error:
    sys.stderr.write("amorsize: the line gate could not be attached: %r\n" % (error,))
_next()
