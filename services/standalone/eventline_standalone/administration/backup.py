"""`eventline backup` and `eventline restore`: the database in one file, which is of use only together with the key."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import asyncpg

from eventline_common.crypto.keys import key_id
from eventline_common.db.migrate import current_revision
from eventline_common.embedded.binaries import postgresql_installations
from eventline_common.settings import Settings
from eventline_standalone.administration.connection import reason
from eventline_standalone.errors import StandaloneError
from eventline_standalone.summary import without_password
from eventline_standalone.terminal import Terminal

# What is only of use to processes that run now.
_LEFT_OUT = ("--exclude-table-data=executors",)


def write_backup(settings: Settings, output: Path, terminal: Terminal) -> int:
    """Write the whole database to `output`, which must not exist, while everything goes on running; return 0."""
    if output.exists():
        raise StandaloneError(f"{output} exists already; name another file")
    uri, unfinished = settings.pg.uri, output.with_name(output.name + ".unfinished")
    descriptor = os.open(_made(unfinished), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _run([_program("pg_dump", uri), "--format=custom", "--no-owner", "--no-privileges", *_LEFT_OUT, uri], file)
            os.fsync(file.fileno())
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
    terminal.say(f"{without_password(uri)} is saved in {output} ({output.stat().st_size} bytes)")
    terminal.say(
        f"to read its secrets, the encryption key {key_id(settings.encryption_key)} is needed: keep it elsewhere"
    )
    return 0


def restore_backup(settings: Settings, source: Path, terminal: Terminal) -> int:
    """Fill an empty database from a backup, all of it or nothing; return 0."""
    uri = settings.pg.uri
    if not source.is_file():
        raise StandaloneError(f"there is no file {source}")
    if (revision := _revision(uri)) is not None:
        raise StandaloneError(
            f"{without_password(uri)} is not empty: it has a schema of Eventline ({revision});"
            " a backup is restored to an empty database, before the services run for the first time"
        )
    program = _program("pg_restore", uri)
    _run([program, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "-d", uri, str(source)])
    terminal.say(f"{source} is restored to {without_password(uri)}, at {_revision(uri)}")
    terminal.say("run eventline migrate if this release is newer than the backup, then eventline check")
    return 0


def _made(path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StandaloneError(f"cannot write to {path.parent}: {error.strerror}") from error
    return path


def _revision(uri: str) -> str | None:
    try:
        return current_revision(uri)
    except (OSError, asyncpg.PostgresError) as error:
        raise StandaloneError(f"cannot use the database {without_password(uri)}: {reason(error)}") from error


def _program(name: str, uri: str) -> Path:
    """Give the program of the server's own version or a newer one: an older one refuses to work."""
    server = asyncio.run(_server_major(uri))
    found = [folder / name for major, folder in postgresql_installations() if major >= server]
    usable = [program for program in reversed(found) if program.exists()]
    if usable:
        return usable[0]
    if there := shutil.which(name):
        return Path(there)
    raise StandaloneError(f"{name} of PostgreSQL {server} or newer was not found; install postgresql-client-{server}")


async def _server_major(uri: str) -> int:
    try:
        connection = await asyncpg.connect(uri, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise StandaloneError(f"cannot use the database {without_password(uri)}: {reason(error)}") from error
    try:
        return connection.get_server_version().major
    finally:
        await connection.close()


def _run(words: Sequence[str | Path], output: IO[bytes] | None = None) -> None:
    done = subprocess.run(words, stdout=output, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise StandaloneError(f"{Path(words[0]).name} failed: {said[-1] if said else f'status {done.returncode}'}")
