"""The forms in which programs show a secret: as it is, and in the encodings that people meet in practice.

A form is a byte string without line breaks: output is searched without its line breaks, so that a form is found however
its lines are wrapped. Long forms are cut into pieces of their own, so that a part of a key is hidden as well.
"""

import html
import json
import shlex
from base64 import b32encode, b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

# Shorter values are ordinary words: hiding them would make output unreadable, and protect nothing.
SHORTEST_SECRET = 4
# A line of a secret of several lines is hidden alone as well, if it is at least as long as this.
SHORTEST_LINE = 12
# Longer secrets, which are keys, are looked for in the common encodings only.
_LONG_SECRET = 256
# How long a piece of a long form is, and below what a form is left whole.
PIECE, WHOLE = 24, 48


def forms(secret: str) -> frozenset[bytes]:
    """Return every form of a secret; none if it is too short to be one."""
    text = secret.strip()
    if len(text) < SHORTEST_SECRET:
        return frozenset()
    written = (*_written(text), *(line.encode(errors="surrogateescape") for line in _lines(text)))
    return frozenset(piece for form in written for piece in _pieces(form.translate(None, b"\r\n")))


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text that has several; the frame of a key is none of its secrets."""
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= SHORTEST_LINE and not line.startswith("-----"))


def _pieces(form: bytes) -> Iterator[bytes]:
    if len(form) < SHORTEST_SECRET:
        return
    if len(form) <= WHOLE:
        yield form
        return
    starts = range(0, len(form) - PIECE, PIECE)
    for start in starts:
        yield form[start:] if start == starts[-1] else form[start : start + PIECE]


def _written(text: str) -> Iterator[bytes]:
    raw = text.encode(errors="surrogateescape")
    yield raw
    yield from _base64(raw)
    yield from _hexadecimal(raw)
    yield from (each.encode(errors="surrogateescape") for each in _texts(text))
    if len(raw) > _LONG_SECRET:
        return
    yield from _base32(raw)
    yield from _bytes_with_prefixes(raw)
    yield text[::-1].encode(errors="surrogateescape")
    yield text.encode("utf-16-le", errors="surrogatepass")
    yield text.encode("utf-16-be", errors="surrogatepass")


def _base64(raw: bytes) -> Iterator[bytes]:
    """Base64 at each of the three places where the secret may begin in a group, in both alphabets."""
    for before in range(3):
        # Characters that depend on what stands before and after the secret are left out.
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        standard = b64encode(bytes(before) + raw)[first:last]
        yield standard
        yield standard.translate(bytes.maketrans(b"+/", b"-_"))
    yield b64encode(raw)


def _base32(raw: bytes) -> Iterator[bytes]:
    for before in range(5):
        first = -(-before * 8 // 5)
        last = (before + len(raw)) * 8 // 5
        form = b32encode(bytes(before) + raw)[first:last]
        yield form
        yield form.lower()


def _hexadecimal(raw: bytes) -> Iterator[bytes]:
    for separator in ("", " ", ":"):
        form = raw.hex(separator) if separator else raw.hex()
        yield form.encode()
        yield form.upper().encode()


def _bytes_with_prefixes(raw: bytes) -> Iterator[bytes]:
    for prefix in (r"\x", "0x", "%", ", 0x"):
        for case in ("02x", "02X"):
            yield "".join(f"{prefix}{byte:{case}}" for byte in raw).encode()


def _texts(text: str) -> Iterator[str]:
    """The text as URLs, JSON, markup, shells and programming languages write it."""
    for form in (quote(text, safe="", errors="surrogateescape"), quote(text, errors="surrogateescape"),
                 quote_plus(text, errors="surrogateescape")):  # fmt: skip
        yield form
        yield _lower_escapes(form)
    yield from _json(text)
    yield html.escape(text)
    yield html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield html.escape(text, quote=False)
    yield shlex.quote(text)[1:-1] if shlex.quote(text) != text else text
    yield _shell_escaped(text)
    yield repr(text)[1:-1]


def _json(text: str) -> Iterator[str]:
    for form in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield form
        yield form.replace("/", r"\/")
        # As JSON that may stand in markup: what Go and many web frameworks write.
        safe = form.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
        yield safe
        yield safe.replace("'", r"\u0027")
    yield json.dumps(json.dumps(text)[1:-1])[1:-1]


def _lower_escapes(form: str) -> str:
    parts = form.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])


def _shell_escaped(text: str) -> str:
    """As `printf %q` of a shell writes it."""
    return "".join(each if each.isalnum() or each in "_-./:=@%+," else f"\\{each}" for each in text)
