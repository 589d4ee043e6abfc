"""Starting a program: found in PATH, alone in its session, with one pipe for everything that it prints."""

# Only `os` works on descriptors, and without pathlib the spawner stays small.
# ruff: noqa: PTH113

import functools
import os
import signal
from collections.abc import Mapping, Sequence


@functools.cache
def ignored_signals() -> Sequence[int]:
    """Return the signals that this process ignores: those that a program would inherit as ignored."""
    return [number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN]


class CannotRun(Exception):
    """The program could not be started; the text says why."""


def start_program(program: str, arguments: Sequence[str], environment: Mapping[bytes, bytes]) -> tuple[int, int]:
    """Start a program in the current directory; return its pid and the reading end of its output.

    Standard input is empty, standard output and error are the same pipe. A name without `/` is looked up in our own
    PATH, which is the server's (contract, section 15).
    """
    path = program if "/" in program else find_program(program)
    reading, writing = os.pipe()
    try:
        pid = os.posix_spawn(
            path,
            [program, *arguments],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writing, 1),
                (os.POSIX_SPAWN_DUP2, writing, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=ignored_signals(),
        )
    except (OSError, ValueError) as error:
        os.close(reading)
        reason = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
        raise CannotRun(f'cannot run "{program}": {reason}') from error
    finally:
        os.close(writing)
    return pid, reading


def find_program(name: str) -> str:
    """Return the path of an executable file in PATH; raises CannotRun."""
    path = os.get_exec_path()
    found_but_not_executable = ""
    for directory in path:
        candidate = f"{directory}/{name}"
        if not directory.startswith("/") or not os.path.isfile(candidate):
            continue
        if os.access(candidate, os.X_OK):
            return candidate
        found_but_not_executable = candidate
    if found_but_not_executable:
        raise CannotRun(f'cannot run "{name}": "{found_but_not_executable}" is not executable')
    raise CannotRun(f'cannot run "{name}": program not found in PATH ({":".join(path)})')
