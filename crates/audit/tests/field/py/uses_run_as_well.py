"""Somebody who imports what can be run as well."""

from run_as_well import Received


def received(data, destination):
    Received().save(destination, data)
