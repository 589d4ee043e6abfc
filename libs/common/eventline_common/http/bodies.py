"""Reads JSON bodies: whatever their Content-Type, never more than allowed, never deeper than can be written again."""

import orjson
from starlette.requests import ClientDisconnect, Request

from eventline_common.errors import EventlineError, InvalidRequestBody

DEPTH_LIMIT = 100
DEFAULT_LIMIT = 10 * 1024 * 1024


class RequestBodyTooLarge(EventlineError):
    """The body is larger than `limits.request_body`."""

    code = "request_body_too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"the request body is larger than {limit} bytes", details={"limit": limit})


async def read_body(request: Request, *, limit: int) -> bytes:
    """Return the raw body; raise `RequestBodyTooLarge` as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise RequestBodyTooLarge(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise RequestBodyTooLarge(limit)
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise InvalidRequestBody("invalid request body: the connection ended in the middle") from error
    return b"".join(chunks)


def decode_json(raw: bytes) -> object:
    """Read JSON; raise InvalidRequestBody, without `data`, if it is not JSON, too deep, or holds a null character."""
    value = _decode(raw)
    if b"\\u0000" in raw and _holds_null_character(value):
        raise InvalidRequestBody("invalid request body: strings cannot contain the null character")
    return value


def decode_foreign_json(raw: bytes) -> object:
    """Read JSON whose sender cannot be asked to write it otherwise; raise InvalidRequestBody if it is none.

    Null characters, which the database cannot keep, become U+FFFD.
    """
    value = _decode(raw)
    return _without_null_characters(value) if b"\\u0000" in raw else value


def _decode(raw: bytes) -> object:
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestBody(f"invalid request body: {_reason(raw, error)}") from error
    if raw.count(b"[") + raw.count(b"{") > DEPTH_LIMIT and _is_deeper(value, DEPTH_LIMIT):
        raise InvalidRequestBody(f"invalid request body: nested more than {DEPTH_LIMIT} levels deep")
    return value


def _reason(raw: bytes, error: orjson.JSONDecodeError) -> str:
    if not raw.strip():
        return "it is empty, JSON is expected"
    return f"not JSON: {error}"


def _is_deeper(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _holds_null_character(value: object) -> bool:
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, str):
            if "\x00" in current:
                return True
        else:
            waiting.extend(_children(current))
            if isinstance(current, dict):
                waiting.extend(current)
    return False


def _without_null_characters(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, list):
        return [_without_null_characters(child) for child in value]
    if isinstance(value, dict):
        return {key.replace("\x00", "\ufffd"): _without_null_characters(child) for key, child in value.items()}
    return value


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
