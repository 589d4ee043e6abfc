"""The connection of an executor to its cluster, and the threads that wait for it."""

import asyncio
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from eventline_common.clock import utc_now
from eventline_common.ids import new_id
from eventline_common.logging import get_logger
from eventline_common.settings.runners import KubernetesRunnerSettings
from eventline_executor.runners.kubernetes.api import Api
from eventline_executor.runners.kubernetes.client import CLIENT_ERRORS, connect, reason
from eventline_executor.runners.kubernetes.leftovers import is_leftover
from eventline_executor.runners.kubernetes.manifests import EXECUTOR_LABEL, Origin
from eventline_executor.runners.kubernetes.watching import PodWatch
from eventline_executor.runners.owner import Owner
from eventline_executor.runners.protocol import RunnerError

# Calls to the cluster that may be under way at a time.
_CALLS = 16
_SWEEP_INTERVAL = 600.0
_LEFTOVER_GRACE = 1
_REMOVED_WITHIN, _PAUSE = 10.0, 0.2
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds something may last before it counts.

    A `problem` of an image or a container: the cluster tries again after ten seconds. A `node` that is not heard of.
    The `removal` of a pod, beyond the time that its programs have: then it is deleted by force.
    """

    problem: float = 15.0
    node: float = 60.0
    removal: float = 15.0


class Cluster:
    """Connects when it is first needed; leftovers in a namespace are removed before anything else is done in it."""

    def __init__(self, settings: KubernetesRunnerSettings, patience: Patience) -> None:
        self.settings = settings
        self.patience = patience
        self.origin = Origin(new_id(), str(Owner.current()))
        self.architecture = settings.architecture or _MACHINES.get(platform.machine(), "amd64")
        self._calls = ThreadPoolExecutor(_CALLS, thread_name_prefix="kubernetes")
        self._connecting = asyncio.Lock()
        self._api: Api | None = None
        self._watches: dict[str, PodWatch] = {}
        self._sweeping: asyncio.Task[None] | None = None

    async def namespace(self, name: str) -> PodWatch:
        """Get ready to use a namespace: connect, remove leftovers, follow its pods; raises RunnerError."""
        async with self._connecting:
            if name not in self._watches:
                api = await self.api()
                await self.call("cannot remove leftovers", lambda: self._remove_leftovers(api, name))
                self._watches[name] = PodWatch(api, name, f"{EXECUTOR_LABEL}={self.origin.label}")
            if self._sweeping is None:
                self._sweeping = asyncio.create_task(self._sweep(), name="kubernetes leftovers")
            return self._watches[name]

    async def api(self) -> Api:
        """Return the calls; nothing is sent yet."""
        if self._api is None:
            connected = await self.call("cannot create client", lambda: connect(self.settings, connections=_CALLS))
            self._api = self._api or Api(connected)
        return self._api

    async def call(self, failure: str, function: Callable[[], Answer]) -> Answer:
        """Make a blocking call in a thread; its errors become `<failure>: <reason>`."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._calls, function)
        except CLIENT_ERRORS as error:
            raise RunnerError(f"{failure}: {reason(error)}") from error

    async def close(self) -> None:
        """Close all connections."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait((self._sweeping,))
        for watch in self._watches.values():
            await watch.close()
        await asyncio.to_thread(self._calls.shutdown)
        if self._api is not None:
            self._api.close()

    async def _sweep(self) -> None:
        """Remove again and again what executors on other machines left: it takes a while until that is certain."""
        while True:
            await asyncio.sleep(_SWEEP_INTERVAL)
            api = await self.api()
            for name in list(self._watches):
                try:
                    await self.call("cannot remove leftovers", partial(self._remove_leftovers, api, name))
                except RunnerError as error:
                    get_logger("executor").error("leftovers_not_removed", namespace=name, error=str(error))

    def _remove_leftovers(self, api: Api, namespace: str) -> None:
        deadline = time.monotonic() + _REMOVED_WITHIN
        removed = self._delete_leftovers(api, namespace)
        while removed and time.monotonic() < deadline:
            time.sleep(_PAUSE)
            removed &= {pod["metadata"]["name"] for pod in api.list_pods(namespace, EXECUTOR_LABEL)[0]}

    def _delete_leftovers(self, api: Api, namespace: str) -> set[str]:
        log, removed = get_logger("executor"), set()
        here, now = Owner.current(), utc_now()
        for pod in api.list_pods(namespace, EXECUTOR_LABEL)[0]:
            name = pod["metadata"]["name"]
            if not is_leftover(pod, here=here, now=now, start_timeout=self.settings.start_timeout):
                continue
            try:
                api.delete_pod(namespace, name, grace=_LEFTOVER_GRACE)
                removed.add(name)
                log.info("leftover_removed", namespace=namespace, pod=name)
            except CLIENT_ERRORS as error:
                log.error("leftover_not_removed", namespace=namespace, pod=name, error=reason(error))
        return removed
