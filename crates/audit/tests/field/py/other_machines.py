"""Folders of other machines, by SSH and by FTP, and documents as they were written before."""

import ftplib

import paramiko
import redis


class Far:
    def __init__(self, host):
        self.ssh = paramiko.SSHClient()
        self.sftp = self.ssh.open_sftp()
        self.ftp = ftplib.FTP(host)

    def exists(self, folder):
        try:
            self.sftp.stat(folder)
            return True
        except FileNotFoundError:
            return False

    def makes(self, folder):  # race
        try:
            self.sftp.stat(folder)
        except IOError:
            self.sftp.mkdir(folder)

    def makes_if_missing(self, folder):  # race
        if not self.exists(folder):
            self.sftp.mkdir(folder)

    def makes_or_finds(self, folder):  # safe
        if not self.exists(folder):
            try:
                self.sftp.mkdir(folder)
            except IOError:
                pass

    def goes_there(self, folder):  # race
        try:
            self.ftp.cwd(folder)
        except ftplib.error_perm:
            self.ftp.mkd(folder)
            self.ftp.cwd(folder)

    def goes_there_or_finds(self, folder):  # safe
        try:
            self.ftp.cwd(folder)
        except ftplib.error_perm:
            try:
                self.ftp.mkd(folder)
            except ftplib.error_perm:
                pass
            self.ftp.cwd(folder)

    def removes(self, name):  # safe
        try:
            self.ftp.cwd(name)
        except ftplib.error_perm:
            self.ftp.delete(name)


class Sessions:
    def __init__(self, collection):
        self.collection = collection

    def counts(self, ident):  # race
        document = self.collection.find_one({"ident": ident})
        document["n"] = document["n"] + 1
        self.collection.save(document)

    def counts_there(self, ident):  # safe
        document = self.collection.find_one({"ident": ident})
        print(document["n"])
        self.collection.update({"ident": ident}, {"$inc": {"n": 1}})


class Births:
    def __init__(self, host):
        self.connection = redis.StrictRedis(host)

    def born(self, key):  # race
        if self.connection.exists(key) and not self.connection.hexists(key, "death"):
            raise ValueError("there is one")
        with self.connection._pipeline() as pipe:
            pipe.delete(key)
            pipe.hset(key, "birth", 1)
            pipe.execute()
