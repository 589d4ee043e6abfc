"""Waiting out a database that is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from eventline_common.db.session import AWAY
from eventline_common.logging import get_logger

Result = TypeVar("Result")

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


async def patiently(work: Callable[[], Awaitable[Result]]) -> Result:
    """Do `work` until the database answers, with growing pauses of at most two seconds.

    What failed this way may have been committed all the same: `work` must have the same effect when it is done twice.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            return await work()
        except AWAY as error:
            get_logger("patience").debug("work_postponed", error=str(error) or type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
