"""A step writes a large output; people follow it from its beginning and from its middle."""

import base64
import hashlib
import http.client
import json
import multiprocessing
import statistics
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.proofs.evidence import Say, require, rows, wait

_BLOCK = 65_536
_MEMORY_MIB = 64
_TAIL_SECONDS = 0.3
# Blocks of their own number, so that nothing that is lost, doubled or moved goes unnoticed.
_PROGRAM = """\
#!{python} -IS
import struct, sys
for n in range({blocks}):
    sys.stdout.buffer.write(struct.pack("<Q", n) * {numbers})
"""


@dataclass(frozen=True)
class Followed:
    """What a follower received."""

    digest: str
    size: int
    gaps: int


def prove(platform: Platform, client: Client, say: Say, *, size: int = 1024**3) -> None:
    """The executor's memory stays flat, followers see every byte, and the end opens at once."""
    blocks = size // _BLOCK
    program = _PROGRAM.format(python=sys.executable, blocks=blocks, numbers=_BLOCK // 8)
    job = client.deploy("proof-output", program)
    pid = platform.pid("executor")
    require(pid is not None, "the executor is down")
    before = _reset_peak(pid or 0)
    started = time.monotonic()
    id = client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"]
    first, second = _follow_twice(client, id, size)
    took = time.monotonic() - started
    wait(lambda: client.call("GET", f"/job_executions/id/{id}")["status"] == "successful", seconds=30, until="its end")
    growth = (_peak(pid or 0) - before) / 1024**2
    say(f"{size / 1024**2:g} MiB from one step, followed twice, in {took:.0f} s ({size / took / 1e6:.0f} MB/s)")
    say(f"executor memory: {before / 1024**2:.0f} MiB before, grew by {growth:.1f} MiB at its peak")
    require(growth < _MEMORY_MIB, f"the executor grew by {growth:.0f} MiB")
    require(first == Followed(_digest(0, size), size, 0), f"the first follower saw {first}")
    say(f"first follower: {first.size} bytes, SHA-256 {first.digest[:16]}..., as printed")
    middle = size - second.size
    require(middle > 0, "the second follower did not start in the middle")
    require(second == Followed(_digest(middle, size), size - middle, 0), f"the second saw {second}")
    say(f"second follower, from byte {middle}: {second.size} bytes, SHA-256 {second.digest[:16]}..., as printed")
    _prove_tail(platform, client, say, id, blocks)


def _prove_tail(platform: Platform, client: Client, say: Say, id: str, blocks: int) -> None:
    step = rows(platform, "SELECT id FROM step_executions WHERE job_execution_id = $1", id)[0]["id"]
    seconds = []
    for _ in range(20):
        started = time.monotonic()
        tail = _read(client, f"/step_executions/id/{step}/output?offset=-{_BLOCK}")
        seconds.append(time.monotonic() - started)
        require(tail == struct.pack("<Q", blocks - 1) * (_BLOCK // 8), "the last 64 KiB are not what was printed")
    worst, middle = max(seconds) * 1000, statistics.median(seconds) * 1000
    say(f"last 64 KiB: median {middle:.1f} ms, worst of 20 {worst:.1f} ms")
    require(worst <= _TAIL_SECONDS * 1000, f"the last 64 KiB took {worst:.0f} ms")


def _follow_twice(client: Client, id: str, size: int) -> tuple[Followed, Followed]:
    """Follow from the beginning, and, once half of it has come, in another process from there."""
    context = multiprocessing.get_context("spawn")
    middle: SimpleQueue[str] = context.SimpleQueue()
    results: SimpleQueue[tuple[int, Followed]] = context.SimpleQueue()
    headers = client.headers()
    first = context.Process(target=_follow, args=(0, client.port, headers, id, "", size // 2, middle, results))
    first.start()
    resumed = middle.get()
    require(bool(resumed), "the first follower did not come to the middle")
    second = context.Process(target=_follow, args=(1, client.port, headers, id, resumed, size, middle, results))
    second.start()
    found = dict([results.get(), results.get()])
    for process in (first, second):
        process.join()
    return found[0], found[1]


def _follow(
    number: int,
    port: int,
    headers: dict[str, str],
    id: str,
    resumed: str,
    half: int,
    middle: "SimpleQueue[str]",
    results: "SimpleQueue[tuple[int, Followed]]",
) -> None:
    digest, size, gaps = hashlib.sha256(), 0, 0
    offset: int | None = None
    told = bool(resumed)
    for event_id, message in _messages(port, {**headers, **({"Last-Event-ID": resumed} if resumed else {})}, id):
        data = base64.b64decode(message["data"])
        gaps += offset is not None and message["offset"] != offset
        offset = message["offset"] + len(data)
        digest.update(data)
        size += len(data)
        if not told and size >= half:
            told = True
            middle.put(event_id)
    if not told:
        middle.put("")
    results.put((number, Followed(digest.hexdigest(), size, gaps)))


def _messages(port: int, headers: dict[str, str], id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", f"/job_executions/id/{id}/follow", headers=headers)
    answer = connection.getresponse()
    kind, event_id = "", ""
    while raw := answer.readline():
        name, _, value = raw.decode().rstrip("\r\n").partition(": ")
        if name == "id":
            event_id = value
        elif name == "event":
            kind = value
        elif name == "data" and kind == "output":
            yield event_id, json.loads(value)
        elif not name and kind == "end":
            break
    connection.close()


def _digest(first: int, end: int) -> str:
    """Return the digest of what is printed from one byte to the end."""
    number, skipped = divmod(first, _BLOCK)
    digest = hashlib.sha256()
    while number * _BLOCK < end:
        digest.update((struct.pack("<Q", number) * (_BLOCK // 8))[skipped:])
        number, skipped = number + 1, 0
    return digest.hexdigest()


def _read(client: Client, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    connection.request("GET", path, headers=client.headers())
    content = connection.getresponse().read()
    connection.close()
    return content


def _reset_peak(pid: int) -> int:
    """Let the kernel count the peak anew; return the memory of now in bytes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _status(pid, "VmRSS")


def _peak(pid: int) -> int:
    return _status(pid, "VmHWM")


def _status(pid: int, member: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{member}:"))
