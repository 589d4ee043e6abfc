"""The archive that brings the files of an execution into its container (contract/execution.md sections 11 and 16)."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import PurePosixPath

from eventline_executor.runners.docker.programs import Programs
from eventline_executor.runners.protocol import RuntimeFile

# Where the files are in every container; containers are not shared, so it needs no id.
DIRECTORY = "/tmp/eventline/execution"  # noqa: S108 - the place that the contract promises
INIT = "/tmp/eventline/init"  # noqa: S108 - beside it
RUN = "/tmp/eventline/run"  # noqa: S108 - beside it

# Owned by root and open to all, because the image decides which user runs the programs.
_DIRECTORY_MODE, _PROGRAM_MODE, _FILE_MODE = 0o755, 0o755, 0o644


def execution_archive(files: Mapping[str, RuntimeFile], programs: Programs) -> bytes:
    """Return a tar archive to be extracted at `/`."""
    everything = {
        INIT: RuntimeFile(programs.init, executable=True),
        RUN: RuntimeFile(programs.run, executable=True),
        **{f"{DIRECTORY}/{path}": file for path, file in files.items()},
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for directory in _directories([*everything, f"{DIRECTORY}/."]):
            archive.addfile(_member(directory, _DIRECTORY_MODE, tarfile.DIRTYPE))
        for path, file in everything.items():
            member = _member(path, _PROGRAM_MODE if file.executable else _FILE_MODE, tarfile.REGTYPE)
            member.size = len(file.content)
            archive.addfile(member, io.BytesIO(file.content))
    return buffer.getvalue()


def _directories(paths: list[str]) -> list[str]:
    """Return the directories to create, parents first. `/tmp` belongs to the image: its mode is left alone."""
    found = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    found.add(DIRECTORY)
    return sorted(found - {"/", "/tmp"})  # noqa: S108 - not used, spared


def _member(path: str, mode: int, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path.lstrip("/"))
    member.type, member.mode = kind, mode
    return member
