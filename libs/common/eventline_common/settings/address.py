"""Addresses of the form `host:port`, and URIs."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.%A-Za-z]+\]")
_PORT = re.compile(r"\d{1,5}", re.ASCII)
_BARE = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}(?:/.*)?", re.ASCII)


def is_address(text: str) -> bool:
    """Tell whether a text is `host:port`, `[host]:port` or `:port`."""
    host, colon, port = text.rpartition(":")
    return bool(colon and _HOST.fullmatch(host) and _PORT.fullmatch(port)) and int(port) <= 0xFFFF


def is_uri(text: str, schemes: Collection[str], *, needs_host: bool) -> bool:
    """Tell whether a text is a URI with one of these schemes; without a host, what follows may be anything."""
    scheme, separator, rest = text.partition("://")
    if scheme not in schemes or not separator or not rest or any(character.isspace() for character in text):
        return False
    if not needs_host:
        return True
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def with_scheme(uri: str) -> str:
    """Put `http://` before a bare `host:port` (G-51); leave everything else alone."""
    return f"http://{uri}" if _BARE.fullmatch(uri) else uri
