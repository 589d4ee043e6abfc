"""A duty of a service at the pace that its operator wants: settings `workers.<name>` on top of `run_loop`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from eventline_common.runtime.loop import RunOnce, Wake, run_loop
from eventline_common.settings import WorkerSettings

Task = Callable[[], Awaitable[None]]


def worker(
    name: str, run_once: RunOnce, settings: WorkerSettings, *, pause: float, wake: Wake | None = None
) -> Sequence[Task]:
    """Return the task that does a duty every `pause` seconds or when `wake` rings; none when it is disabled.

    `sleep_duration` replaces the pause, `error_delay` the pause after the first of several errors, and the first run
    waits for `initial_delay` (contract service-config, section 3).
    """
    if settings.disabled:
        return ()
    duty = run_once if settings.error_delay is None else _patient(run_once, settings.error_delay / 1000)
    own_pause = pause if settings.sleep_duration is None else settings.sleep_duration / 1000
    return (partial(_run, name, duty, (settings.initial_delay or 0) / 1000, own_pause, wake),)


async def _run(name: str, run_once: RunOnce, initial_delay: float, pause: float, wake: Wake | None) -> None:
    await asyncio.sleep(initial_delay)
    await run_loop(name, run_once, pause=pause, wake=wake)


def _patient(run_once: RunOnce, delay: float) -> RunOnce:
    async def run() -> bool:
        try:
            return await run_once()
        except Exception:
            await asyncio.sleep(delay)
            raise

    return run
