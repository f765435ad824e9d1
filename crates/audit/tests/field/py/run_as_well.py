"""A library that can be run as well: the command line is read only where it is."""

import os

if __name__ == "__main__":
    from optparse import OptionParser


class Received:
    def save(self, destination, data):  # race
        if os.path.exists(destination):
            raise FileExistsError(destination)
        with open(destination, "wb") as out:
            out.write(data)
