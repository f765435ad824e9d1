"""The one instance of a class, kept on the class and called by the class's name."""
import threading

import docker


class Reaper:
    _instance = None

    @classmethod
    def get(cls):  # race
        if not Reaper._instance:
            Reaper._instance = Reaper._create()
        return Reaper._instance

    @classmethod
    def _create(cls):
        return docker.run("reaper", name="reaper")


class Counter:
    made = 0

    @classmethod
    def reset(cls):  # safe
        if not Counter.made:
            Counter.made = 1


class Guarded:
    _instance = None
    _lock = threading.Lock()

    @classmethod
    def get(cls):  # safe
        if not Guarded._instance:
            with cls._lock:
                if not cls._instance:
                    Guarded._instance = docker.run("guarded")
        return Guarded._instance


class Plain:
    _last = None

    @classmethod
    def get(cls):  # safe
        if not Plain._last:
            Plain._last = docker.version()
        return Plain._last
