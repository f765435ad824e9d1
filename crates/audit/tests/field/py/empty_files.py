import os


class ImageQueue:
    def __init__(self, cache_dir):
        self.cache_dir = cache_dir

    def queue(self, image):  # maybe
        path = os.path.join(self.cache_dir, "queue", image)
        if os.path.exists(path):
            return False
        with open(path, "w"):
            pass
        return True

    def claim(self, image):  # race
        path = os.path.join(self.cache_dir, "queue", image)
        if os.path.exists(path):
            return False
        with open(path, "w"):
            pass
        return True

    def put(self, image, data):  # race
        path = os.path.join(self.cache_dir, "queue", image)
        if os.path.exists(path):
            return False
        with open(path, "w") as f:
            f.write(data)
        return True

    def queue_and_fetch(self, image, fetch):  # race
        path = os.path.join(self.cache_dir, "queue", image)
        if os.path.exists(path):
            return False
        with open(path, "w"):
            pass
        fetch(image)
        return True
