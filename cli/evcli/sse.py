"""Server-sent events: decoding a stream, and going on where it broke (WHATWG HTML, section 9.2)."""

import http.client
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from evcli.client import Client
from evcli.errors import ApiError, ConnectionFailure

ATTEMPTS: Final = 8
LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True)
class ServerEvent:
    """One event; `id` is what a broken stream is resumed after."""

    type: str
    data: str
    id: str = ""


def decode_events(lines: Iterable[bytes]) -> Iterator[ServerEvent]:
    """Return the events of a stream; an event that is not finished when the stream ends is dropped."""
    type, id = "", ""
    data: list[str] = []
    for raw in lines:
        line = raw.decode(errors="replace").rstrip("\r\n")
        if not line:
            if data:
                yield ServerEvent(type or "message", "\n".join(data), id)
            type, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                type = value
            case "data":
                data.append(value)
            case "id":
                id = value


def follow(client: Client, *path: str) -> Iterator[ServerEvent]:
    """Return events until the event `end`; a stream that breaks is resumed after its last event.

    Raise ApiError if the server refuses, ConnectionFailure once it has been out of reach for a while.
    """
    last_id, failures = "", 0
    while True:
        start = time.monotonic()
        try:
            for event in _read(client, path, last_id):
                failures = 0
                last_id = event.id or last_id
                if event.type == "end":
                    return
                yield event
        except (ConnectionFailure, ApiError) as error:
            if failures >= ATTEMPTS or not _may_pass(error):
                raise
        # A stream that was only silent for too long has not failed.
        failures = 0 if time.monotonic() - start > LONGEST_PAUSE else failures + 1
        if failures > ATTEMPTS:
            raise ConnectionFailure(f"{client.origin} ends the stream /{'/'.join(path)} again and again")
        time.sleep(min(0.1 * 2**failures, LONGEST_PAUSE))


def _may_pass(error: ConnectionFailure | ApiError) -> bool:
    return isinstance(error, ConnectionFailure) or error.status >= 500


def _read(client: Client, path: tuple[str, ...], last_id: str) -> Iterator[ServerEvent]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
    with client.open_stream(*path, headers=headers) as response:
        try:
            yield from decode_events(response)
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionFailure(f"the connection to {client.origin} broke: {error}") from error
