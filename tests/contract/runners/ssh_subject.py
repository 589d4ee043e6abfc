"""The ssh runner under test, and the OpenSSH server that it is tested with: our own, on a loopback port."""

import asyncio
import base64
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from eventline_common.settings.runners import HostKeyPolicy, SshRunnerSettings
from eventline_executor.runners.protocol import RunnerIdentity
from eventline_executor.runners.ssh import SshRunners
from eventline_executor.runners.ssh.connection import KEEP_ALIVE, Deadlines
from tests.contract.runners.docker_subject import WithParameters

ACCEPTED = "EVENTLINE EVENTLINE_* NUMBER"


@dataclass
class Server:
    """A running sshd, in its own folder; the current user may log in with `identity`."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def identity(self) -> RunnerIdentity:
        return key_identity(self.folder / "user")

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {"host": "127.0.0.1", "port": self.port, "user": getpass.getuser()}

    @property
    def host_key(self) -> str:
        return (self.folder / "host.pub").read_text().split()[1]

    @property
    def root(self) -> Path:
        return self.folder / "root"

    def leftovers(self) -> list[str]:
        home = self.root / getpass.getuser()
        return [path.name for path in home.iterdir()] if home.exists() else []

    def new_host_key(self) -> None:
        """Become another host: takes effect for new connections after `restart`."""
        make_key(self.folder / "host")


def key_identity(path: Path, **more: str) -> RunnerIdentity:
    return RunnerIdentity("my-key", "generic", "ssh_key", {"private_key": path.read_text(), **more})


def make_key(path: Path, *options: str, passphrase: str = "") -> None:
    for old in (path, path.with_name(f"{path.name}.pub")):
        old.unlink(missing_ok=True)
    program = shutil.which("ssh-keygen") or pytest.skip("needs ssh-keygen: apt install openssh-client")
    command = [program, "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path), *options]
    subprocess.run(command, check=True)


@contextmanager
def ssh_server(folder: Path, *settings: str) -> Iterator[Server]:
    """Run an sshd; `settings` are lines of its configuration that come first, and so win."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("needs an OpenSSH server: apt install openssh-server")
    folder.chmod(0o755)
    for name in ("host", "user"):
        if not (folder / name).exists():
            make_key(folder / name)
    port = _free_port()
    (folder / "authorized_keys").write_text((folder / "user.pub").read_text())
    (folder / "sshd_config").write_text("\n".join([*settings, *_configuration(folder, port)]) + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    process = subprocess.Popen([program, "-D", "-f", folder / "sshd_config", "-E", folder / "log"])
    try:
        _wait_for(port, folder / "log")
        yield Server(folder, port, process)
    finally:
        connections = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.terminate()
        process.wait()
        _wait_for_ends(connections)


def _configuration(folder: Path, port: int) -> list[str]:
    return [
        f"ListenAddress 127.0.0.1:{port}",
        f"HostKey {folder}/host",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        f"AcceptEnv {ACCEPTED}",
        "Subsystem sftp internal-sftp",
        "PermitRootLogin yes",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "MaxStartups 100",
        "PrintMotd no",
        # What the account does when it logs in is none of our business, and may take long.
        f"SetEnv HOME={folder}",
    ]


@asynccontextmanager
async def ssh_runners(
    server: Server,
    *,
    kill_delay: float = 1.0,
    policy: HostKeyPolicy = HostKeyPolicy.FIRST_USE,
    keep_alive: float = KEEP_ALIVE,
    **parameters: Any,
) -> AsyncIterator[WithParameters]:
    """A factory whose executions run on the server, as the current user."""
    settings = SshRunnerSettings(
        root_directory=PurePosixPath(server.root),
        host_keys=policy,
        known_hosts_file=str(server.folder / "state" / "known_hosts"),
    )
    runners = SshRunners(settings, kill_delay=kill_delay, deadlines=Deadlines(keep_alive=keep_alive))
    yield WithParameters(runners, {**server.parameters, **parameters}, server.identity)
    await runners.close()


def other_host_key(folder: Path) -> str:
    """The Base64 of a key that no server has."""
    make_key(folder / "other")
    key = (folder / "other.pub").read_text().split()[1]
    assert base64.b64decode(key)
    return key


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"sshd does not listen: {log.read_text() if log.exists() else 'no log'}")


def _wait_for_ends(pids: Sequence[str]) -> None:
    """Wait for processes that may still open the log in the folder, which is about to be removed."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.02)


async def gone(server: Server) -> None:
    """Wait until nothing is left on the server."""
    async with asyncio.timeout(10):
        while server.leftovers():
            await asyncio.sleep(0.05)


def temporary_folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder that accounts other than ours can reach, as sshd needs it."""
    return tempfile.TemporaryDirectory(prefix="eventline-ssh-")
