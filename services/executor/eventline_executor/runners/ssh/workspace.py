"""The directory of an execution on the other machine, and the keeper that watches over it (G-26, G-27)."""

import asyncio
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import asyncssh

from eventline_executor.runners.protocol import ExecutionToRun, RunnerError, RuntimeFile
from eventline_executor.runners.ssh.channel import Command, start_command
from eventline_executor.runners.ssh.scripts import command_line, keeper_script

_PRIVATE_DIRECTORY, _PROGRAM, _FILE = 0o700, 0o700, 0o600
# Everybody may have a directory of their own in the root, and nobody may touch those of others.
_SHARED_DIRECTORY = 0o1777
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_TRANSFERS = 16
_KEEPER_TIMEOUT = 60.0


class Workspace:
    """`<root>/<user>/<execution id>`, and beside it, with the suffix `.control`, what we need to run it."""

    def __init__(self, root: PurePosixPath, user: str, execution: ExecutionToRun) -> None:
        self._root = root
        self._home = root / user.replace("/", "%2F")
        self.directory = str(self._home / execution.id)
        self.control = f"{self.directory}.control"
        self._files = execution.files
        self._sftp: asyncssh.SFTPClient | None = None
        self._keeper: Command | None = None

    async def create(self, connection: asyncssh.SSHClientConnection) -> None:
        """Make the directory, in place of what an earlier attempt left, and start its keeper; raises RunnerError."""
        owner = secrets.token_hex(16)
        try:
            self._sftp = sftp = await connection.start_sftp_client()
            await self._make_places(sftp)
            keeper = keeper_script(self.directory, self.control, owner=owner)
            await self._write(sftp, f"{self.control}/owner", RuntimeFile(owner.encode()))
            await self._write(sftp, f"{self.control}/keeper", RuntimeFile(keeper.encode()))
            self._keeper = await start_command(connection, command_line(f"{self.control}/keeper"))
            await self._answer(self._keeper, b"ready\n")
            await self._copy(sftp, self._files)
        except (asyncssh.Error, OSError) as error:
            raise RunnerError(f"cannot copy files: {_reason(error)}") from error

    async def add_script(self, name: str, script: str) -> str:
        """Write a script of ours; return its path."""
        path = f"{self.control}/{name}"
        if self._sftp is None:
            raise RunnerError("the execution was not prepared")
        try:
            await self._write(self._sftp, path, RuntimeFile(script.encode()))
        except (asyncssh.Error, OSError) as error:
            raise RunnerError(f"cannot copy files: {_reason(error)}") from error
        return path

    async def signal(self, request: str) -> None:
        """Signal all processes of the execution: `term` or `kill`; returns when that was done."""
        if self._keeper is None or self._keeper.closed.is_set():
            return  # it ended all of them when it lost us
        self._keeper.send(f"{request}\n".encode())
        await self._answer(self._keeper, b"done\n")

    async def remove(self) -> None:
        """End all processes of the execution and remove the directory."""
        if self._keeper is None:
            if self._sftp is not None:
                await self._sftp.rmtree(self.control, ignore_errors=True)
            return
        if self._keeper.closed.is_set():
            raise RunnerError("connection lost: the keeper over there removes the directory by itself")
        self._keeper.send(b"clean\n")
        await self._answer(self._keeper, None)

    async def _make_places(self, sftp: asyncssh.SFTPClient) -> None:
        await _make(sftp, [*reversed(self._root.parents)], stat.S_IRWXU | 0o055)
        if not await sftp.isdir(str(self._root)):
            await _make(sftp, [self._root], _SHARED_DIRECTORY)
            await sftp.chmod(str(self._root), _SHARED_DIRECTORY)
        await _make(sftp, [self._home, PurePosixPath(self.control)], _PRIVATE_DIRECTORY)
        home, own = await sftp.lstat(str(self._home)), await sftp.lstat(self.control)
        permissions = home.permissions or 0
        if home.uid != own.uid or not stat.S_ISDIR(permissions) or permissions & _OTHERS_MAY_WRITE:
            raise RunnerError(f'cannot copy files: others may write to "{self._home}": remove it, or make it private')

    async def _copy(self, sftp: asyncssh.SFTPClient, files: Mapping[str, RuntimeFile]) -> None:
        below = PurePosixPath(self.directory)
        parents = {below / parent for path in files for parent in PurePosixPath(path).parents}
        await _make(sftp, sorted(parents - {below}), _PRIVATE_DIRECTORY)
        turns = asyncio.Semaphore(_TRANSFERS)

        async def write(path: str, file: RuntimeFile) -> None:
            async with turns:
                await self._write(sftp, f"{self.directory}/{path}", file)

        await asyncio.gather(*(write(path, file) for path, file in files.items()))

    async def _write(self, sftp: asyncssh.SFTPClient, path: str, file: RuntimeFile) -> None:
        mode = _PROGRAM if file.executable else _FILE
        async with sftp.open(path, "wb", asyncssh.SFTPAttrs(permissions=mode)) as remote:
            await remote.write(file.content)

    async def _answer(self, keeper: Command, wanted: bytes | None) -> None:
        """Wait until the keeper said something, or, for None, ended; what else it says is a complaint."""
        said = b""
        try:
            async with asyncio.timeout(_KEEPER_TIMEOUT):
                while (item := await keeper.next()) is not None:
                    if isinstance(item, tuple):
                        said += item[1]
                        if wanted is not None and said.endswith(wanted):
                            return
        except TimeoutError:
            said += f"no answer within {_KEEPER_TIMEOUT:g} s".encode()
        if wanted is not None or said:
            complaint = said.decode(errors="replace").strip() or "connection lost"
            raise RunnerError(f'cannot keep directory "{self.directory}": {complaint}')


async def _make(sftp: asyncssh.SFTPClient, directories: Sequence[PurePosixPath], mode: int) -> None:
    """Create directories, parents first; those that exist are left alone."""
    for directory in directories:
        try:
            await sftp.mkdir(str(directory), asyncssh.SFTPAttrs(permissions=mode))
        except asyncssh.SFTPError:
            if not await sftp.isdir(str(directory)):
                raise


def _reason(error: Exception) -> str:
    return (getattr(error, "reason", "") or str(error) or "connection lost").lower()
