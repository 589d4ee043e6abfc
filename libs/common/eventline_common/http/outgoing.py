"""The one client for addresses that users gave: every request has a deadline, every answer a size limit.

Redirections are not followed, so that neither a secret nor a signed body goes where nobody wanted it. Proxies are those
of the environment (`HTTPS_PROXY`, `NO_PROXY`).
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import orjson

DEADLINE = 20.0
ANSWER_LIMIT = 1024 * 1024
_CONNECT = 5.0
_CONNECTIONS = 64
_USER_AGENT = "Eventline"


class OutgoingError(Exception):
    """A request got no answer that can be used; `str(error)` says which and why, without queries and credentials."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> object:
        """Decode the body; raise ValueError if it is not JSON."""
        return orjson.loads(self.body)


class OutgoingClient:
    """Sends requests over a bounded number of connections."""

    def __init__(
        self, *, deadline: float = DEADLINE, answer_limit: int = ANSWER_LIMIT, tls: ssl.SSLContext | None = None
    ) -> None:
        self._deadline = deadline
        self._answer_limit = answer_limit
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(deadline, connect=min(_CONNECT, deadline)),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=8),
            verify=tls if tls is not None else True,
            follow_redirects=False,
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def send(
        self, method: str, uri: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        """Send a request and return the answer, whatever its status; raise OutgoingError."""
        place = shown(uri)
        try:
            async with asyncio.timeout(self._deadline):
                return await self._send(method, uri, place, headers=headers, content=content)
        except TimeoutError as error:
            raise OutgoingError(f"{place} did not answer within {self._deadline:g} seconds") from error
        except httpx.TimeoutException as error:
            raise OutgoingError(f"{place} did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            raise OutgoingError(f"{place} cannot be reached: {str(error) or type(error).__name__}") from error

    async def _send(
        self, method: str, uri: str, place: str, *, headers: Mapping[str, str] | None, content: bytes | None
    ) -> Answer:
        async with self._client.stream(method, uri, headers=dict(headers or {}), content=content) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > self._answer_limit:
                    raise OutgoingError(f"{place} answered with more than {self._answer_limit} bytes")
            return Answer(answer.status_code, dict(answer.headers), bytes(body))


def shown(uri: str) -> str:
    """Return an address as it may stand in messages: without user, query and fragment."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return "the address"
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}{port}{parts.path}"
