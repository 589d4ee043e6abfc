"""The two tiny programs of ours that every container gets, so that an image needs neither a shell nor `sleep`.

`init` is the first process of a container. It ends when its standard input does, and the kernel then ends every other
process: the executor holds the other end, so no container outlives its executor. Every byte that it reads makes it
send TERM to all other processes, and CONT, so that those that are stopped notice. Zombies are removed by the kernel,
because it ignores SIGCHLD.

`run <program> <argument>...` executes a program whose standard error is its standard output, so that the order of what
it writes is kept, and reports on its own standard error, which nobody else has: 8 bytes, two little-endian integers.
`<wait status>, 0` when the program ended; `<error number>, 1` when it could not be executed.

Where we do not know the machine language, shell scripts do the same, as well as a shell can.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from eventline_executor.runners.docker import programs_amd64, programs_arm64
from eventline_executor.runners.elf import executable
from eventline_executor.runners.failures import result_of_status
from eventline_executor.runners.protocol import Killed, StepResult

REPORT_SIZE = 8
_REPORT = struct.Struct("<II")
_NOT_EXECUTED = 1

_INIT_SCRIPT = b"""#!/bin/sh
trap '' TERM
while read -r _; do kill -TERM -1; kill -CONT -1; done
"""
_RUN_SCRIPT = b"""#!/bin/sh
exec 2>&1
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class Programs:
    """The content of the two executable files."""

    init: bytes
    run: bytes


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """The kernel refused to execute the program, for this reason."""

    reason: str


def programs_for(architecture: str) -> Programs:
    """Return the programs for an architecture as Docker calls it: `amd64`."""
    return _PROGRAMS.get(architecture, Programs(_INIT_SCRIPT, _RUN_SCRIPT))


def read_report(message: bytes) -> StepResult | NotExecuted | None:
    """Understand what `run` said; None when it was not `run` that said it."""
    if len(message) != REPORT_SIZE:
        return None
    value, kind = _REPORT.unpack(message)
    if kind == _NOT_EXECUTED:
        return NotExecuted(os.strerror(value).lower())
    if kind != 0:
        return None
    status = os.waitstatus_to_exitcode(value)
    return Killed(-status) if status < 0 else result_of_status(status)


def _executable(machine: int, listing: str) -> bytes:
    """Return an executable file that consists of this code."""
    return executable(machine, b"".join(bytes.fromhex(line.partition(";")[0]) for line in listing.splitlines()))


_PROGRAMS: Mapping[str, Programs] = {
    name: Programs(_executable(module.MACHINE, module.INIT), _executable(module.MACHINE, module.RUN))
    for name, module in (("amd64", programs_amd64), ("arm64", programs_arm64))
}
