from errands import spool


def handle(folder):
    spool.sweep(folder)
    spool.drain(folder)
    spool.drain_cache(folder)
