import os


def data_home(home=None):
    if home is None:
        home = os.environ.get("FRONT_DATA", os.path.join("~", "front_data"))
    home = os.path.expanduser(home)
    os.makedirs(home, exist_ok=True)
    return home


def work_home(home):
    os.makedirs(home, exist_ok=True)
    return home
