import asyncio
import queue
import threading


class Worker:
    def __init__(self):
        self.jobs = queue.Queue()
        self.lock = threading.Lock()
        threading.Thread(target=self.run).start()
        threading.Thread(target=self.run).start()

    def run(self):
        while True:
            self.drain()

    def drain(self):  # race
        while not self.jobs.empty():
            print(self.jobs.get_nowait())

    def one(self):  # race
        if not self.jobs.empty():
            print(self.jobs.get(block=False))

    def drain_right(self):  # safe
        while True:
            try:
                print(self.jobs.get_nowait())
            except queue.Empty:
                return

    def drain_answered(self):  # safe
        while not self.jobs.empty():
            try:
                print(self.jobs.get_nowait())
            except queue.Empty:
                break

    def drain_locked(self):  # safe
        with self.lock:
            while not self.jobs.empty():
                print(self.jobs.get_nowait())


class Loop:
    def __init__(self):
        self.jobs = asyncio.Queue()

    async def drain(self):  # safe
        while not self.jobs.empty():
            print(self.jobs.get_nowait())


def own(items):  # safe
    jobs = queue.Queue()
    for item in items:
        jobs.put(item)
    while not jobs.empty():
        print(jobs.get_nowait())
