from .. import data_home as deep_home
