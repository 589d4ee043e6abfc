"""Separates the output of a program from what `run` reports behind it."""

from collections import deque

from eventline_executor.runners.kubernetes.exec import ExecEnd, ExecStreams
from eventline_executor.runners.kubernetes.programs import Report, find_report


class ItemsOfRun:
    """The items of a `RemoteOutput`. `end` is what the cluster said about the end of `run` itself."""

    def __init__(self, streams: ExecStreams, nonce: bytes) -> None:
        self._streams = streams
        self._nonce = nonce
        self._rest = b""
        self._reported = False
        self._items: deque[bytes | Report] = deque()
        self.end: ExecEnd | None = None
        self.over = False

    async def next(self) -> bytes | Report | None:
        """Return the next piece of output, or the report; None at the end."""
        while not self._items:
            if self.over:
                return None
            received = await self._streams.next()
            if received is None:
                self.over = True
                rest, self._rest = self._rest, b""
                return rest or None
            if isinstance(received, ExecEnd):
                self.end = received
            elif self._reported:
                return received
            else:
                self._take(received)
        return self._items.popleft()

    def _take(self, received: bytes) -> None:
        before, report, rest = find_report(self._rest + received, self._nonce)
        if before:
            self._items.append(before)
        self._rest = rest
        if report is not None:
            self._reported = True
            self._items.append(report)
            if rest:
                self._items.append(rest)
            self._rest = b""
