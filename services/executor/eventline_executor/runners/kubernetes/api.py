"""The calls to the cluster that this runner makes; they block, and are made in threads."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import websocket
from kubernetes.client import ApiClient, ApiException, CoreV1Api
from kubernetes.stream.ws_client import create_websocket
from urllib3.exceptions import HTTPError

from eventline_executor.runners.kubernetes.client import (
    CLIENT_ERRORS,
    NOT_FOUND,
    SERVER_ERROR,
    TOO_MANY,
    status_of,
)
from eventline_executor.runners.kubernetes.query import exec_url

FIELD_MANAGER = "eventline"

_CALL_TIMEOUT = (10, 30)
# A watch ends by itself after so many seconds, so that one whose connection died silently is noticed.
_WATCH_SECONDS = 60
_WATCH_TIMEOUT = (10, 75)
_PAUSES = (0.2, 1.0)

Manifest = Mapping[str, Any]
Answer = TypeVar("Answer")


class Api:
    """One cluster, whatever the namespace."""

    def __init__(self, client: ApiClient) -> None:
        # The types of the library change with its versions, and want objects where it takes dictionaries.
        self._client: Any = client
        self._core: Any = CoreV1Api(client)

    def create_pod(self, namespace: str, manifest: Manifest) -> Manifest:
        """Create a pod; return it as the cluster made it."""
        return self._create(self._core.create_namespaced_pod, namespace, manifest)

    def create_secret(self, namespace: str, manifest: Manifest) -> None:
        """Create a secret."""
        self._create(self._core.create_namespaced_secret, namespace, manifest)

    def delete_pod(self, namespace: str, name: str, *, grace: int) -> bool:
        """Delete a pod whose programs may take `grace` seconds to end; tell whether it was there."""

        def delete() -> None:
            _read(
                self._core.delete_namespaced_pod(
                    name,
                    namespace,
                    grace_period_seconds=grace,
                    _preload_content=False,
                    _request_timeout=_CALL_TIMEOUT,
                )
            )

        try:
            _again(delete)
        except ApiException as error:
            if status_of(error) != NOT_FOUND:
                raise
            return False
        return True

    def list_pods(self, namespace: str, selector: str) -> tuple[list[Manifest], str]:
        """Return the pods with these labels, and the version of the list."""
        found = _again(
            lambda: _read(
                self._core.list_namespaced_pod(
                    namespace, label_selector=selector, _preload_content=False, _request_timeout=_CALL_TIMEOUT
                )
            )
        )
        return list(found["items"]), str(found["metadata"]["resourceVersion"])

    def watch_pods(self, namespace: str, selector: str, version: str) -> Any:
        """Begin to watch the pods with these labels; `changes` reads what happens."""
        return self._core.list_namespaced_pod(
            namespace,
            label_selector=selector,
            resource_version=version,
            watch=True,
            allow_watch_bookmarks=True,
            timeout_seconds=_WATCH_SECONDS,
            _preload_content=False,
            _request_timeout=_WATCH_TIMEOUT,
        )

    def list_warnings(self, namespace: str, uid: str) -> list[Manifest]:
        """Return the events that tell of problems of an object."""
        found = _read(
            self._core.list_namespaced_event(
                namespace,
                field_selector=f"involvedObject.uid={uid},type=Warning",
                _preload_content=False,
                _request_timeout=_CALL_TIMEOUT,
            )
        )
        return list(found["items"])

    def open_exec(self, namespace: str, pod: str, *, container: str, command: list[str]) -> Any:
        """Execute a program in a container; return the WebSocket with its streams."""
        configuration = self._client.configuration
        headers = {each["key"]: each["value"] for each in configuration.auth_settings().values()}
        url = exec_url(configuration.host, namespace, pod, container=container, command=command)
        # The library has no other way to tell how long the connection may take.
        websocket.setdefaulttimeout(_CALL_TIMEOUT[1])
        connect: Callable[..., Any] = create_websocket
        return connect(configuration, url, headers)

    def close(self) -> None:
        """Close all connections that nobody reads from."""
        self._client.close()
        self._client.rest_client.pool_manager.clear()

    def _create(self, call: Callable[..., Any], namespace: str, manifest: Manifest) -> Manifest:
        options = {"field_manager": FIELD_MANAGER, "_preload_content": False, "_request_timeout": _CALL_TIMEOUT}
        return _again(lambda: _read(call(namespace, manifest, **options)), only_refused=True)


def changes(response: Any) -> Iterator[Manifest]:
    """Yield the events of a watch as they come: `type` and `object`."""
    rest = b""
    for piece in response.stream(decode_content=False):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line:
                yield json.loads(line)


def interrupt(response: Any) -> None:
    """End a watch from another thread."""
    try:
        # Not the method of a TLS socket, which another thread is reading from.
        socket.socket.shutdown(response.connection.sock, socket.SHUT_RDWR)
    except (AttributeError, OSError, TypeError):
        pass  # it has just ended


def _may_try_again(error: Exception, *, only_refused: bool) -> bool:
    status = status_of(error)
    if only_refused or status == TOO_MANY:
        return status == TOO_MANY
    return isinstance(error, ApiException | HTTPError | OSError) and (status == 0 or status >= SERVER_ERROR)


def _read(response: Any) -> Manifest:
    found: Manifest = json.loads(response.data)
    return found


def _again(call: Callable[[], Answer], *, only_refused: bool = False) -> Answer:
    """Make a call again when the cluster is busy, or lost its connection, which may mean that it was made already."""
    for pause in _PAUSES:
        try:
            return call()
        except CLIENT_ERRORS as error:
            if not _may_try_again(error, only_refused=only_refused):
                raise
        time.sleep(pause)
    return call()
