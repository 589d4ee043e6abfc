"""A program of its own: give up privileges, die with the parent, then become the given program.

Run as `python -I -S launch.py <parent pid> <death signal> <identity> <program> [argument]...`; `identity` is `same`,
`namespace:<id>` (a user namespace in which we are user and group `id`) or `<uid>:<gid>`. It imports nothing of ours,
so that it starts in a few milliseconds and works whatever the environment looks like.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CANNOT_BECOME = 125
CANNOT_EXECUTE = 127


def enter_namespace(libc: ctypes.CDLL, inside: int) -> None:
    """Become user and group `inside` of a new user namespace; files still belong to the user outside."""
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1")


def become(libc: ctypes.CDLL, identity: str) -> None:
    """Change to the wanted identity; raise OSError where the machine refuses."""
    if identity == "same":
        return
    first, _, second = identity.partition(":")
    if first == "namespace":
        enter_namespace(libc, int(second))
        return
    os.setgroups([])
    os.setgid(int(second))
    os.setuid(int(first))


def die_with(libc: ctypes.CDLL, parent: int, death_signal: int) -> None:
    """Ask the kernel for a signal when the parent dies; leave at once when it already has.

    After `become`, because a change of identity forgets the wish.
    """
    libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


def main(arguments: list[str]) -> None:
    """Do what the module says; status 125 = the identity was refused, 127 = the program cannot be executed."""
    parent, death_signal, identity, *program = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        become(libc, identity)
    except OSError as error:
        sys.stderr.write(f"cannot run as {identity}: {error}\n")
        sys.exit(CANNOT_BECOME)
    die_with(libc, int(parent), int(death_signal))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(program[0], program)  # noqa: S606 - becoming the given program is the purpose
    except OSError as error:
        sys.stderr.write(f"cannot execute {program[0]}: {error}\n")
        sys.exit(CANNOT_EXECUTE)


if __name__ == "__main__":
    main(sys.argv[1:])
