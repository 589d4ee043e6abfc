"""Where other servers of the platform are, seen from here and seen by people."""

from urllib.parse import urlsplit

_ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - compared, not bound


def reachable_uri(address: str, *, secure: bool) -> str:
    """Return the URI under which a server of this machine that listens on `host:port` can be reached from here."""
    host, _, port = address.rpartition(":")
    bare = host.strip("[]")
    reachable = "127.0.0.1" if bare in _ANYWHERE else bare
    return f"{'https' if secure else 'http'}://{_bracketed(reachable)}:{port}"


def public_uri(address: str, *, secure: bool, web_uri: str) -> str:
    """Return the URI to show to people: a server that listens everywhere has the same host as the web server."""
    host, _, port = address.rpartition(":")
    bare = host.strip("[]")
    shown = (urlsplit(web_uri).hostname or "localhost") if bare in _ANYWHERE else bare
    return f"{'https' if secure else 'http'}://{_bracketed(shown)}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
