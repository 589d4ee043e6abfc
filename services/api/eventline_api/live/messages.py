"""Server-sent events as bytes, and the identifiers with which a follower resumes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from eventline_common.times import format_time

CONTENT_TYPE = "text/event-stream"
KEEP_ALIVE = b": keep-alive\n\n"

_ID = re.compile(r"[0-9]{1,9}(\.[0-9]{1,18})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a follower is: an attempt, and for each step the bytes of its output that were sent, in step order."""

    attempt: int
    offsets: Sequence[int] = ()

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """Read the `id` of a message; None if it is none of ours."""
        if _ID.fullmatch(text) is None:
            return None
        attempt, *offsets = (int(part) for part in text.split("."))
        return cls(attempt, tuple(offsets))

    def __str__(self) -> str:
        return ".".join(str(number) for number in (self.attempt, *self.offsets))


def message(event: str, data: Mapping[str, object], *, id: object = "") -> bytes:
    """Write one message; its data is JSON on one line."""
    head = f"id: {id}\nevent: {event}\ndata: " if str(id) else f"event: {event}\ndata: "
    body = orjson.dumps(data, default=_encode_other, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return head.encode() + body + b"\n\n"


def _encode_other(value: object) -> object:
    if isinstance(value, datetime):
        return format_time(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
