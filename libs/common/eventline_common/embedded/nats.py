"""A NATS server of our own with JetStream below a directory, started, stopped, and startable again."""

import json
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from eventline_common.embedded.binaries import find_nats
from eventline_common.embedded.child import Command, end, last_lines, minimal_environment, spawn
from eventline_common.embedded.directory_lock import DirectoryLock, lock_directory
from eventline_common.embedded.errors import PortInUse, ServerFailed
from eventline_common.embedded.ports import LOOPBACK, require_free
from eventline_common.embedded.postgresql_cluster import write_private
from eventline_common.embedded.unprivileged import RunAs, choose_run_as, give_directory, require_reachable

USER = "eventline"
PURPOSE = "the embedded NATS"
PORT_REMEDY = "choose another one with --nats-port"
PAUSE = 0.005
MIB = 1024 * 1024

CONFIGURATION = """\
# Written at each start.
server_name: eventline
listen: "{host}:{port}"
ports_file_dir: {ports}
max_payload: 1MB
authorization {{ user: {user}, password: {password} }}
jetstream {{
  store_dir: {store}
  max_file_store: {max_file}
  max_memory_store: {max_memory}
{sync}}}
"""


@dataclass(frozen=True)
class NatsOptions:
    """Where the server lives and how it runs.

    `data_directory` holds everything of it: `jetstream`, `password`, `server.log`. `port` None = a free one.
    `sync_always` writes each message to the disk before it is acknowledged, at four times the latency.
    """

    data_directory: Path
    port: int | None = None
    sync_always: bool = False
    max_file_store: int = 1024 * MIB
    max_memory_store: int = 256 * MIB
    program: Path | None = None
    start_timeout: float = 30.0


@dataclass(frozen=True)
class EmbeddedNats:
    """A running server. It ends when the thread that started it ends, at the latest."""

    port: int
    password: str = field(repr=False)
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, options: NatsOptions) -> "EmbeddedNats":
        """Start the server and return once it accepts connections.

        Raises EmbeddedServerError (not installed, directory taken, port in use, failed) with a sentence.
        """
        directory = options.data_directory.resolve()
        run_as = choose_run_as()
        program = find_nats(options.program)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_reachable((program, directory), run_as)
        lock = lock_directory(directory, purpose=PURPOSE)
        try:
            if options.port is not None:
                require_free(LOOPBACK, options.port, purpose=PURPOSE, remedy=PORT_REMEDY)
            password = password_of(directory)
            write_configuration(options, directory, password)
            give_directory(directory, run_as)
            process = start_server(directory, program, run_as, lock)
            lock.name_holder(process.pid)
        finally:
            lock.release()
        port = wait_until_ready(process, directory, timeout=options.start_timeout)
        return cls(port, password, process)

    @property
    def pid(self) -> int:
        """Give the process id of the server."""
        return self.process.pid

    @property
    def uri(self) -> str:
        """Give the address with user and password."""
        return f"nats://{USER}:{self.password}@{LOOPBACK}:{self.port}"

    def stop(self, timeout: float = 10.0) -> None:
        """Shut down cleanly; harder after `timeout` seconds."""
        end(self.process, ((signal.SIGTERM, timeout),))


def password_of(directory: Path) -> str:
    """Give the password of the server in this directory, made on first use."""
    path = directory / "password"
    if not path.exists():
        write_private(
            path, "n" + secrets.token_hex(20)
        )  # a letter first: the configuration reads 0x… and 1e… as numbers
    return path.read_text().strip()


def write_configuration(options: NatsOptions, directory: Path, password: str) -> None:
    """Write the server's configuration and remove what an earlier one said about its ports."""
    ports = directory / "ports"
    ports.mkdir(mode=0o700, exist_ok=True)
    for old in ports.iterdir():
        old.unlink()
    text = CONFIGURATION.format(
        host=LOOPBACK,
        port=-1 if options.port is None else options.port,
        ports=json.dumps(str(ports)),
        user=USER,
        password=password,
        store=json.dumps(str(directory)),
        max_file=options.max_file_store,
        max_memory=options.max_memory_store,
        sync="  sync_interval: always\n" if options.sync_always else "",
    )
    write_private(directory / "nats.conf", text)


def start_server(directory: Path, program: Path, run_as: RunAs, lock: DirectoryLock) -> subprocess.Popen[bytes]:
    """Start the program; it holds the lock until it has ended."""
    return spawn(
        Command(
            arguments=(str(program), "--config", str(directory / "nats.conf")),
            environment={**minimal_environment(home=directory), "GOMEMLIMIT": "192MiB"},
            log_file=directory / "server.log",
            directory=directory,
            identity=run_as.identity,
            death_signal=signal.SIGTERM,
            inherited=(lock.descriptor,),
        )
    )


def wait_until_ready(process: subprocess.Popen[bytes], directory: Path, *, timeout: float) -> int:
    """Return the port once the server has written its ports file; raise what stopped it otherwise."""
    deadline = time.monotonic() + timeout
    while (port := written_port(directory / "ports")) is None:
        if process.poll() is not None:
            said = last_lines(directory / "server.log")
            error = PortInUse if "address already in use" in said else ServerFailed
            raise error(f"nats-server ended with status {process.returncode} while starting; its log says:\n{said}")
        if time.monotonic() > deadline:
            end(process, ((signal.SIGTERM, 2.0),))
            raise ServerFailed(f"nats-server was not ready after {timeout:g} s; see {directory / 'server.log'}")
        time.sleep(PAUSE)
    return port


def written_port(ports: Path) -> int | None:
    """Read the port for clients from the ports file, None until it is completely written."""
    for path in ports.glob("*.ports"):
        with suppress(ValueError, LookupError):
            addresses = json.loads(path.read_text())["nats"]
            return int(addresses[0].rpartition(":")[2])
    return None
