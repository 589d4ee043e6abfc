"""Follows the pods of this executor in one namespace: one watch for all of them, however many there are."""

import asyncio
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Any

from eventline_common.logging import get_logger
from eventline_executor.runners.kubernetes import states
from eventline_executor.runners.kubernetes.api import Api, changes, interrupt
from eventline_executor.runners.kubernetes.client import CLIENT_ERRORS, GONE, reason, status_of

_PAUSE = 1.0

Pod = Mapping[str, Any]


class FollowedPod:
    """The latest that is known about one pod; `gone` when the cluster no longer has it."""

    def __init__(self) -> None:
        self.latest: Pod | None = None
        self.gone = False
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[["FollowedPod"], bool]) -> None:
        """Wait until a condition holds, which is asked whenever something changed."""
        while not condition(self):
            self._changed.clear()
            await self._changed.wait()

    def learn(self, pod: Pod | None) -> None:
        """Take news: a state, or None when it was removed."""
        if pod is None:
            self.gone = True
        else:
            self.latest = pod
        self._changed.set()


def is_over(followed: FollowedPod) -> bool:
    """Tell whether all programs of a pod ended, or it is gone."""
    return followed.gone or (followed.latest is not None and states.is_over(followed.latest))


class PodWatch:
    """A thread that lists and watches; what it learns is told in the event loop. Must be closed."""

    def __init__(self, api: Api, namespace: str, selector: str) -> None:
        self._api = api
        self._namespace = namespace
        self._selector = selector
        self._loop = asyncio.get_running_loop()
        self._pods: dict[str, FollowedPod] = {}
        self._seen: set[str] = set()
        self._closing = Event()
        self._lock = Lock()
        self._response: Any = None
        self._thread = Thread(target=self._run, name=f"kubernetes-watch-{namespace}", daemon=True)
        self._thread.start()

    def follow(self, name: str) -> FollowedPod:
        """Begin to follow a pod, which may not exist yet."""
        return self._pods.setdefault(name, FollowedPod())

    def forget(self, name: str) -> None:
        """Stop following a pod."""
        self._pods.pop(name, None)

    async def close(self) -> None:
        """End the watch."""
        self._closing.set()
        with self._lock:
            if self._response is not None:
                interrupt(self._response)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        log = get_logger("executor")
        while not self._closing.is_set():
            try:
                self._watch(self._list())
            except CLIENT_ERRORS as error:
                if not self._closing.is_set() and status_of(error) != GONE:
                    log.error("watch_failed", namespace=self._namespace, error=reason(error))
                self._closing.wait(_PAUSE)

    def _list(self) -> str:
        pods, version = self._api.list_pods(self._namespace, self._selector)
        found = {pod["metadata"]["name"]: pod for pod in pods}
        for name in self._seen - found.keys():
            self._tell(name, None)
        for name, pod in found.items():
            self._tell(name, pod)
        self._seen = set(found)
        return version

    def _watch(self, version: str) -> None:
        while not self._closing.is_set():
            response = self._api.watch_pods(self._namespace, self._selector, version)
            with self._lock:
                self._response = response
            if self._closing.is_set():
                interrupt(response)  # it was not there yet when `close` looked for it
            try:
                for change in changes(response):
                    if change["type"] == "ERROR":
                        return  # usually: the version is too old; list again
                    version = change["object"]["metadata"]["resourceVersion"]
                    self._take(change)
                    if self._closing.is_set():
                        return
            finally:
                with self._lock:
                    self._response = None
                response.close()
                response.release_conn()

    def _take(self, change: Mapping[str, Any]) -> None:
        name = change["object"]["metadata"].get("name")
        if change["type"] == "DELETED":
            self._seen.discard(name)
            self._tell(name, None)
        elif change["type"] != "BOOKMARK":
            self._seen.add(name)
            self._tell(name, change["object"])

    def _tell(self, name: str, pod: Pod | None) -> None:
        def tell() -> None:
            if name in self._pods:
                self._pods[name].learn(pod)

        try:
            self._loop.call_soon_threadsafe(tell)
        except RuntimeError:
            pass  # the loop is closed: nobody follows anything any more
