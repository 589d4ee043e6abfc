"""Ends streams whose callers are no longer admitted: a key that was revoked reads nothing any more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable


async def while_admitted(
    messages: AsyncIterator[bytes], is_admitted: Callable[[], Awaitable[bool]], *, period: float
) -> AsyncIterator[bytes]:
    """Yield messages until the caller is found not to be admitted; it is asked for before a message, every `period`
    seconds at most. A stream is never silent for long, so neither is the question.
    """
    loop = asyncio.get_running_loop()
    asked = loop.time()
    async for message in messages:
        if loop.time() - asked >= period:
            if not await is_admitted():
                return
            asked = loop.time()
        yield message
