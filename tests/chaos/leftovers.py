"""What must not be there any more when everything has settled: processes of jobs, files of executions."""

import os
from collections.abc import Sequence
from pathlib import Path


def find_leftovers(root: Path) -> Sequence[str]:
    """Return a sentence for each process and directory that belongs to an execution below `root`."""
    directories = [f"directory {path} is left" for path in sorted(root.iterdir())]
    return [*directories, *(f"process {_describe(pid)} of {where} is left" for pid, where in _processes(root))]


def _describe(pid: int) -> str:
    """Name a process with its state, what it waits for in the kernel, and its parent."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        name, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        state, parent = rest.split()[:2]
        waits = Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        return f"{pid} (gone)"
    return f"{pid} ({words or name}; {state} {waits}; child of {parent})"


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
