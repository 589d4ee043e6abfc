"""Group commit: what arrives while a write is in flight leaves as one with the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Flush = Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]]


class Closed(Exception):
    """The batch takes nothing more: the process is ending."""


class Batch(Generic[Item, Result]):
    """Gathers items and flushes them together, with no delay when nothing is in flight.

    `flush` gets up to `limit` items and returns a result or an exception for each, in order. An exception that it
    raises itself goes to every caller of that flush. `parallel` flushes may be in flight at once.
    """

    def __init__(self, flush: "Flush[Item, Result]", *, limit: int, name: str, parallel: int = 1) -> None:
        self._flush = flush
        self._limit = limit
        self._name = name
        self._parallel = parallel
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    async def add(self, item: Item) -> Result:
        """Hand in an item and wait for its own result; raises its own error."""
        if self._closed:
            raise Closed(f"{self._name} takes nothing more")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._start()
        return await future

    async def close(self) -> None:
        """Flush what waits, then refuse more."""
        self._closed = True
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self) -> None:
        if self._waiting and len(self._running) < self._parallel:
            task = asyncio.get_running_loop().create_task(self._run(), name=f"batch {self._name}")
            self._running.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._start()

    async def _run(self) -> None:
        taken, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
        try:
            results = await self._flush([item for item, _ in taken])
        except BaseException as error:
            for _, future in taken:
                if not future.done():
                    future.set_exception(Closed(f"{self._name} was cancelled") if _is_cancel(error) else error)
            if _is_cancel(error):
                raise
            return
        for (_, future), result in zip(taken, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)


def _is_cancel(error: BaseException) -> bool:
    return isinstance(error, asyncio.CancelledError)
