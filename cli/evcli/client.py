"""The HTTP API as values: paths and JSON in, JSON out, errors with their whole text (contract http-api)."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from evcli.errors import ApiError, ConnectionFailure, EvcliError
from evcli.transport import Request, Response, Transport

# What a server that restarts, or the proxy before it, answers; and how long to wait before asking again, in seconds.
TEMPORARY_STATUSES: Final = frozenset({502, 503, 504})
PAUSES: Final = (0.1, 0.3, 0.6)

Object = dict[str, Any]
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Bytes:
    """A part of a body of bytes, with the headers that say which part."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Client:
    """One API server, seen with an API key and a project, each of which may be absent."""

    transport: Transport
    origin: str
    key: str = ""
    project_id: str = ""

    def in_project(self, project_id: str) -> "Client":
        """Return a client that names a project in every request."""
        return replace(self, project_id=project_id)

    def get(self, *path: str, query: Query = ()) -> Any:
        """Fetch a JSON value."""
        return self._call("GET", path, query=query)

    def head(self, *path: str) -> None:
        """Ask whether the server would answer."""
        self._call("HEAD", path)

    def post(self, *path: str, body: object = None) -> Any:
        """Send a JSON value; the result is None if the server has nothing to say."""
        return self._call("POST", path, body=body)

    def put(self, *path: str, body: object = None, query: Query = ()) -> Any:
        """Send a JSON value that replaces another one."""
        return self._call("PUT", path, body=body, query=query)

    def delete(self, *path: str) -> None:
        """Delete an object."""
        self._call("DELETE", path)

    def get_bytes(self, *path: str, query: Query = ()) -> Bytes:
        """Fetch a body that is no JSON, such as step output."""
        response = self._send(self._request("GET", path, query))
        if response.status >= 300:
            raise decode_error(response.status, response.body, self.origin)
        return Bytes(response.body, response.headers)

    @contextmanager
    def open_stream(self, *path: str, headers: Mapping[str, str]) -> Iterator[http.client.HTTPResponse]:
        """Fetch a body without end, such as server-sent events."""
        request = self._request("GET", path, ())
        request = replace(request, headers={**request.headers, **headers})
        with self.transport.open(request) as response:
            if response.status >= 300:
                raise decode_error(response.status, response.read(), self.origin)
            yield response

    def _call(self, method: str, path: Sequence[str], *, body: object = None, query: Query = ()) -> Any:
        encoded = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        response = self._send(replace(self._request(method, path, query), body=encoded))
        if response.status >= 300:
            raise decode_error(response.status, response.body, self.origin)
        if not response.body:
            return None
        try:
            return json.loads(response.body)
        except ValueError as error:
            raise ConnectionFailure(
                f'the answer of {self.origin} to {method} /{"/".join(path)} is no JSON; is "api.endpoint" the address '
                "of an Eventline API?"
            ) from error

    def _send(self, request: Request) -> Response:
        """Send a request; a reading one is repeated while the server says that it is only away for a moment."""
        for pause in PAUSES if request.method == "GET" else ():
            response = self.transport.send(request)
            if response.status not in TEMPORARY_STATUSES:
                return response
            time.sleep(pause)
        return self.transport.send(request)

    def _request(self, method: str, path: Sequence[str], query: Query) -> Request:
        if not all(path):
            raise EvcliError("a name or an identifier must not be empty")
        target = "/" + "/".join(quote(segment, safe="") for segment in path)
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if self.project_id:
            headers["X-Eventline-Project-Id"] = self.project_id
        return Request(method, f"{self.origin}{target}" + (f"?{urlencode(query)}" if query else ""), headers)


def parse_endpoint(endpoint: str) -> str:
    """Return the origin (scheme and address) of an endpoint; its path is discarded, as existing clients do."""
    text = endpoint.strip()
    uri = urlsplit(text if "://" in text else f"http://{text}")
    if uri.scheme not in {"http", "https"} or not uri.hostname or not _is_clean(text):
        raise EvcliError(f'invalid API endpoint "{endpoint}": it must be an address such as http://localhost:8085')
    return f"{uri.scheme}://{uri.netloc}"


def check_header_value(value: str, name: str) -> str:
    """Return a value that is safe in a header; raise EvcliError for any other one."""
    if not value or not _is_clean(value):
        raise EvcliError(f"invalid {name}: it must be a non-empty text without spaces and special characters")
    return value


def decode_error(status: int, body: bytes, origin: str) -> ApiError:
    """Read the body of an error, which may be anything, as proxies answer too (http-api, section 5)."""
    text = body.decode(errors="replace").strip()
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("error"), str):
        return ApiError(status=status, text=f"request failed with status {status}: {text}", origin=origin)
    code = document.get("code")
    code = code if isinstance(code, str) else ""
    text = document["error"].strip()
    return ApiError(status=status, text=text, code=code, details=document.get("data"), origin=origin)


def _is_clean(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text
