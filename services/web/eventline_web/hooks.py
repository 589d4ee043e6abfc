"""Passes hook deliveries on to the connectors service: senders know the address of the web server only."""

import ssl
from collections.abc import AsyncIterator, Iterable, Mapping

import httpx
from starlette.requests import Request
from starlette.responses import Response

from eventline_common.errors import Unavailable
from eventline_common.http.bodies import RequestBodyTooLarge

RESPONSE_LIMIT = 64 * 1024
_CONNECTIONS = 64
_TIMEOUT = httpx.Timeout(30.0, connect=3.0, pool=5.0)
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade", "host", "expect"}
)  # fmt: skip


class HookGateway:
    """Streams requests to one address and bounded answers back, over a bounded number of connections."""

    def __init__(self, uri: str, *, tls: ssl.SSLContext | None = None, request_limit: int) -> None:
        self._uri = uri
        self._request_limit = request_limit
        self._client = httpx.AsyncClient(
            base_url=uri,
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=8),
            verify=tls if tls is not None else False,
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def pass_on(self, request: Request) -> Response:
        """Send a request on as it came, byte by byte, and return the answer.

        Raises RequestBodyTooLarge, and Unavailable when the connectors service cannot be reached, so that the sender
        knows that its delivery was not taken.
        """
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._request_limit:
            raise RequestBodyTooLarge(self._request_limit)
        outgoing = self._client.build_request(
            request.method, _target(request), headers=_request_headers(request), content=self._bounded(request)
        )
        try:
            answer = await self._client.send(outgoing, stream=True)
            try:
                return Response(await _read(answer), answer.status_code, _end_to_end(answer.headers.items()))
            finally:
                await answer.aclose()
        except httpx.HTTPError as error:
            raise Unavailable(
                f"the connectors service at {self._uri} did not answer: {type(error).__name__}"
            ) from error

    async def _bounded(self, request: Request) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if size > self._request_limit:
                raise RequestBodyTooLarge(self._request_limit)
            yield chunk


def _target(request: Request) -> str:
    """Return the path and query as they were sent."""
    raw_path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (raw_path + (b"?" + query if query else b"")).decode("latin-1")


def _request_headers(request: Request) -> Mapping[str, str]:
    headers = _end_to_end(request.headers.items())
    if "x-forwarded-for" not in headers and request.client is not None:
        headers["x-forwarded-for"] = request.client.host
    return headers


def _end_to_end(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers if name.lower() not in _HOP_BY_HOP}


async def _read(answer: httpx.Response) -> bytes:
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > RESPONSE_LIMIT:
            raise Unavailable(f"the connectors service answered with more than {RESPONSE_LIMIT} bytes")
    return body
