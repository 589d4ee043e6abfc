"""The data of an execution as secrets: files, variables, and our own program, in as few of them as possible."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from eventline_executor.runners.kubernetes.programs import directory_record, file_record
from eventline_executor.runners.protocol import ExecutionToRun, RunnerError, RuntimeFile
from eventline_executor.runners.registries import DOCKER_HUB, Credentials

# What a secret may hold: 1 MiB in all, and its keys count, too.
SECRET_SIZE = 1_000_000
LARGEST_DATA = 32 * SECRET_SIZE

# In every container: a volume of its own that programs may write to, and the secrets.
WRITABLE = "/tmp/eventline"  # noqa: S108 - containers are not shared
DIRECTORY = f"{WRITABLE}/execution"
READY = f"{WRITABLE}/ready"
FILES = "/tmp/eventline-files"  # noqa: S108 - same
PROGRAM = "program"

# Two pieces of files in an archive, and two archives in a secret.
_PIECE = 240_000
_ARCHIVE_SIZE = 490_000
_HUB_SERVER = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is: a key of the secret with this number."""

    secret: int
    key: str


@dataclass(frozen=True, slots=True)
class ExecutionData:
    """The content of the secrets, and what is where in them."""

    secrets: Sequence[Mapping[str, bytes]] = field(repr=False)
    program: Place
    archives: Sequence[Place]
    variables: Mapping[str, Place]


def execution_data(execution: ExecutionToRun, program: bytes) -> ExecutionData:
    """Distribute everything that an execution needs; raises RunnerError when that is too much for a cluster."""
    packing = _Packing()
    place = packing.add(PROGRAM, program)
    environment = {**execution.environment, "EVENTLINE_DIR": DIRECTORY}
    variables = {
        name: packing.add(f"variable-{number}", value.encode())
        for number, (name, value) in enumerate(environment.items())
    }
    archives = [packing.add(f"archive-{number}", piece) for number, piece in enumerate(_archives(execution.files))]
    if packing.size > LARGEST_DATA:
        raise RunnerError(
            f"cannot copy files: the files and variables of this execution have {packing.size} bytes; "
            f"secrets of Kubernetes take {LARGEST_DATA} at most"
        )
    return ExecutionData(packing.secrets, place, archives, variables)


def registry_data(credentials: Credentials) -> Mapping[str, bytes]:
    """Return the content of a secret of type `kubernetes.io/dockerconfigjson`."""
    server = _HUB_SERVER if credentials.registry == DOCKER_HUB else credentials.registry
    both = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
    entry = {"username": credentials.username, "password": credentials.password, "auth": both}
    return {".dockerconfigjson": json.dumps({"auths": {server: entry}}).encode()}


class _Packing:
    """Puts values into the first secret with enough room."""

    def __init__(self) -> None:
        self.secrets: list[dict[str, bytes]] = []
        self.size = 0
        self._room: list[int] = []

    def add(self, key: str, value: bytes) -> Place:
        needed = len(key) + len(value)
        self.size += needed
        number = next((number for number, room in enumerate(self._room) if room >= needed), len(self._room))
        if number == len(self._room):
            self.secrets.append({})
            self._room.append(SECRET_SIZE)
        self.secrets[number][key] = value
        self._room[number] -= needed
        return Place(number, key)


def _archives(files: Mapping[str, RuntimeFile]) -> list[bytes]:
    """Return archives, to be unpacked in order; the last file says that all is there."""
    archives, current = [], bytearray()
    for record in (*_records(files), file_record(READY, b"")):
        if len(current) + len(record) > _ARCHIVE_SIZE:
            archives.append(bytes(current))
            current.clear()
        current += record
    return [*archives, bytes(current)]


def _records(files: Mapping[str, RuntimeFile]) -> list[bytes]:
    paths = [PurePosixPath(DIRECTORY, path) for path in files]
    directories = {parent for path in paths for parent in path.parents if parent.is_relative_to(DIRECTORY)}
    records = [directory_record(str(directory)) for directory in sorted({PurePosixPath(DIRECTORY), *directories})]
    for path, file in zip(paths, files.values(), strict=True):
        for start in range(0, max(len(file.content), 1), _PIECE):
            piece = file.content[start : start + _PIECE]
            records.append(file_record(str(path), piece, executable=file.executable))
    return records
