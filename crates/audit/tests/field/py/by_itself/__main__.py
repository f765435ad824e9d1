"""Run by itself, on the one thread that it has."""
import sys

from .pages import client

for line in sys.stdin:
    client(line).send()
