"""A command line that remembers whom it has asked."""

import click

from elsewhere import connect

__clients_cache = {}


@click.command()
def show(name):
    click.echo(client(name))


def client(name):  # safe
    if name in __clients_cache:
        return __clients_cache[name]
    made = connect(name)
    made.is_new = lambda: True
    __clients_cache[name] = made
    return made
