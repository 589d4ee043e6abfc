"""Separates the output of a program from what `run` reports about it."""

from eventline_executor.runners.docker.hijacked import STDERR, Frames
from eventline_executor.runners.docker.programs import REPORT_SIZE, NotExecuted, read_report
from eventline_executor.runners.protocol import StepResult


class ItemsOfRun:
    """The items of a `RemoteOutput`: output, and the end of the program, which comes on the other stream."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._report = b""

    async def next(self) -> "bytes | StepResult | NotExecuted | None":
        """Return the next item. Standard error that is not a report comes from Docker itself: people want to see it."""
        while True:
            frame = await self._frames.next()
            if frame is None:
                rest, self._report = self._report, b""
                return rest or None
            stream, data = frame
            if stream != STDERR:
                return data
            self._report += data
            if len(self._report) >= REPORT_SIZE:
                report, self._report = self._report[:REPORT_SIZE], self._report[REPORT_SIZE:]
                return read_report(report) or report
