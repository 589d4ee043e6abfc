"""Some services as processes of their own, on servers that run already: less than a platform, and sooner up."""

import base64
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from eventline_common.embedded.ports import free_port
from eventline_common.testing.servers import execute, with_database

_START = 60.0
_CONFIGURATION = """
encryption_key: "{key}"
api_http_server: {{address: "127.0.0.1:{port}"}}
monitoring: {{api: "", web: "", connectors: "", scheduler: "", executor: "", notifier: ""}}
pg: {{uri: "{pg}"}}
nats: {{uri: "{nats}", subject_prefix: "test{prefix}"}}
runners: {{local: {{root_directory: "{directory}/execution"}}}}
{more}
"""


@dataclass(frozen=True)
class Servers:
    """The servers that services need; the template is a migrated database that is copied."""

    pg_uri: str
    template: str
    nats_uri: str


@dataclass(frozen=True)
class Services:
    """What runs: the port of the API, and the configuration file, which names the database."""

    api_port: int
    configuration: Path


@contextmanager
def running_services(
    names: Sequence[str], servers: Servers, directory: Path, *, configuration: Sequence[str] = ()
) -> Iterator[Services]:
    """Run services, such as `api`, on a database of their own; `configuration` adds members to their file."""
    database, port = f"test_{secrets.token_hex(8)}", free_port()
    execute(servers.pg_uri, f'CREATE DATABASE "{database}" TEMPLATE "{servers.template}" STRATEGY file_copy')
    path = directory / "eventline.yaml"
    path.write_text(
        _CONFIGURATION.format(
            key=base64.b64encode(secrets.token_bytes(32)).decode(),
            port=port,
            pg=with_database(servers.pg_uri, database),
            nats=servers.nats_uri,
            prefix=secrets.token_hex(6),
            directory=directory,
            more="\n".join(configuration),
        )
    )
    with ExitStack() as stack:
        stack.callback(execute, servers.pg_uri, f'DROP DATABASE "{database}" WITH (FORCE)')
        for name in names:
            stack.enter_context(_running(name, path, directory / f"{name}.log"))
        yield Services(port, path)


@contextmanager
def _running(name: str, configuration: Path, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", f"eventline_{name}", "-c", str(configuration)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _START
        while b"service_started" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the service {name} did not start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        finally:
            process.kill()  # nothing to do when it ended
            process.wait()
