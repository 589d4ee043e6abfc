"""What people are told about the pull of an image."""

from collections.abc import Mapping

from eventline_executor.runners.protocol import RunnerError


class PullProgress:
    """What people want to know about a pull: its milestones, and nothing when the image was there already."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._downloaded = False

    def add(self, message: Mapping[str, object]) -> None:
        """Take the next message of the stream; raises RunnerError when it tells an error."""
        if "error" in message:
            raise RunnerError(f"cannot pull image: {message['error']}")
        status = str(message.get("status", ""))
        if not status or message.get("progressDetail"):
            return
        self._downloaded |= status in {"Pull complete", "Download complete"} or "newer image" in status
        line = f"{message['id']}: {status}" if message.get("id") else status
        if line not in self._lines:
            self._lines.append(line)

    @property
    def output(self) -> bytes:
        """The milestones as text, empty when nothing was downloaded."""
        return "".join(f"{line}\n" for line in self._lines).encode() if self._downloaded else b""
