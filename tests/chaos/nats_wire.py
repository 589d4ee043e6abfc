"""Asks NATS with its plain text protocol: no client library that could mend what we break."""

import json
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit


class NatsAway(Exception):
    """NATS did not answer."""


def list_streams(uri: str) -> Sequence[str]:
    """Return the names of all streams."""
    return list(json.loads(nats_request(uri, "$JS.API.STREAM.NAMES")).get("streams") or [])


def nats_request(uri: str, subject: str) -> str:
    """Send an empty request and return the answer; raise OSError or NatsAway when there is none."""
    address = urlsplit(uri)
    options: dict[str, object] = {"verbose": False, "pedantic": False, "lang": "test", "version": "1"}
    if address.username:
        options |= {"user": address.username, "pass": address.password or ""}
    with socket.create_connection((address.hostname or "127.0.0.1", address.port or 4222), timeout=2) as connection:
        file = connection.makefile("rwb")
        file.readline()
        file.write(f"CONNECT {json.dumps(options)}\r\nSUB answer 1\r\nPUB {subject} answer 0\r\n\r\n".encode())
        file.flush()
        while line := file.readline():
            if line.startswith((b"MSG", b"HMSG")):
                return file.read(int(line.split()[-1])).decode()
            if line.startswith(b"PING"):
                file.write(b"PONG\r\n")
                file.flush()
    raise NatsAway(f"no answer to {subject}")
