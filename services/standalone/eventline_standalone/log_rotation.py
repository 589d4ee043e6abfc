"""Keeps log files bounded while their writers have them open: copy, then cut."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LARGEST = 50 * 1024 * 1024


def rotate_logs(paths: Iterable[Path], *, largest: int = LARGEST) -> None:
    """Turn each log that has outgrown `largest` into `<name>.1` and empty it.

    Writers append (O_APPEND), so they go on at the new beginning; what they write during the copy may be lost.
    """
    for path in paths:
        with suppress(FileNotFoundError):
            if path.stat().st_size > largest:
                shutil.copyfile(path, path.with_name(path.name + ".1"))
                with path.open("r+b") as log:
                    log.truncate(0)
