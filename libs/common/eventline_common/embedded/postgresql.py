"""A PostgreSQL server of our own: made on first use, started, stopped, and startable again whatever happened."""

import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from eventline_common.embedded.binaries import find_postgresql
from eventline_common.embedded.child import Command, end, last_lines, minimal_environment, spawn
from eventline_common.embedded.directory_lock import DirectoryLock, lock_directory
from eventline_common.embedded.errors import PortInUse, ServerFailed
from eventline_common.embedded.ports import LOOPBACK, free_port, require_free
from eventline_common.embedded.postgresql_cluster import (
    DATABASE,
    ROLE,
    SUPERUSER,
    Cluster,
    Passwords,
    cluster_version,
    prepare_cluster,
)
from eventline_common.embedded.postgresql_settings import PostgresqlTuning, render_settings
from eventline_common.embedded.unprivileged import choose_run_as, require_reachable

PURPOSE = "the embedded PostgreSQL"
PORT_REMEDY = "choose another one with --pg-port"
PORT_ATTEMPTS = 5
PAUSE = 0.01
READY_LINE = 7


@dataclass(frozen=True)
class PostgresqlOptions:
    """Where the server lives and how it runs.

    `data_directory` holds everything of it: `cluster`, `passwords`, `server.log`. `port` None = a free one.
    `fsync=False` is for tests only: a crash of the machine may lose everything. `programs` names the folder of
    the programs when they are not to be looked up.
    """

    data_directory: Path
    port: int | None = None
    fsync: bool = True
    tuning: PostgresqlTuning = field(default_factory=PostgresqlTuning)
    programs: Path | None = None
    start_timeout: float = 120.0


@dataclass(frozen=True)
class EmbeddedPostgresql:
    """A running server. It ends when the thread that started it ends, at the latest."""

    port: int
    passwords: Passwords = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, options: PostgresqlOptions) -> "EmbeddedPostgresql":
        """Make the cluster if there is none, start the server, and return once it accepts connections.

        Raises EmbeddedServerError (not installed, directory taken, port in use, failed) with a sentence.
        """
        directory = options.data_directory.resolve()
        run_as = choose_run_as()
        programs = find_postgresql(options.programs, major=cluster_version(directory))
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_reachable((programs, directory), run_as)
        lock = lock_directory(directory, purpose=PURPOSE)
        try:
            cluster = Cluster(directory, programs, run_as)
            passwords = prepare_cluster(cluster, durable=options.fsync)
            port, process = start_on_port(cluster, options, lock)
            return cls(port, passwords, process)
        finally:
            lock.release()

    @property
    def pid(self) -> int:
        """Give the process id of the server."""
        return self.process.pid

    @property
    def uri(self) -> str:
        """Give the address for Eventline's role, which owns the database and may create more."""
        return f"postgres://{ROLE}:{self.passwords.role}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def superuser_uri(self) -> str:
        """Give the address for the superuser, for administration."""
        return f"postgres://{SUPERUSER}:{self.passwords.superuser}@{LOOPBACK}:{self.port}/{DATABASE}"

    def stop(self, timeout: float = 20.0) -> None:
        """Shut down cleanly (connections are closed, everything is written); harder after `timeout` seconds."""
        end(self.process, ((signal.SIGINT, timeout), (signal.SIGQUIT, 5.0)))


def start_on_port(
    cluster: Cluster, options: PostgresqlOptions, lock: DirectoryLock
) -> tuple[int, subprocess.Popen[bytes]]:
    """Start on the wanted port, or on free ports until one is still free when the server gets there."""
    if options.port is not None:
        require_free(LOOPBACK, options.port, purpose=PURPOSE, remedy=PORT_REMEDY)
        return options.port, start_server(cluster, options, lock, options.port)
    for _ in range(PORT_ATTEMPTS):
        port = free_port()
        with suppress(PortInUse):
            return port, start_server(cluster, options, lock, port)
    raise PortInUse(f"{PORT_ATTEMPTS} free ports were taken while {PURPOSE} started; {PORT_REMEDY}")


def start_server(
    cluster: Cluster, options: PostgresqlOptions, lock: DirectoryLock, port: int
) -> subprocess.Popen[bytes]:
    """Start once on this port and wait until the server accepts connections."""
    major = cluster_version(cluster.directory) or 0
    settings = render_settings(options.tuning, port=port, fsync=options.fsync, major=major)
    (cluster.files / "eventline.conf").write_text(settings)
    process = spawn(
        Command(
            arguments=(str(cluster.programs / "postgres"), "-D", str(cluster.files)),
            environment=minimal_environment(home=cluster.directory),
            log_file=cluster.log_file,
            directory=cluster.directory,
            identity=cluster.run_as.identity,
            death_signal=signal.SIGINT,
            inherited=(lock.descriptor,),
        )
    )
    lock.name_holder(process.pid)
    wait_until_ready(process, cluster, timeout=options.start_timeout)
    return process


def wait_until_ready(process: subprocess.Popen[bytes], cluster: Cluster, *, timeout: float) -> None:
    """Return once the server says in its pid file that it is ready; raise what stopped it otherwise."""
    deadline = time.monotonic() + timeout
    while not says_ready(cluster.files / "postmaster.pid", process.pid):
        if process.poll() is not None:
            said = last_lines(cluster.log_file)
            error = PortInUse if "Address already in use" in said else ServerFailed
            raise error(f"PostgreSQL ended with status {process.returncode} while starting; its log says:\n{said}")
        if time.monotonic() > deadline:
            end(process, ((signal.SIGQUIT, 5.0),))
            raise ServerFailed(f"PostgreSQL was not ready after {timeout:g} s; see {cluster.log_file}")
        time.sleep(PAUSE)


def says_ready(pid_file: Path, pid: int) -> bool:
    """Tell whether the pid file is of this process and says `ready` (as pg_ctl does)."""
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > READY_LINE and lines[0].strip() == str(pid) and lines[READY_LINE].strip() == "ready"
