from errands import spool


class Worker:
    def __init__(self, folder):
        self.folder = folder

    def round(self):
        spool.drain(self.folder)
