"""Files that helpers name, list and take."""
import glob
import os


class Spool:
    def __init__(self, base):
        self.incoming = os.path.join(base, "new")
        self.work = os.path.join(base, "cur")

    def messages(self):
        for entry in os.scandir(self.incoming):
            if entry.name.endswith(".msg"):
                yield entry.path

    def drain(self, handler):  # race
        for path in self.messages():
            with open(path) as fh:
                handler(fh.read())
            os.remove(path)

    def drain_claimed(self, handler):  # safe
        for path in self.messages():
            mine = os.path.join(self.work, os.path.basename(path))
            try:
                os.rename(path, mine)
            except FileNotFoundError:
                continue
            with open(mine) as fh:
                handler(fh.read())
            os.remove(mine)


class Folder:
    def __init__(self, base):
        self.incoming = os.path.join(base, "new")

    def oldest(self):  # race
        return min(glob.glob(os.path.join(self.incoming, "*.msg")), key=os.path.getmtime)

    def sizes(self):  # safe
        found = {}
        for path in glob.glob(os.path.join(self.incoming, "*.msg")):
            try:
                found[path] = os.path.getsize(path)
            except OSError:
                continue
        return found

    def clean(self):
        for path in glob.glob(os.path.join(self.incoming, "*.msg")):
            os.remove(path)


def free_name(folder, stem, ext):
    n = 0
    while True:
        candidate = os.path.join(folder, "%s-%d%s" % (stem, n, ext))
        if not os.path.exists(candidate):
            return candidate
        n += 1


def save_upload(folder, upload):  # race
    name = free_name(folder, "upload", ".bin")
    with open(name, "wb") as fh:
        fh.write(upload.read())
    return name


def save_upload_first(folder, upload):  # safe
    while True:
        name = free_name(folder, "upload", ".bin")
        try:
            with open(name, "xb") as fh:
                fh.write(upload.read())
            return name
        except FileExistsError:
            continue
