"""HTTP requests over kept-alive connections, through proxies and redirects, with a deadline (contract evcli, 10)."""

import http.client
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from evcli.errors import ConnectionFailure
from evcli.proxies import DEFAULT_PORTS, choose_proxy
from evcli.version import BUILD_ID

TIMEOUT: Final = 30.0
LARGEST_REDIRECTION: Final = 10
# Servers close connections that were idle for five or ten seconds; a request must not meet the closing one.
LONGEST_IDLENESS: Final = 2.0
_CHUNK: Final = 1 << 16
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}

Debug = Callable[[int, str], None]


def platform() -> tuple[str, str]:
    """Return the operating system and architecture as release assets name them, such as `linux`, `amd64`."""
    system = os.uname()
    machine = system.machine.lower()
    return system.sysname.lower(), _ARCHITECTURES.get(machine, machine)


def user_agent() -> str:
    """Return what the program calls itself."""
    system, architecture = platform()
    return f"evcli/{BUILD_ID} ({system}; {architecture})"


@dataclass(frozen=True)
class Request:
    """A request to be sent."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Response:
    """A response with its whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Sends requests one after the other; one connection per origin is kept."""

    def __init__(self, environment: Mapping[str, str], debug: Debug, *, timeout: float = TIMEOUT) -> None:
        self._environment = environment
        self._debug = debug
        self._timeout = timeout
        self._connections: dict[tuple[str, str], tuple[http.client.HTTPConnection, float]] = {}

    def send(self, request: Request, *, follow_redirects: bool = True) -> Response:
        """Send a request and read the whole response; raise ConnectionFailure if that cannot be done in time."""
        deadline = time.monotonic() + self._timeout
        response, connection, origin = self._send_to_the_end(request, follow_redirects=follow_redirects)
        try:
            body = _read(response, deadline)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionFailure(f"cannot read the response of {origin[1]}: {_reason(error)}") from error
        # Only a closed response lets its connection take the next request.
        response.close()
        if not response.will_close:
            self._connections[origin] = (connection, time.monotonic())
        return Response(response.status, _headers(response), body)

    @contextmanager
    def open(self, request: Request) -> Iterator[http.client.HTTPResponse]:
        """Send a request and give the response with its body unread, for streams."""
        response, connection, _ = self._send_to_the_end(request, follow_redirects=True)
        try:
            yield response
        finally:
            response.close()
            connection.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        while self._connections:
            _, (connection, _) = self._connections.popitem()
            connection.close()

    def _send_to_the_end(
        self, request: Request, *, follow_redirects: bool
    ) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection, tuple[str, str]]:
        for _ in range(LARGEST_REDIRECTION):
            start = time.monotonic()
            response, connection, origin = self._send_once(request)
            elapsed = (time.monotonic() - start) * 1000
            self._debug(2, f"{request.method} {request.uri} {response.status} {elapsed:.0f}ms")
            location = response.getheader("Location")
            if not follow_redirects or location is None or response.status not in {301, 302, 303, 307, 308}:
                return response, connection, origin
            connection.close()
            request = redirected(request, response.status, location)
        raise ConnectionFailure(f"too many redirections, the last one to {request.uri}")

    def _send_once(
        self, request: Request
    ) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection, tuple[str, str]]:
        uri = _split(request.uri)
        origin = (uri.scheme, uri.netloc)
        kept = self._connections.pop(origin, None)
        if kept is not None and time.monotonic() - kept[1] < LONGEST_IDLENESS:
            try:
                return self._exchange(kept[0], request, uri), kept[0], origin
            except (OSError, http.client.HTTPException):
                kept[0].close()
                # The server may have acted on anything but a reading request.
                if request.method != "GET":
                    raise ConnectionFailure(f"the connection to {uri.netloc} broke during {request.method}") from None
        connection = self._connect(uri)
        try:
            return self._exchange(connection, request, uri), connection, origin
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise ConnectionFailure(f"cannot connect to {uri.scheme}://{uri.netloc}: {_reason(error)}") from error

    def _connect(self, uri: SplitResult) -> http.client.HTTPConnection:
        host, port = uri.hostname or "", uri.port or DEFAULT_PORTS[uri.scheme]
        proxy = choose_proxy(self._environment, uri)
        if proxy is not None:
            self._debug(1, f"using proxy {proxy.host}:{proxy.port}")
        target = (proxy.host, proxy.port) if proxy else (host, port)
        if uri.scheme == "http":
            return http.client.HTTPConnection(*target, timeout=self._timeout)
        connection = http.client.HTTPSConnection(*target, timeout=self._timeout, context=ssl.create_default_context())
        if proxy is not None:
            authorization = proxy.authorization()
            connection.set_tunnel(host, port, {"Proxy-Authorization": authorization} if authorization else {})
        return connection

    def _exchange(
        self, connection: http.client.HTTPConnection, request: Request, uri: SplitResult
    ) -> http.client.HTTPResponse:
        target = (uri.path or "/") + (f"?{uri.query}" if uri.query else "")
        headers = {"Host": uri.netloc.rpartition("@")[2], **request.headers, "User-Agent": user_agent()}
        proxy = choose_proxy(self._environment, uri)
        if proxy is not None and uri.scheme == "http":
            target = f"http://{uri.netloc}{target}"
            authorization = proxy.authorization()
            headers |= {"Proxy-Authorization": authorization} if authorization else {}
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        if request.body is not None or request.method in {"POST", "PUT"}:
            headers["Content-Length"] = str(len(request.body or b""))
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(request.body)
        return connection.getresponse()


def redirected(request: Request, status: int, location: str) -> Request:
    """Return the request to send after a redirection; credentials never leave their host."""
    uri = urljoin(request.uri, location)
    target, origin = urlsplit(uri), urlsplit(request.uri)
    if target.scheme not in DEFAULT_PORTS:
        raise ConnectionFailure(f'the server redirects to "{uri}", which is no HTTP address')
    headers = dict(request.headers)
    if (target.scheme, target.netloc) != (origin.scheme, origin.netloc):
        headers.pop("Authorization", None)
    if status == 303 or (status in {301, 302} and request.method == "POST"):
        return Request("GET", uri, headers)
    return Request(request.method, uri, headers, request.body)


def _split(text: str) -> SplitResult:
    try:
        uri = urlsplit(text)
        if uri.scheme in DEFAULT_PORTS and uri.hostname and (uri.port is None or uri.port > 0):
            return uri
    except ValueError:
        pass
    raise ConnectionFailure(f'invalid address "{text}": it must look like http://localhost:8085')


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    chunks = []
    while chunk := response.read1(_CHUNK):
        chunks.append(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(chunks)


def _headers(response: http.client.HTTPResponse) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return f"no answer within {TIMEOUT:.0f} seconds"
        case ssl.SSLCertVerificationError():
            return f"the certificate of the server is not valid: {error.verify_message}"
        case socket.gaierror():
            return f"unknown host ({error.strerror})"
        case http.client.RemoteDisconnected():
            return "the server closed the connection without an answer"
        case http.client.HTTPException():
            return f"this is no HTTP server ({type(error).__name__})"
        case OSError() if error.strerror:
            return error.strerror.lower()
        case _:
            return str(error).lower()
