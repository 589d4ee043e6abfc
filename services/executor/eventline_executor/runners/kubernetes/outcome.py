"""Finds out how a step ended when its own report does not tell, or not everything."""

import asyncio
import signal

from eventline_executor.runners.failures import result_of_status
from eventline_executor.runners.kubernetes import states
from eventline_executor.runners.kubernetes.exec import ExecEnd
from eventline_executor.runners.kubernetes.pod import JobPod
from eventline_executor.runners.kubernetes.programs import Report
from eventline_executor.runners.kubernetes.watching import FollowedPod, is_over
from eventline_executor.runners.protocol import Exited, Killed, RunnerError, StepResult

KILLED = Killed(signal.SIGKILL.value)
# The cluster tells us that a pod ended a little later than its streams do.
_NEWS_TIME, _SHORT_NEWS_TIME = 5.0, 1.0
_ASKED_TO_END = (Killed(signal.SIGTERM.value), Exited(128 + signal.SIGTERM.value))


class Outcome:
    """The ends of the steps of one pod."""

    def __init__(self, pod: JobPod, *, memory_limit: int) -> None:
        self._pod = pod
        self._memory_limit = memory_limit
        self._memory_kills = 0

    async def lost(self) -> None:
        """Return when nothing more can be expected of the pod: it is over, or its node is gone for too long."""
        followed = self._pod.followed
        while not is_over(followed):
            await followed.until(lambda each: is_over(each) or _is_unreachable(each))
            try:
                async with asyncio.timeout(self._pod.node_patience):
                    await followed.until(lambda each: is_over(each) or not _is_unreachable(each))
            except TimeoutError:
                return

    async def of_report(self, report: Report, program: str, *, stopping: bool) -> StepResult:
        """Return what a report means; raises RunnerError."""
        result = report.end
        if not isinstance(result, Exited | Killed):
            missing = result.is_missing and "/" not in program
            reason = "program not found in PATH of the container" if missing else result.reason
            raise RunnerError(f'cannot run "{program}": {reason}')
        more_kills, self._memory_kills = report.memory_kills > self._memory_kills, report.memory_kills
        if result == KILLED and more_kills:
            return self._out_of_memory()
        if result in _ASKED_TO_END and not stopping and await self._hears(_SHORT_NEWS_TIME):
            raise RunnerError(str(self._pod.how_it_ended()))
        return result

    async def without_report(self, end: ExecEnd | None, program: str) -> StepResult:
        """Return how a step ended without one; raises RunnerError. `end` is what the cluster said about it."""
        explained = await self.of_lost_pod()
        if explained is not None:
            return explained
        if _is_unreachable(self._pod.followed):
            node = states.node_of(self._pod.followed.latest or {})
            raise RunnerError(f'node "{node}" is lost: the cluster does not hear from it')
        if end is None:
            raise RunnerError("connection to kubernetes lost")
        if end.status is None:
            raise RunnerError(f'cannot run "{program}": {end.message}')
        return result_of_status(end.status)

    async def of_lost_pod(self) -> StepResult | None:
        """Return or raise what ended the pod, None if it goes on."""
        if not await self._hears(_NEWS_TIME):
            return None
        how = self._pod.how_it_ended()
        if isinstance(how, states.OutOfMemory):
            return self._out_of_memory()
        raise RunnerError(how)

    async def _hears(self, seconds: float) -> bool:
        """Wait for the news that the pod is over, or was deleted."""
        try:
            async with asyncio.timeout(seconds):
                await self._pod.followed.until(lambda each: is_over(each) or _is_deleted(each))
        except TimeoutError:
            return False
        return True

    def _out_of_memory(self) -> StepResult:
        limit = f"memory limit of {self._memory_limit} MB" if self._memory_limit else "memory of the node"
        return Killed(f"{KILLED.signal} ({limit} exhausted)")


def _is_unreachable(followed: FollowedPod) -> bool:
    return followed.latest is not None and states.is_unreachable(followed.latest)


def _is_deleted(followed: FollowedPod) -> bool:
    return followed.latest is not None and states.is_deleted(followed.latest)
