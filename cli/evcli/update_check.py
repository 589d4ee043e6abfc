"""Once a day: is there a newer release (contract evcli, section 9)? No command waits long for the answer."""

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evcli.configuration import state_directory, write_private_file
from evcli.terminal import Terminal
from evcli.version import BUILD_ID

if TYPE_CHECKING:
    from evcli.call import Call

PERIOD: Final = 24 * 3600
# A check without an answer is made again after an hour.
RETRY: Final = 3600
REQUEST_TIMEOUT: Final = 3.0
LONGEST_WAIT: Final = 0.25


@dataclass
class UpdateCheck:
    """A check that runs beside the command."""

    path: Path
    found: list[str] = field(default_factory=list)
    thread: threading.Thread | None = None

    def report(self, terminal: Terminal) -> None:
        """Tell the user about a newer release if the answer is here by now; a failed check says nothing (G-49)."""
        if self.thread is not None:
            self.thread.join(LONGEST_WAIT)
        if not self.found:
            return
        _remember(self.path, int(time.time()))
        from evcli.build_ids import is_newer

        if is_newer(self.found[0], BUILD_ID):
            terminal.info(f'evcli {self.found[0]} is available (this is {BUILD_ID}); run "evcli update" to install it')


def start_check(call: "Call") -> UpdateCheck | None:
    """Start a check if the last one is a day old."""
    directory = state_directory(call.environment)
    now = int(time.time())
    if directory is None or not _is_due(directory / "last-build-id-check", now):
        return None
    check = UpdateCheck(directory / "last-build-id-check")
    if not _remember(check.path, now - PERIOD + RETRY):
        return None
    uri = release_uri(call)
    check.thread = threading.Thread(target=_ask, args=(check, uri, call.environment), daemon=True)
    check.thread.start()
    return check


def release_uri(call: "Call") -> str:
    """Return where releases are: EVCLI_RELEASE_URI, else the configuration, else where the project publishes them."""
    from evcli.releases import DEFAULT_RELEASE_URI

    return call.environment.get("EVCLI_RELEASE_URI") or call.configuration.release_uri or DEFAULT_RELEASE_URI


def _ask(check: UpdateCheck, uri: str, environment: Mapping[str, str]) -> None:
    from evcli.errors import EvcliError
    from evcli.releases import find_latest_build_id
    from evcli.transport import Transport

    transport = Transport(environment, lambda _level, _line: None, timeout=REQUEST_TIMEOUT)
    with contextlib.suppress(EvcliError):
        check.found.append(find_latest_build_id(transport, uri))


def _is_due(path: Path, now: int) -> bool:
    try:
        last = int(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return True
    return not last <= now < last + PERIOD


def _remember(path: Path, instant: int) -> bool:
    try:
        write_private_file(path, f"{instant}\n")
    except OSError:
        return False
    return True
