"""A package whose front page hands out what one of its modules makes."""

from ._base import data_home, work_home
from .inner import deep_home
