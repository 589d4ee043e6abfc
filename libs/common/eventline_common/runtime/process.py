"""The life of a service process: start everything, run until told to stop, close in reverse."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack

import uvloop

from eventline_common.logging import configure_logging, get_logger
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import Settings
from eventline_common.settings.command_line import load_for_service, parse_service_arguments

# Builds the service inside the stack and returns when it is ready; what the stack holds is closed in reverse order.
Build = Callable[[Settings, AsyncExitStack], Coroutine[object, object, "Service"]]


class Service:
    """A built service: the tasks that must stay alive while it runs, and what to do before they are stopped."""

    def __init__(
        self, tasks: Sequence[Callable[[], Awaitable[None]]], *, drain: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self.tasks = tasks
        self.drain = drain


def run_service(name: str, build: Build, argv: Sequence[str] | None = None) -> int:
    """Run a service from its command line until SIGINT or SIGTERM; return its exit status."""
    arguments = parse_service_arguments(name, sys.argv[1:] if argv is None else argv)
    settings = load_for_service(arguments, os.environ)
    configure_logging(settings.logger, quiet=arguments.quiet, debug_level=arguments.debug_level)
    gc.freeze()
    return uvloop.run(_serve(name, build, settings))


async def _serve(name: str, build: Build, settings: Settings) -> int:
    log = get_logger(name)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait(), name="stop signal")
    status = 0
    try:
        async with AsyncExitStack() as stack:
            building = asyncio.create_task(build(settings, stack), name=f"build {name}")
            await asyncio.wait({building, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not building.done():
                building.cancel()
                await asyncio.gather(building, return_exceptions=True)
                return 0
            service = building.result()
            log.info("service_started", pid=os.getpid())
            status = await _run_tasks(name, service, stopping)
    except Exception as error:
        log.error("service_failed", error=str(error) or type(error).__name__, exc_info=error)
        return 1
    finally:
        stopping.cancel()
    log.info("service_stopped", status=status)
    return status


async def _run_tasks(name: str, service: Service, stopping: "asyncio.Task[bool]") -> int:
    log = get_logger(name)
    tasks = [asyncio.ensure_future(run()) for run in service.tasks]
    done, _ = await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in done if task is not stopping]
    for task in failed:
        log.error("task_ended", error=str(task.exception() or "it returned"))
    if service.drain is not None:
        log.info("service_draining")
        await service.drain()
    await stop_tasks(tasks)
    return 1 if failed else 0
