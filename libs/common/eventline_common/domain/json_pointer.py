"""JSON pointers (RFC 6901), as filters use them and validation errors name places."""

import re
from collections.abc import Mapping, Sequence

_MISSING = object()
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_INVALID_ESCAPE = re.compile(r"~(?![01])")


class InvalidPointer(ValueError):
    """The text is not a JSON pointer."""


def parse(text: str) -> tuple[str, ...]:
    """Return the reference tokens of a pointer; `""` is the whole document."""
    if text and not text.startswith("/"):
        raise InvalidPointer(f'invalid json pointer "{text}": it must be empty or start with "/"')
    if _INVALID_ESCAPE.search(text):
        raise InvalidPointer(f'invalid json pointer "{text}": write "~" as "~0" and "/" in a name as "~1"')
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def build(*tokens: object) -> str:
    """Return the pointer made of tokens, which are escaped."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def resolve(tokens: Sequence[str], document: object) -> object | None:
    """Return the value that tokens point to; None when there is none, or a JSON null."""
    value = document
    for token in tokens:
        value = _member(value, token)
        if value is _MISSING:
            return None
    return value


def _member(value: object, token: str) -> object:
    if isinstance(value, Mapping):
        return value.get(token, _MISSING)
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    return _MISSING
