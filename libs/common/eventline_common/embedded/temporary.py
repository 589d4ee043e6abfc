"""A place for servers of tests: pytest's own folders are closed to the user that servers run as in most containers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_server_directory() -> Iterator[Path]:
    """Give a folder that a server may take for itself; it is removed afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="eventline-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
