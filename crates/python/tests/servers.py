"""Private servers on the loopback interface, ended with the test."""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import time


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _answers(port, process):
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def _running(command, port, url, **options):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        assert _answers(port, process), f"{command[0]} did not come up"
        yield url
    finally:
        # Both end at once by it: PostgreSQL would wait for its clients after SIGTERM.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def redis(folder):
    """The URL of a Redis or Valkey, or None where none is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    port = _free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with _running(command, port, f"redis://127.0.0.1:{port}/0") as url:
        yield url


@contextlib.contextmanager
def postgres(folder):
    """The URL of a PostgreSQL, or None where none is installed."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [shutil.which("initdb")]
    if found[-1] is None:
        yield None
        return
    programs = os.path.dirname(found[-1])
    data = os.path.join(folder, "postgres")
    os.mkdir(data)
    options = {"cwd": data}
    if os.geteuid() == 0:
        # It refuses to run as root; any other user will do.
        options.update(user=65_534, group=65_534, extra_groups=[])
        os.chown(data, 65_534, 65_534)
        place = str(folder)
        while place not in ("/", "/tmp"):
            os.chmod(place, os.stat(place).st_mode | 0o055)
            place = os.path.dirname(place)
    common = ["-D", os.path.join(data, "base")]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    trust = ["-U", "tests", "-A", "trust", "--no-sync", "--no-instructions"]
    subprocess.run([f"{programs}/initdb", *common, *trust], check=True, env={"LC_ALL": "C", "HOME": data}, **options, **quiet)
    port = _free_port()
    listen = ["-p", str(port), "-h", "127.0.0.1", "-k", data, "-c", "fsync=off"]
    url = f"postgresql://tests@127.0.0.1:{port}/postgres"
    with _running([f"{programs}/postgres", *common, *listen], port, url, **options) as url:
        _wait_until_it_serves(programs, port, options)
        yield url


def _wait_until_it_serves(programs, port, options):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        command = [f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        if subprocess.run(command, check=False, **options).returncode == 0:
            return
        time.sleep(0.02)
