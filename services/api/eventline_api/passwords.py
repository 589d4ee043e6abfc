"""Hashes and checks passwords in two threads: that costs tens of milliseconds and tens of megabytes each time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from eventline_common.crypto.passwords import hash_password, needs_rehash, verify_password

_THREADS = 2

Result = TypeVar("Result")


class Passwords:
    """Password hashes; no work of its own happens on the event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        """Return the hash under which a password is stored, parameters included (G-60)."""
        return await self._run(lambda: hash_password(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether a password fits a stored hash; without a hash this takes as long and is false."""
        return await self._run(lambda: verify_password(stored or None, password))

    async def renew(self, password: str, stored: str) -> str | None:
        """Return a better hash of a password that was just verified, if its hash is out of date."""
        return await self.hash(password) if needs_rehash(stored) else None

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
