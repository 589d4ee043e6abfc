"""The pod of one execution and its secrets, from their creation to their removal (contract/execution.md section 18)."""

import asyncio
import math
import os
from collections.abc import Callable, Sequence
from typing import Any

from eventline_executor.runners.kubernetes import states
from eventline_executor.runners.kubernetes.api import Api
from eventline_executor.runners.kubernetes.cluster import Cluster
from eventline_executor.runners.kubernetes.exec import ExecStreams
from eventline_executor.runners.kubernetes.frames import WebSocketFrames
from eventline_executor.runners.kubernetes.manifests import Manifest, Names, pod_manifest, secret_manifest
from eventline_executor.runners.kubernetes.programs import PROGRAMS
from eventline_executor.runners.kubernetes.secrets import FILES, PROGRAM, READY, execution_data, registry_data
from eventline_executor.runners.kubernetes.starting import Starting
from eventline_executor.runners.kubernetes.tether import Tether
from eventline_executor.runners.kubernetes.watching import FollowedPod, PodWatch, is_over
from eventline_executor.runners.protocol import ExecutionToRun, RunnerError
from eventline_executor.runners.registries import credentials_for

_SHORTEST_GRACE = 1


class JobPod:
    """Created first; its secrets belong to it from the moment they exist, so the cluster removes them with it."""

    def __init__(self, cluster: Cluster, execution: ExecutionToRun, *, kill_delay: float) -> None:
        parameters = execution.runner_parameters
        self._cluster = cluster
        self._execution = execution
        self._names = Names.new(execution)
        self._namespace: str = parameters.get("namespace") or cluster.settings.namespace
        self._architecture: str = parameters.get("architecture") or cluster.architecture
        self._grace = max(_SHORTEST_GRACE, math.ceil(kill_delay))
        self._watch: PodWatch | None = None
        self._followed = FollowedPod()
        self._tether = Tether(self._open_beat)
        self.node_patience = cluster.patience.node
        self._call: asyncio.Future[Any] | None = None

    @property
    def followed(self) -> FollowedPod:
        """What is known about it."""
        return self._followed

    def how_it_ended(self) -> str | states.OutOfMemory:
        """Return why it is over though we did not end it."""
        return states.how_it_ended(self._followed.latest or {"metadata": {}})

    async def create(self) -> None:
        """Create the pod, then its secrets; raises RunnerError."""
        credentials = credentials_for(self._execution.runner_parameters["image"], self._execution.runner_identity)
        data = execution_data(self._execution, PROGRAMS[self._architecture])
        self._watch = await self._cluster.namespace(self._namespace)
        self._followed = self._watch.follow(self._names.pod)
        api = await self._cluster.api()
        manifest = pod_manifest(
            self._execution,
            names=self._names,
            origin=self._cluster.origin,
            data=data,
            architecture=self._architecture,
            grace=self._grace,
            with_credentials=credentials is not None,
        )
        pod: Manifest = await self._finish("cannot create pod", lambda: api.create_pod(self._namespace, manifest))
        secrets = [secret_manifest(self._names.data(n), content, pod=pod) for n, content in enumerate(data.secrets)]
        if credentials is not None:
            # Before the others: the image is pulled as soon as those are there.
            kind, content = "kubernetes.io/dockerconfigjson", registry_data(credentials)
            secrets.insert(0, secret_manifest(self._names.registry, content, pod=pod, kind=kind))
        await self._finish("cannot create secret", lambda: _create_secrets(api, self._namespace, secrets))

    async def start(self) -> None:
        """Wait until programs can be run in it; raises RunnerError."""
        await Starting(self._cluster, self._namespace, self._followed, self._execution).run()
        over = asyncio.create_task(self._followed.until(is_over))
        tied = asyncio.create_task(self._tether.start())
        try:
            seconds = self._cluster.settings.start_timeout
            done, _ = await asyncio.wait((over, tied), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                raise RunnerError(f"cannot copy files: not done after {seconds:g} seconds")
            if over in done:
                raise RunnerError(f"cannot copy files: {self._unpacking_failure()}")
            tied.result()
        finally:
            for task in (over, tied):
                task.cancel()
            await asyncio.gather(over, tied, return_exceptions=True)

    async def execute(self, *arguments: str, failure: str) -> ExecStreams:
        """Execute our own program in it."""
        api = await self._cluster.api()
        command = [f"{FILES}/{PROGRAM}", *arguments]
        pod, container = self._names.pod, states.CONTAINER
        opening = asyncio.ensure_future(
            self._cluster.call(
                failure, lambda: api.open_exec(self._namespace, pod, container=container, command=command)
            )
        )
        try:
            return ExecStreams(WebSocketFrames(await asyncio.shield(opening)))
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unused)
            raise

    async def end(self) -> None:
        """End all programs: TERM, the time that they have, KILL."""
        await self._tether.close()
        await self._delete(self._grace)

    async def remove(self) -> None:
        """Remove it, whatever runs in it."""
        await self._tether.close()
        try:
            await self._delete(_SHORTEST_GRACE)
        finally:
            if self._watch is not None:
                self._watch.forget(self._names.pod)

    async def _finish(self, failure: str, call: Callable[[], Any]) -> Any:
        """Make a call that creates something. If we are cancelled meanwhile, its end is still waited for."""
        self._call = asyncio.ensure_future(self._cluster.call(failure, call))
        return await asyncio.shield(self._call)

    async def _delete(self, grace: int) -> None:
        """Delete it and wait until the cluster says that nothing runs any more; a lost node cannot say so."""
        if self._call is None or self._followed.gone:
            return
        await asyncio.wait((self._call,))
        for seconds in (grace, 0):
            if not await self._delete_now(seconds):
                return
            try:
                async with asyncio.timeout(seconds + self._cluster.patience.removal):
                    await self._followed.until(lambda followed: followed.gone)
            except TimeoutError:
                continue  # then by force, or we cannot know
            return

    async def _delete_now(self, grace: int) -> bool:
        """Ask the cluster to delete it; tell whether it was there."""
        api = await self._cluster.api()
        return await self._cluster.call(
            "cannot delete pod", lambda: api.delete_pod(self._namespace, self._names.pod, grace=grace)
        )

    async def _open_beat(self) -> ExecStreams:
        return await self.execute("beat", READY, failure="cannot connect to container")

    def _unpacking_failure(self) -> str:
        error = states.unpacking_error(self._followed.latest or {})
        return os.strerror(error).lower() if error else str(self.how_it_ended())


def _close_unused(opening: "asyncio.Future[Any]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().shutdown()


def _create_secrets(api: Api, namespace: str, manifests: Sequence[Manifest]) -> None:
    for manifest in manifests:
        api.create_secret(namespace, manifest)
