"""Waits until a pod runs, and says within a bounded time why it does not."""

import asyncio

from eventline_executor.runners.kubernetes import states
from eventline_executor.runners.kubernetes.cluster import Cluster
from eventline_executor.runners.kubernetes.watching import FollowedPod, is_over
from eventline_executor.runners.protocol import ExecutionToRun, RunnerError
from eventline_executor.runners.registries import credentials_for, registry_of

_FAILURE = "cannot start pod"


class Starting:
    """The start of one pod."""

    def __init__(self, cluster: Cluster, namespace: str, followed: FollowedPod, execution: ExecutionToRun) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._followed = followed
        self._execution = execution
        self._problem: states.Problem | None = None
        self._give_up: float | None = None

    async def run(self) -> None:
        """Wait until it runs, or ended already; raises RunnerError when it will not, or takes too long."""
        seconds = self._cluster.settings.start_timeout
        try:
            async with asyncio.timeout(seconds):
                while not self._has_started():
                    await self._wait_for_change()
        except TimeoutError:
            problem = await self._what_is_known()
            raise RunnerError(f"{_FAILURE}: it does not run after {seconds:g} seconds: {problem}") from None

    def _has_started(self) -> bool:
        if self._followed.gone:
            raise RunnerError(f"{_FAILURE}: it was deleted by somebody else")
        pod = self._followed.latest
        if pod is None:
            return False
        if states.is_running(pod) or is_over(self._followed):
            return True
        self._judge(states.start_problem(pod))
        return False

    def _judge(self, problem: states.Problem | None) -> None:
        """Keep a problem in mind; raises RunnerError when it is final, or has lasted too long."""
        now = asyncio.get_running_loop().time()
        if problem is None or problem.may_pass:
            self._problem, self._give_up = problem, None
            return
        if self._problem is None or not states.is_back_off(problem):
            self._problem = problem
        self._give_up = self._give_up or now + self._cluster.patience.problem
        if problem.final or now >= self._give_up:
            raise RunnerError(f"{_FAILURE}: {self._problem.text}{self._unused_identity()}")

    async def _wait_for_change(self) -> None:
        known, gone = self._followed.latest, self._followed.gone
        remaining = None if self._give_up is None else self._give_up - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(remaining):
                await self._followed.until(lambda followed: followed.latest is not known or followed.gone != gone)
        except TimeoutError:
            if remaining is None:
                raise

    async def _what_is_known(self) -> str:
        if self._problem is not None:
            return self._problem.text
        warning = await self._last_warning() if self._followed.latest is not None else ""
        return warning or "the cluster does not say why"

    async def _last_warning(self) -> str:
        """Ask for the events of the pod, which not every role may read."""
        uid = (self._followed.latest or {})["metadata"]["uid"]
        api = await self._cluster.api()
        try:
            events = await self._cluster.call(_FAILURE, lambda: api.list_warnings(self._namespace, uid))
        except RunnerError:
            return ""
        latest = max(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime")), default=None)
        return "" if latest is None else f"{latest.get('reason')}: {latest.get('message')}"

    def _unused_identity(self) -> str:
        image, identity = self._execution.runner_parameters["image"], self._execution.runner_identity
        if identity is None or credentials_for(image, identity) is not None:
            return ""
        return f'; identity "{identity.name}" was not used, because it does not belong to {registry_of(image)}'
