"""The files of an embedded PostgreSQL: making a cluster with its role and database, and what a crash left behind."""

import json
import os
import secrets
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from eventline_common.embedded.child import launcher, minimal_environment
from eventline_common.embedded.errors import DirectoryTaken, EmbeddedServerError, ServerFailed
from eventline_common.embedded.postgresql_settings import BOOTSTRAP, CONFIGURATION, HOST_ACCESS
from eventline_common.embedded.unprivileged import RunAs, give_directory

ROLE = "eventline"
DATABASE = "eventline"
SUPERUSER = "postgres"
INITDB_TIMEOUT = 120.0


@dataclass(frozen=True)
class Passwords:
    """Both passwords of a cluster, made once with it."""

    role: str
    superuser: str


@dataclass(frozen=True)
class Cluster:
    """A cluster's files in `directory` (`cluster`, `passwords`, `server.log`) and who works on them with what."""

    directory: Path
    programs: Path
    run_as: RunAs

    @property
    def files(self) -> Path:
        """Give the folder that PostgreSQL calls its data directory."""
        return self.directory / "cluster"

    @property
    def log_file(self) -> Path:
        """Give the server's log."""
        return self.directory / "server.log"


def cluster_version(directory: Path) -> int | None:
    """Give the major version that made the cluster, None when there is none yet."""
    with suppress(FileNotFoundError):
        return int((directory / "cluster" / "PG_VERSION").read_text())
    return None


def prepare_cluster(cluster: Cluster, *, durable: bool) -> Passwords:
    """Make sure that the cluster exists, belongs to the server's user and may be started; give its passwords.

    The caller holds the lock of the directory.
    """
    if not cluster.files.exists():
        create_cluster(cluster, durable=durable)
    give_directory(cluster.directory, cluster.run_as)
    remove_stale_pid_file(cluster.files)
    return read_passwords(cluster.directory)


def read_passwords(directory: Path) -> Passwords:
    """Read the passwords that were written when the cluster was made."""
    path = directory / "passwords"
    try:
        return Passwords(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise EmbeddedServerError(f"cannot read the passwords of the embedded PostgreSQL in {path}: {error}") from error


def create_cluster(cluster: Cluster, *, durable: bool) -> None:
    """Make cluster, role and database aside, without any server running; the last act gives it its name."""
    unfinished = cluster.directory / "cluster.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    give_directory(cluster.directory, cluster.run_as)
    passwords = Passwords(role=secrets.token_hex(20), superuser=secrets.token_hex(20))
    arguments = ["--pgdata", str(unfinished), "--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C"]
    arguments += ["--data-checksums", "--auth", "reject"]
    run_program(cluster, ["initdb", *arguments, *([] if durable else ["--no-sync"])], text="")
    bootstrap = BOOTSTRAP.format(
        superuser=SUPERUSER,
        superuser_password=passwords.superuser,
        role=ROLE,
        password=passwords.role,
        database=DATABASE,
    )
    single = ["postgres", "--single", "-j", "-D", str(unfinished)]
    run_program(cluster, [*single, *([] if durable else ["-F"]), "postgres"], text=bootstrap)
    (unfinished / "postgresql.conf").write_text(CONFIGURATION)
    (unfinished / "pg_hba.conf").write_text(HOST_ACCESS)
    write_private(cluster.directory / "passwords", json.dumps(asdict(passwords)))
    unfinished.rename(cluster.files)


def run_program(cluster: Cluster, arguments: list[str], *, text: str) -> None:
    """Run one of PostgreSQL's programs to its end; raise ServerFailed with what it said when it fails."""
    program, *rest = arguments
    done = subprocess.run(
        [*launcher(cluster.run_as.identity, signal.SIGKILL), str(cluster.programs / program), *rest],
        input=text.encode(),
        capture_output=True,
        cwd=cluster.directory,
        env=minimal_environment(home=cluster.directory),
        timeout=INITDB_TIMEOUT,
        check=False,
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode != 0 or "ERROR:" in said or "FATAL:" in said:
        raise ServerFailed(f"cannot make a PostgreSQL cluster in {cluster.directory}: {said.strip()[-600:]}")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, never half."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)


def remove_stale_pid_file(files: Path) -> None:
    """Remove what a killed server left, although its process id may belong to another program by now.

    A living PostgreSQL works in its data directory: that is how one is told from a stranger with the same id.
    """
    path = files / "postmaster.pid"
    with suppress(FileNotFoundError):
        first = path.read_text().partition("\n")[0]
        if first.isdigit() and works_in(int(first), files):
            raise DirectoryTaken(f"{files} is already used by PostgreSQL, process {first}; stop it first")
        path.unlink()


def works_in(pid: int, directory: Path) -> bool:
    """Tell whether the process exists and has the directory as its working directory."""
    try:
        return Path("/proc", str(pid), "cwd").resolve(strict=True) == directory.resolve()
    except OSError:
        return False
