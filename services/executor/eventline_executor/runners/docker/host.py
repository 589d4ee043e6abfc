"""The connection of an executor to its Docker daemon, and the threads that wait for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

from docker.errors import APIError

from eventline_common.clock import utc_now
from eventline_common.logging import get_logger
from eventline_common.settings.runners import DockerRunnerSettings
from eventline_executor.runners.docker.engine import ENGINE_ERRORS, Engine, reason
from eventline_executor.runners.docker.leftovers import EXECUTOR_LABEL, is_leftover
from eventline_executor.runners.owner import Owner
from eventline_executor.runners.protocol import RunnerError

# Calls to the daemon that may be under way at a time; pulls take long and have their own.
_CALLS, _PULLS = 16, 8

Answer = TypeVar("Answer")


class DockerHost:
    """Connects when it is first needed; leftovers are removed before anything else is done."""

    def __init__(self, settings: DockerRunnerSettings) -> None:
        self.settings = settings
        self.owner = Owner.current()
        self._calls = ThreadPoolExecutor(_CALLS, thread_name_prefix="docker")
        self._long_calls = asyncio.Semaphore(_PULLS)
        self._connecting = asyncio.Lock()
        self._engine: Engine | None = None

    async def engine(self) -> Engine:
        """Return the connected daemon; raises RunnerError."""
        async with self._connecting:
            if self._engine is None:
                engine = await self.call("cannot create client", self._connect)
                await self.call("cannot remove leftovers", lambda: self._remove_leftovers(engine))
                self._engine = engine
            return self._engine

    async def call(self, failure: str, function: Callable[[], Answer]) -> Answer:
        """Make a blocking call in a thread; its errors become `<failure>: <reason>`."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._calls, function)
        except ENGINE_ERRORS as error:
            raise RunnerError(f"{failure}: {reason(error)}") from error

    async def call_for_long(self, failure: str, function: Callable[[], None]) -> None:
        """Make a call that may hang, in a thread that keeps nothing else waiting, not even the end of this process.

        When the waiting task is cancelled, the thread goes on until the daemon answers.
        """
        async with self._long_calls:
            ended = Future[None]()
            Thread(target=_run, args=(function, ended), name="docker-pull", daemon=True).start()
            try:
                await asyncio.wrap_future(ended)
            except ENGINE_ERRORS as error:
                raise RunnerError(f"{failure}: {reason(error)}") from error

    async def close(self) -> None:
        """Close all connections."""
        if self._engine is not None:
            self._engine.close()
        await asyncio.to_thread(self._calls.shutdown)

    def _connect(self) -> Engine:
        return Engine.connect(self.settings, connections=_CALLS)

    def _remove_leftovers(self, engine: Engine) -> None:
        log = get_logger("executor")
        for found in engine.containers(all=True, quiet=True, filters={"label": EXECUTOR_LABEL}):
            try:
                container = engine.inspect_container(found["Id"])
                if is_leftover(container, here=self.owner, now=utc_now()):
                    engine.remove_container(found["Id"], force=True, v=True)
                    log.info("leftover_removed", container=container["Name"].lstrip("/"))
            except APIError as error:
                log.error("leftover_not_removed", container=found["Id"], error=str(error.explanation))


def _run(function: Callable[[], None], ended: "Future[None]") -> None:
    if not ended.set_running_or_notify_cancel():
        return
    try:
        function()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the task that waits
        ended.set_exception(error)
    else:
        ended.set_result(None)
