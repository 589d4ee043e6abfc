"""Containers: a program in namespaces of its own, below the folder of an image (needs root and util-linux)."""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_DEVICES = ("null", "zero", "full", "random", "urandom")


class CannotStart(Exception):
    """The first program of a container cannot be executed."""


@dataclass
class Mount:
    source: Path
    target: str
    read_only: bool = False


@dataclass
class Sandbox:
    """A running container; `first` is its first process as this machine sees it."""

    unshare: Process
    user: int
    environment: Mapping[str, str]
    first: int = 0
    execs: set[Process] = field(default_factory=set)
    _waiting: set["asyncio.Task[int]"] = field(default_factory=set)

    @classmethod
    async def start(
        cls,
        folder: Path,
        root: Path,
        command: Sequence[str],
        *,
        user: int,
        environment: Mapping[str, str],
        mounts: Sequence[Mount],
    ) -> "Sandbox":
        """Run a program as the first of a container; raises CannotStart."""
        script = _script(folder / "root", root, mounts)
        process = await asyncio.create_subprocess_exec(
            *(_program("setpriv"), "--pdeathsig", "KILL"),
            *(_program("unshare"), "--mount", "--pid", "--fork", "--kill-child=KILL", "--propagation", "private"),
            *(
                "/bin/sh",
                "-c",
                script,
                "sh",
                _program("chroot"),
                f"--userspec={user}:{user}",
                "--groups=",
                str(folder / "root"),
            ),
            *command,
            stdin=DEVNULL,
            stderr=PIPE,
            stdout=DEVNULL,
            env=dict(environment),
        )
        found = cls(process, user, environment)
        await found._wait_for_first(command[0])
        return found

    async def execute(self, command: Sequence[str]) -> Process:
        """Run another program in it."""
        process = await asyncio.create_subprocess_exec(
            *(
                _program("nsenter"),
                "-t",
                str(self.first),
                "-m",
                "-p",
                "-r",
                "-w",
                "-S",
                str(self.user),
                "-G",
                str(self.user),
            ),
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=dict(self.environment),
        )
        self.execs.add(process)
        waiting = asyncio.create_task(process.wait())
        waiting.add_done_callback(lambda _: self.execs.discard(process))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        return process

    def send(self, number: int) -> None:
        """Send a signal to the first process; KILL ends all others with it."""
        try:
            os.kill(self.first, number)
        except ProcessLookupError:
            pass

    async def wait(self) -> int:
        """Return its exit status, 128 and the signal if one ended it."""
        await self.unshare.communicate()
        status = self.unshare.returncode or 0
        return status if status >= 0 else 128 - status

    async def _wait_for_first(self, program: str) -> None:
        children = Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children")
        while True:
            try:
                self.first = int(children.read_text().split()[0])
                if Path(f"/proc/{self.first}/exe").readlink().name == program.rpartition("/")[2]:
                    return
            except (OSError, IndexError):
                pass
            if self.unshare.returncode is not None:
                break
            await asyncio.sleep(0.005)
        _, said = await self.unshare.communicate()
        # It may have begun and ended between two looks: then nobody complained.
        if b"failed to run command" in said or b"mount:" in said:
            raise CannotStart(said.decode(errors="replace").strip())


def _program(name: str) -> str:
    """Return where a program of this machine is: `PATH` is that of the container."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or name


def _script(place: Path, root: Path, mounts: Sequence[Mount]) -> str:
    """Return the commands that put a root file system together, in a mount namespace of its own."""
    lines = [
        "set -e",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        f"mkdir -p {place}",
        f"mount --bind -o ro {root} {place}",
        f"mount -t tmpfs -o mode=1777 tmpfs {place}/tmp",
        f"mount -t proc proc {place}/proc",
        *(f"mount --bind /dev/{name} {place}/dev/{name}" for name in _DEVICES),
    ]
    for mount in mounts:
        lines += [f"mkdir -p {place}{mount.target}", f"mount --bind {mount.source} {place}{mount.target}"]
        if mount.read_only:
            lines.append(f"mount -o remount,bind,ro {place}{mount.target}")
    # Files of the kernel that containers see, and tests write to.
    lines += [f"if [ -d {place}/sys ]; then mount --bind {place.parent}/sys {place}/sys; fi", 'exec "$@"']
    return "\n".join(lines)


TERM, KILL = signal.SIGTERM, signal.SIGKILL
