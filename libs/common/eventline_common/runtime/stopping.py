"""Ends tasks for certain."""

import asyncio
from collections.abc import Iterable
from typing import Any

_PATIENCE = 1.0


async def stop_tasks(tasks: Iterable["asyncio.Future[Any]"]) -> None:
    """Cancel tasks until all have ended, and swallow how they did.

    Once is not enough: the NATS client swallows a cancellation that meets it while it flushes or waits for an answer.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        ended, pending = await asyncio.wait(pending, timeout=_PATIENCE)
        for task in ended:
            if not task.cancelled():
                task.exception()
