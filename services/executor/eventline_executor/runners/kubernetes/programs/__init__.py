"""The programs of ours in every container, `programs.c`, so that an image needs neither a shell nor `sleep`.

They are one file with three purposes, its first argument:

- `init <patience> <archive>...` is the first process. It unpacks the archives, then waits. TERM, or whatever signal an
  image asks for, which the cluster sends when the pod is deleted, is passed on as TERM to all processes, with CONT, so
  that those that are stopped notice; it ends as soon as they did. When it has heard nothing from `beat` for `patience`
  seconds, it ends, and the kernel ends all others with it: no program outlives its executor for longer, even if nobody
  can tell the cluster.
- `beat <path>` waits until a file exists, prints one byte, and then lets `init` know about every byte that it reads.
- `run` reads what to run, as `told` writes it, and runs it with an empty standard input, and its standard error being
  its standard output, so that the order of what it writes is kept. When the program has ended, it writes a report
  behind what the program wrote, in the same pipe: everything before it has arrived when it arrives.

An archive is a sequence of records: mode of the file and the sizes of the two parts that follow, as little-endian
integers of 32 bits; a path that ends with NUL; content. Records of the same file add to it.
"""

import base64
import errno
import os
import secrets
import stat
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventline_executor.runners import elf
from eventline_executor.runners.failures import result_of_status
from eventline_executor.runners.kubernetes.programs.compiled import CODE
from eventline_executor.runners.protocol import Killed, StepResult

NONCE_SIZE = 16
# Never part of text in UTF-8: a line that ended with the first byte of a nonce would wait for the next one.
_FIRST_OF_NONCE = b"\xff"

_RECORD = struct.Struct("<III")
_SIZE = struct.Struct("<I")
_REPORT = struct.Struct(f"<{NONCE_SIZE}sIII")
_ENDED, _NOT_EXECUTED = 0, 1

_MACHINES = {"amd64": elf.AMD64, "arm64": elf.ARM64}
PROGRAMS: Mapping[str, bytes] = {
    name: elf.executable(_MACHINES[name], base64.b64decode(code)) for name, code in CODE.items()
}


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """The kernel refused to execute the program, for the reason with this error number."""

    error: int

    @property
    def is_missing(self) -> bool:
        """Tell whether there is no such file."""
        return self.error == errno.ENOENT

    @property
    def reason(self) -> str:
        """What the error number means."""
        return os.strerror(self.error).lower()


@dataclass(frozen=True, slots=True)
class Report:
    """How a program ended; `memory_kills` is how many processes of the container were killed for memory, if known."""

    end: StepResult | NotExecuted
    memory_kills: int = 0


def new_nonce() -> bytes:
    """Return what begins the report of one run, and nothing else that a program may print."""
    return _FIRST_OF_NONCE + secrets.token_bytes(NONCE_SIZE - len(_FIRST_OF_NONCE))


def told(nonce: bytes, program: str, arguments: Sequence[str]) -> bytes:
    """Return what `run` must read."""
    body = nonce + b"".join(os.fsencode(text) + b"\0" for text in (program, *arguments))
    return _SIZE.pack(len(body)) + body


def directory_record(path: str) -> bytes:
    """Return the record that makes a directory for its owner."""
    return _record(stat.S_IFDIR | 0o700, path, b"")


def file_record(path: str, content: bytes, *, executable: bool = False) -> bytes:
    """Return the record that makes a file for its owner, or adds to it."""
    return _record(0o700 if executable else 0o600, path, content)


def find_report(received: bytes, nonce: bytes) -> tuple[bytes, Report | None, bytes]:
    """Look for the report in output: return what is before it, the report, and what must wait for more or is behind.

    Without a report, the last part may be the beginning of one; with `new_nonce`, nothing of a text ever is.
    """
    start = received.find(nonce)
    if start < 0:
        held = next((n for n in range(NONCE_SIZE - 1, 0, -1) if received.endswith(nonce[:n])), 0)
        return received[: len(received) - held], None, received[len(received) - held :]
    before, rest = received[:start], received[start:]
    if len(rest) < _REPORT.size:
        return before, None, rest
    _, kind, value, extra = _REPORT.unpack_from(rest)
    end = _REPORT.size + extra
    if len(rest) < end:
        return before, None, rest
    return before, _report(kind, value, rest[_REPORT.size : end]), rest[end:]


def _record(mode: int, path: str, content: bytes) -> bytes:
    name = os.fsencode(path) + b"\0"
    return _RECORD.pack(mode, len(name), len(content)) + name + content


def _report(kind: int, value: int, memory: bytes) -> Report:
    if kind == _NOT_EXECUTED:
        return Report(NotExecuted(value))
    status = os.waitstatus_to_exitcode(value)
    return Report(Killed(-status) if status < 0 else result_of_status(status), _memory_kills(memory))


def _memory_kills(events: bytes) -> int:
    """Read the counter of `memory.events` (cgroup v2) or `memory.oom_control` (v1)."""
    for line in events.splitlines():
        name, _, count = line.partition(b" ")
        if name == b"oom_kill" and count.isdigit():
            return int(count)
    return 0
