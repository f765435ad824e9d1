"""Locks between processes that are taken and given back by hand, and looked under again."""

import os
import shutil

import fasteners
from filelock import FileLock
from ours.locking import FileLock as OwnFileLock
from ours.locking import Turn


def unpack_own(source, folder):  # safe
    lock = OwnFileLock(folder + ".lock", timeout=90)
    lock.acquire()
    try:
        if not os.path.exists(folder):
            os.makedirs(folder)
            shutil.copy(source, folder)
    finally:
        lock.release()


def unpack_lib(source, place):  # safe
    lock = FileLock(place + ".lock")
    lock.acquire()
    try:
        if not os.path.exists(place):
            os.makedirs(place)
            shutil.copy(source, place)
    finally:
        lock.release()


def unpack_between(source, spot):  # safe
    lock = fasteners.InterProcessLock(spot + ".lock")
    lock.acquire()
    try:
        if not os.path.exists(spot):
            os.makedirs(spot)
            shutil.copy(source, spot)
    finally:
        lock.release()


def unpack_turn(source, where):  # race
    turn = Turn(where)
    turn.begin()
    try:
        if not os.path.exists(where):
            os.makedirs(where)
            shutil.copy(source, where)
    finally:
        turn.end()


def unpack_before(source, path):  # race
    if not os.path.exists(path):
        lock = OwnFileLock(path + ".lock")
        lock.acquire()
        try:
            os.makedirs(path)
            shutil.copy(source, path)
        finally:
            lock.release()
