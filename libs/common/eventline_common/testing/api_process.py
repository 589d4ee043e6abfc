"""The API as a process of its own, on a database of its own, for tests that ask it over the network."""

import base64
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from eventline_common.embedded.ports import free_port
from eventline_common.settings import Settings, load_settings
from eventline_common.testing.servers import execute, with_database

_CONFIGURATION = """
encryption_key: "{key}"
api_http_server: {{address: "127.0.0.1:{port}"}}
monitoring: {{api: "", web: "", connectors: "", scheduler: "", executor: "", notifier: ""}}
pg: {{uri: "{pg}"}}
nats: {{uri: "{nats}", subject_prefix: "{prefix}"}}
{more}
"""


@dataclass(frozen=True)
class RunningApi:
    """An API that answers at `uri`; `settings` are those that it runs with."""

    uri: str
    settings: Settings


@contextmanager
def running_api(
    pg_server_uri: str, template_database: str, nats_uri: str, *, configuration: Sequence[str] = ()
) -> Iterator[RunningApi]:
    """Start the API on a fresh copy of a migrated database; `configuration` adds members to its file."""
    name = f"test_{secrets.token_hex(8)}"
    execute(pg_server_uri, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY file_copy')
    directory = Path(tempfile.mkdtemp(prefix="eventline-api-"))
    port = free_port()
    path = directory / "eventline.yaml"
    path.write_text(
        _CONFIGURATION.format(
            key=base64.b64encode(secrets.token_bytes(32)).decode(),
            port=port,
            pg=with_database(pg_server_uri, name),
            nats=nats_uri,
            prefix=f"test{secrets.token_hex(6)}",
            more="\n".join(configuration),
        )
    )
    try:
        with _process(path, directory / "log") as process:
            uri = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(process, uri, directory / "log")
            yield RunningApi(uri, load_settings(path, {}))
    finally:
        execute(pg_server_uri, f'DROP DATABASE "{name}" WITH (FORCE)')
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _process(configuration: Path, log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "eventline_api", "-c", str(configuration)], stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", uri: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{uri}/status").status_code == httpx.codes.NO_CONTENT:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"the API did not answer:\n{log.read_text(errors='replace')[-4000:]}")
