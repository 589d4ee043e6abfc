"""What people are told about the pull of an image."""

from collections.abc import Mapping

from eventline_executor.runners.protocol import RunnerError

# What the daemon says of a layer that it does not have; of an image that is there already, people need not hear.
_BEGINNINGS = frozenset({"Pulling fs layer", "Downloading", "Pull complete", "Download complete"})
# A layer that is large takes long: it is told how far that is, a few times.
_LARGE = 10_000_000
_PARTS = 4
_MEGABYTE = 1_000_000


class PullProgress:
    """Turns the messages of a pull into lines, each told once, and none when the image was there already."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._held = ""
        self._downloading = False

    def add(self, message: Mapping[str, object]) -> bytes:
        """Take the next message, and return the lines to tell now; raises RunnerError when it tells an error."""
        if "error" in message:
            raise RunnerError(f"cannot pull image: {message['error']}")
        status = str(message.get("status", ""))
        self._downloading |= status in _BEGINNINGS or "newer image" in status
        line = self._line(status, message)
        if line and line not in self._told:
            self._told.add(line)
            self._held += f"{line}\n"
        if not self._downloading:
            return b""
        told, self._held = self._held, ""
        return told.encode()

    def _line(self, status: str, message: Mapping[str, object]) -> str:
        detail = message.get("progressDetail")
        if isinstance(detail, Mapping) and detail:
            status = _how_far(status, detail)
        return f"{message['id']}: {status}" if message.get("id") and status else status


def _how_far(status: str, detail: Mapping[object, object]) -> str:
    """Say how much of a large layer is there, in quarters; nothing of a small one."""
    current, total = detail.get("current"), detail.get("total")
    if status != "Downloading" or not isinstance(current, int) or not isinstance(total, int) or total < _LARGE:
        return ""
    done = current * _PARTS // total
    return f"{status}, {done * 100 // _PARTS}% of {total / _MEGABYTE:.0f} MB" if 0 < done < _PARTS else ""
