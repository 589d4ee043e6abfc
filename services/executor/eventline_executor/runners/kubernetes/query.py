"""The address of an exec (Kubernetes API, `connect GET requests to exec of Pod`)."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode


def exec_url(host: str, namespace: str, pod: str, *, container: str, command: Sequence[str]) -> str:
    """Return the WebSocket address for a program with input and output, and without a terminal."""
    query = urlencode(
        [
            *(("command", part) for part in command),
            ("container", container),
            ("stdin", "true"),
            ("stdout", "true"),
            ("stderr", "false"),
            ("tty", "false"),
        ]
    )
    scheme, _, place = host.rstrip("/").partition("://")
    secure = "wss" if scheme == "https" else "ws"
    return f"{secure}://{place}/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/exec?{query}"
