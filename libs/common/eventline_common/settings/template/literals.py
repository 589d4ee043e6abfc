"""Reads the literals of a template: Go's strings, characters and numbers."""

import re

_ESCAPES = {
    "a": b"\a",
    "b": b"\b",
    "f": b"\f",
    "n": b"\n",
    "r": b"\r",
    "t": b"\t",
    "v": b"\v",
    "\\": b"\\",
    "'": b"'",
    '"': b'"',
}
_PART = re.compile(
    r"\\(?:(?P<octal>[0-7]{3})|x(?P<byte>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})"
    r"|(?P<simple>[abfnrtv\\'\"]))|(?P<wrong>\\.?)|(?P<plain>[^\\]+)",
    re.DOTALL,
)


def read_string(text: str) -> str:
    """Give the value of a quoted string with its quotes; raise ValueError for an unknown escape."""
    return b"".join(_part(found) for found in _PART.finditer(text[1:-1])).decode("utf-8", "replace")


def read_character(text: str) -> int:
    """Give the code point of a character literal; raise ValueError unless it is one character."""
    value = read_string(text)
    if len(value) != 1:
        raise ValueError(f"{text} is not one character")
    return ord(value)


def read_number(text: str) -> int | float:
    """Give the value of a number; raise ValueError when it is malformed."""
    digits = text.lstrip("+-").replace("_", "")
    if re.fullmatch(r"0[0-7]+", digits):
        value: int | float = int(digits, 8)
    elif re.fullmatch(r"0[xXbBoO].+|\d+", digits):
        value = int(digits, 0)
    else:
        value = float(digits)
    return -value if text.startswith("-") else value


def _part(found: re.Match[str]) -> bytes:
    text = found.group()
    match found.lastgroup:
        case "octal":
            return bytes([int(text[1:], 8)])
        case "byte":
            return bytes.fromhex(text[2:])
        case "short" | "long":
            return chr(int.from_bytes(bytes.fromhex(text[2:]))).encode("utf-8")
        case "simple":
            return _ESCAPES[text[1]]
        case "wrong":
            raise ValueError(f'unknown escape "{text}" in a string')
    return text.encode("utf-8", "surrogateescape")
