"""JSON answers: two spaces, a final line feed, nothing that means something in HTML (contract http-api, section 1)."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from starlette.responses import Response

from eventline_common.times import format_time

CONTENT_TYPE = "application/json"

_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME


class JsonResponse(Response):
    """An answer with a JSON body; the content type has no parameter, because some clients compare it."""

    def __init__(self, content: object, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(encode(content), status_code, headers, media_type=CONTENT_TYPE)


def encode(content: object) -> bytes:
    """Write a value as JSON; times are written by `format_time`."""
    body = orjson.dumps(content, default=_encode_other, option=_OPTIONS)
    for character, escape in ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026")):
        body = body.replace(character, escape)
    return body


def no_content() -> Response:
    """Answer 204: no body, no content type."""
    return Response(status_code=204)


def _encode_other(value: object) -> object:
    if isinstance(value, datetime):
        return format_time(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
