"""Ports of the loopback address: find a free one, name the process that has one."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from eventline_common.embedded.errors import PortInUse

LISTENING = "0A"
LOOPBACK = "127.0.0.1"
# Below it there are the ports that people know, our own among them.
_LEAST = 20_000
_ATTEMPTS = 20
_given: set[int] = set()


def free_port() -> int:
    """Give a port that nobody listens on at this moment, that no outgoing connection takes meanwhile, and that was not
    given before.

    Linux gives the ports of `ip_local_port_range` (ip(7)) to connections: those below it are left to us.
    """
    for _ in range(_ATTEMPTS):
        port = _LEAST + secrets.randbelow(max(1, _first_outgoing() - _LEAST))
        with suppress(OSError):
            if port not in _given:
                _given.add(_bound(port))
                return port
    return _bound(0)


def _bound(port: int) -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, port))
        found: int = probe.getsockname()[1]
        return found


def _first_outgoing() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return _LEAST


def require_free(host: str, port: int, *, purpose: str, remedy: str) -> None:
    """Raise PortInUse, which names the port, its purpose and who has it, when `host:port` cannot be listened on."""
    for family, kind, protocol, _, address in socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                raise PortInUse(
                    f"cannot listen on {host}:{port} for {purpose} ({error.strerror}){holder_text(port)}; {remedy}"
                ) from error


def holder_text(port: int) -> str:
    """Say which process listens on the port, as far as we may see it."""
    pid = port_holder(port)
    if pid is None:
        return ""
    name = Path("/proc", str(pid), "comm").read_text().strip()
    return f": process {pid} ({name}) has it"


def port_holder(port: int) -> int | None:
    """Give the id of a process that listens on the port, None when there is none that we may see."""
    inodes = listening_inodes(port)
    if not inodes:
        return None
    for folder in Path("/proc").glob("[0-9]*/fd"):
        if inodes.intersection(open_files(folder)):
            return int(folder.parent.name)
    return None


def open_files(folder: Path) -> Iterator[str]:
    """Give what a process has open, as far as we may see it and it does not close it meanwhile."""
    with suppress(OSError):
        for entry in folder.iterdir():
            with suppress(OSError):
                yield os.readlink(entry)  # noqa: PTH115 - the text, not a path


def listening_inodes(port: int) -> set[str]:
    """Give the sockets, as /proc/<pid>/fd names them, that listen on the port."""
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
