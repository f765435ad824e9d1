"""Four programs as people write them: first with a loop, then with one line changed.

Usage: python programs.py [--rounds N] [--scale X]

Everything they read is made here: a table, photographs, log files, a server on the loopback address. Each round runs the
loop and the changed line one after the other, in turns; figures are medians. Both have to give the same.
"""

from __future__ import annotations

import argparse
import collections
import http.server
import math
import multiprocessing
import os
import random
import re
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from amorsize import execute

# --- a table: a column of addresses is scored row by row with `Series.apply`


def score(text: str) -> float:
    """Of the kind that nobody can put into column operations."""
    words = re.findall(r"[a-z]+", text.lower())
    pairs = collections.Counter(zip(words, words[1:], strict=False))
    spread = sum(-n / len(words) * math.log(n / len(words)) for n in pairs.values()) if words else 0.0
    return round(spread + sum(len(word) ** 0.5 for word in words), 6)


@contextmanager
def table(scale: float) -> Iterator[tuple[Callable[[], Any], Callable[[], Any], int]]:
    import pandas

    chance = random.Random(1)
    syllables = ["ka", "lo", "mi", "ren", "to", "vas", "el", "quo", "ni", "ba"]
    rows = [
        " ".join("".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(60))
        for _ in range(int(20_000 * scale))
    ]
    frame = pandas.DataFrame({"text": rows})
    before = lambda: frame["text"].apply(score).tolist()  # noqa: E731
    after = lambda: pandas.Series(execute(score, frame["text"]), index=frame.index).tolist()  # noqa: E731
    yield before, after, len(rows)


# --- photographs: a thumbnail of each


def thumbnail(path: str) -> tuple[int, int]:
    from PIL import Image

    with Image.open(path) as image:
        image = image.convert("RGB").resize((image.width // 4, image.height // 4), Image.Resampling.LANCZOS)
        image.thumbnail((256, 256))
        image.save(path.replace(".jpg", ".thumb.png"))
        return image.size


@contextmanager
def photographs(scale: float) -> Iterator[tuple[Callable[[], Any], Callable[[], Any], int]]:
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(2)
        paths = []
        for number in range(max(4, int(40 * scale))):
            width = chance.choice([1200, 1600, 2400])
            noise = Image.effect_noise((width // 4, width * 3 // 16), 60).resize((width, width * 3 // 4))
            path = os.path.join(folder, f"{number:03}.jpg")
            Image.merge("RGB", [noise, noise.rotate(90, expand=False), noise]).save(path, quality=85)
            paths.append(path)
        before = lambda: [thumbnail(path) for path in paths]  # noqa: E731
        after = lambda: execute(thumbnail, paths)  # noqa: E731
        yield before, after, len(paths)


# --- logs: which addresses fail, how often

LINE = re.compile(r'^(\S+) \S+ \S+ \[([^\]]+)\] "(GET|POST|PUT) ([^" ]+)[^"]*" (\d{3}) (\d+|-)')


def failures(path: str) -> dict[str, int]:
    found: collections.Counter[str] = collections.Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            match = LINE.match(line)
            if match and match[5] >= "500":
                found[match[4]] += 1
    return dict(found)


@contextmanager
def logs(scale: float) -> Iterator[tuple[Callable[[], Any], Callable[[], Any], int]]:
    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(3)
        paths = []
        for number in range(24):
            path = Path(folder) / f"access-{number}.log"
            # A quiet night and a busy day: files are not alike.
            count = int(chance.choice([4_000, 12_000, 60_000]) * scale)
            with path.open("w") as out:
                for _ in range(count):
                    status = chance.choice([200, 200, 200, 200, 304, 404, 500, 503])
                    out.write(
                        f"10.0.{chance.randrange(256)}.{chance.randrange(256)} - - [12/Mar/2025:10:00:00 +0000] "
                        f'"GET /item/{chance.randrange(50)}?q={chance.random()} HTTP/1.1" {status} 512\n'
                    )
            paths.append(str(path))
        before = lambda: [failures(path) for path in paths]  # noqa: E731
        after = lambda: execute(failures, paths)  # noqa: E731
        yield before, after, len(paths)


# --- a service that takes its time


class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        time.sleep(0.02)
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _serve(connection: Any) -> None:
    http.server.ThreadingHTTPServer.request_queue_size = 512
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    connection.send(server.server_address[1])
    server.serve_forever()


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())


@contextmanager
def requests(scale: float) -> Iterator[tuple[Callable[[], Any], Callable[[], Any], int]]:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    urls = [f"http://127.0.0.1:{port}/{number}" for number in range(int(300 * scale))]
    try:
        yield lambda: [fetch(url) for url in urls], lambda: execute(fetch, urls), len(urls)
    finally:
        server.terminate()
        server.join()


PROGRAMS = {
    "pandas: a column scored row by row": table,
    "Pillow: thumbnails of photographs": photographs,
    "re: failures in log files": logs,
    "urllib: requests that take 20 ms": requests,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="how much of everything (default 1)")
    args = parser.parse_args()
    cpus = len(os.sched_getaffinity(0))
    print(f"{cpus} CPUs, {args.rounds} rounds, medians; everything from the first line to the last result")
    print(f"{'program':38} {'items':>6} {'loop s':>8} {'execute s':>10} {'times':>6}")
    for name, program in PROGRAMS.items():
        with program(args.scale) as (before, after, count):
            took: dict[str, list[float]] = {"before": [], "after": []}
            for turn in range(args.rounds):
                results = {}
                for label, run in sorted({"before": before, "after": after}.items(), reverse=turn % 2 == 0):
                    start = time.perf_counter()
                    results[label] = run()
                    took[label].append(time.perf_counter() - start)
                assert results["before"] == results["after"], name
            times = statistics.median(b / a for b, a in zip(took["before"], took["after"], strict=True))
            loop, ours = (statistics.median(took[label]) for label in ("before", "after"))
            print(f"{name:38} {count:6} {loop:8.2f} {ours:10.2f} {times:6.2f}", flush=True)


if __name__ == "__main__":
    main()
