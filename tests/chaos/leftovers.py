"""What must not be there any more when everything has settled: processes of jobs, files of executions."""

import os
from collections.abc import Sequence
from pathlib import Path


def find_leftovers(root: Path) -> Sequence[str]:
    """Return a sentence for each process and directory that belongs to an execution below `root`."""
    directories = [f"directory {path} is left" for path in sorted(root.iterdir())]
    return [*directories, *(f"process {pid} of {directory} is left" for pid, directory in _processes(root))]


def _processes(root: Path) -> Sequence[tuple[int, str]]:
    marker = f"EVENTLINE_DIR={root}/"
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                variables = Path(entry.path, "environ").read_bytes().split(b"\0")
            except OSError:
                continue  # gone, or a zombie
            found += [(int(entry.name), os.fsdecode(v)) for v in variables if v.startswith(marker.encode())]
    return found
