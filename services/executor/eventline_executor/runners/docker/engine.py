"""The Docker daemon as this runner sees it: blocking calls, made in threads, and errors in sentences."""

import base64
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import requests
from docker.api.client import APIClient
from docker.auth import encode_header
from docker.errors import APIError, DockerException
from docker.tls import TLSConfig

from eventline_common.settings.runners import DockerRunnerSettings
from eventline_executor.runners.docker.hijacked import Hijacked
from eventline_executor.runners.registries import Credentials

_DEFAULT_SOCKET = "/var/run/docker.sock"
_UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp"}
_CONNECT_TIMEOUT = 10
_CALL_TIMEOUT = 60
# A daemon that says nothing for so long while it pulls has lost its registry.
_PULL_SILENCE = 300

ENGINE_ERRORS = (DockerException, requests.RequestException, OSError)
NOT_FOUND, CONFLICT = 404, 409


class Engine(APIClient):
    """A client of one daemon. It uses no environment variable and no credentials of the account that runs us."""

    # What the library has for its own calls, and its type stubs do not tell.
    _url: Callable[..., str]
    _post: Callable[..., requests.Response]
    _post_json: Callable[..., requests.Response]
    _result: Callable[..., Any]
    _raise_for_status: Callable[[requests.Response], None]
    _stream_helper: Callable[..., Iterator[Mapping[str, object]]]

    @classmethod
    def connect(cls, settings: DockerRunnerSettings, *, connections: int) -> "Engine":
        """Connect and agree on a version of the API."""
        if not settings.uri.startswith("tcp:"):
            # The library forgets to close the socket when there is no daemon.
            with socket.socket(socket.AF_UNIX) as trying:
                trying.settimeout(_CONNECT_TIMEOUT)
                trying.connect(settings.uri.removeprefix("unix://") or _DEFAULT_SOCKET)
        return cls(
            base_url=settings.uri or f"unix://{_DEFAULT_SOCKET}",
            version="auto",
            timeout=_CALL_TIMEOUT,
            tls=_tls(settings) or False,
            max_pool_size=connections,
        )

    def _retrieve_server_version(self) -> str:
        # The first call that is made. No proxy of the environment is obeyed. For Unix sockets, the library keeps a pool
        # for every URL: their connections would stay open, and never be used again.
        self.trust_env = False
        if self.base_url.startswith("http+docker:"):
            self.headers["Connection"] = "close"
        # The type stubs do not tell of it.
        version: str = super()._retrieve_server_version()  # type: ignore[misc]
        return version

    def start_exec(self, container: str, command: Sequence[str]) -> tuple[str, Hijacked]:
        """Start a program in a container; return its id and its output."""
        url = self._url("/containers/{0}/exec", container)
        body = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True}
        exec_id: str = self._result(self._post_json(url, data=body), json=True)["Id"]
        response = self._post_json(
            self._url("/exec/{0}/start", exec_id), data={"Detach": False, "Tty": False}, headers=_UPGRADE, stream=True
        )
        self._raise_for_status(response)
        return exec_id, Hijacked(response)

    def open_stdin(self, container: str) -> Hijacked:
        """Hold the standard input of a container; it ends when this is closed."""
        url = self._url("/containers/{0}/attach", container)
        response = self._post(url, params={"stdin": 1, "stream": 1}, headers=_UPGRADE, stream=True)
        self._raise_for_status(response)
        return Hijacked(response)

    def kind_of_file(self, container: str, path: str) -> Mapping[str, Any] | None:
        """Return name, mode and link target of a file in a container, None if there is none."""
        url = self._url("/containers/{0}/archive", container)
        response = self.head(url, params={"path": path}, timeout=_CALL_TIMEOUT)
        if not response.ok:
            return None
        found: Mapping[str, Any] = json.loads(base64.b64decode(response.headers["X-Docker-Container-Path-Stat"]))
        return found

    def ran_out_of_memory(self, container: str, *, since: int, until: int) -> bool:
        """Tell whether a program of a container was killed for memory between two moments (Unix time)."""
        filters = {"container": container, "event": "oom"}
        with closing(self.events(since=since, until=until, filters=filters)) as found:
            return any(True for _ in found)

    def open_pull(self, image: str, credentials: Credentials | None) -> requests.Response:
        """Begin to pull an image; `messages` reads how it goes."""
        given = {"username": credentials.username, "password": credentials.password} if credentials else {}
        response = self._post(
            self._url("/images/create"),
            params={"fromImage": image if _has_version(image) else f"{image}:latest"},
            headers={"X-Registry-Auth": encode_header(given)},
            stream=True,
            timeout=(_CONNECT_TIMEOUT, _PULL_SILENCE),
        )
        self._raise_for_status(response)
        return response

    def messages(self, response: requests.Response) -> Iterator[Mapping[str, object]]:
        """Yield the messages of a pull as they come."""
        with response:
            yield from self._stream_helper(response, decode=True)


def interrupt(response: requests.Response) -> None:
    """End a pull from another thread: the daemon gives up when its client is gone."""
    try:
        connection: Any = response.raw._fp  # noqa: SLF001 - closing would wait for the reader
        connection.fp.raw._sock.shutdown(socket.SHUT_RDWR)  # noqa: SLF001 - same
    except (AttributeError, OSError):
        pass  # it has just ended


def reason(error: Exception) -> str:
    """Say in a few words why a call failed."""
    if isinstance(error, APIError):
        return str(error.explanation or error).strip()
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return str(cause.strerror or cause)
        if isinstance(cause, OSError) and cause.errno and not isinstance(cause, requests.RequestException):
            return os.strerror(cause.errno).lower() if cause.errno > 0 else str(cause)
        cause = cause.__cause__ or cause.__context__
    return str(error)


def is_status(error: Exception, status: int) -> bool:
    """Tell whether the daemon answered with this status."""
    return isinstance(error, APIError) and error.status_code == status


def _has_version(image: str) -> bool:
    return ":" in image.rpartition("/")[2] or "@" in image


def _tls(settings: DockerRunnerSettings) -> TLSConfig | None:
    """Return TLS when any of its files is given; without, `tcp` is plain."""
    client = (settings.certificate_path, settings.private_key_path) if settings.certificate_path else None
    if client is None and not settings.ca_certificate_path:
        return None
    return TLSConfig(client_cert=client, ca_cert=settings.ca_certificate_path or None, verify=True)
