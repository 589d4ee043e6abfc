"""Server-sent events as bytes, and the identifiers with which a follower resumes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from eventline_common.http.json_response import encode_line

KEEP_ALIVE = b": keep-alive\n\n"

_ID = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a follower is: an attempt, and for each step the bytes of its output that were sent, in step order."""

    attempt: int
    offsets: Sequence[int] = field(default=())

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """Read the `id` of a message; None if it is none of ours."""
        if _ID.fullmatch(text) is None:
            return None
        attempt, *offsets = (int(part) for part in text.split("."))
        return cls(attempt, offsets)

    def __str__(self) -> str:
        return ".".join(str(number) for number in (self.attempt, *self.offsets))


def message(event: str, data: Mapping[str, object], *, id: str = "") -> bytes:
    """Write one message; its data is JSON on one line."""
    head = f"id: {id}\nevent: {event}\ndata: " if id else f"event: {event}\ndata: "
    return head.encode() + encode_line(data) + b"\n\n"
