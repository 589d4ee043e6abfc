"""Where a request comes from: for the log, and, more carefully, for limits."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache

from starlette.types import Scope


def logged_address(scope: Scope, headers: Mapping[bytes, str]) -> str:
    """Return `X-Real-IP`, else the first of `X-Forwarded-For`, else the peer (contract service-config, section 6)."""
    forwarded = headers.get(b"x-real-ip") or headers.get(b"x-forwarded-for", "").partition(",")[0]
    return forwarded.strip()[:100] or peer_address(scope)


def limited_address(scope: Scope, headers: Mapping[bytes, str]) -> str:
    """Return the address that limits count: what a peer forwards is believed only from the own network."""
    peer = peer_address(scope)
    forwarded = logged_address(scope, headers)
    return forwarded if _is_address(forwarded) and _is_near(peer) else peer


def peer_address(scope: Scope) -> str:
    """Return the address of the other end of the connection."""
    client = scope.get("client")
    return str(client[0]) if client else ""


@lru_cache(maxsize=1024)
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def _is_near(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return True  # a Unix socket, or a test without a network
    return address.is_private or address.is_loopback
