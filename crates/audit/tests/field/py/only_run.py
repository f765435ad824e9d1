"""A tool: the command line is read by the module."""

import os
from optparse import OptionParser


class Received:
    def save(self, destination, data):  # safe
        if os.path.exists(destination):
            raise FileExistsError(destination)
        with open(destination, "wb") as out:
            out.write(data)
