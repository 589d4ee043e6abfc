"""The executor's side of the local spawner: starts it, asks it for keepers, talks to them (see `local_spawner`)."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventline_executor.runners.local_spawner.fence import Fence
from eventline_executor.runners.local_spawner.wire import Frame, FrameReader, Kind, pack, receive
from eventline_executor.runners.pipe_output import PipeOutput
from eventline_executor.runners.protocol import RunnerError, RuntimeFile

_RECEIVE_SIZE = 4096
# How much longer than promised a keeper may take before it counts as frozen; it gives up after three seconds itself.
_PATIENCE = 4.0
# How long the spawner waits for its keepers at the end, and a little more.
_FAREWELL = 12.0
_START = "import sys; sys.path.insert(0, sys.argv[1]); from local_spawner.spawner import main; main(sys.argv[2:])"
_FILE_MODE = 0o600
_PROGRAM_MODE = 0o700


class KeeperLost(RunnerError):
    """The keeper is gone: something killed it, and with it everything that it watched over."""

    def __init__(self) -> None:
        super().__init__("the process that watches over the programs was killed")


@dataclass(frozen=True, slots=True)
class Program:
    """What a keeper runs; once the last one has ended and nothing else runs, the keeper removes the directory."""

    name: str
    arguments: Sequence[str]
    is_last: bool = False


class Keeper:
    """A keeper at work for one execution. Requests are awaited one by one, except `stop`, which may come any time."""

    def __init__(self, channel: socket.socket, fence: Fence) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._fence = fence
        self._loop = asyncio.get_running_loop()
        self._frames = FrameReader()
        self._answers: dict[Kind, asyncio.Future[Sequence[bytes]]] = {}
        self._descriptors: list[int] = []
        self._sending = asyncio.Lock()
        self._starting: asyncio.Future[Sequence[bytes]] | None = None
        self._removal: bytes | None = None
        self._pid: int | None = None
        self.lost = False
        # Whether the first program may have been started by the last `prepare`.
        self.may_run = False
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(channel, self._receive)

    @property
    def reusable(self) -> bool:
        """Whether it can serve another execution: alive, and nothing of the last one is on its way."""
        return not (self.lost or self._descriptors or self._answers)

    async def prepare(
        self,
        directory: str,
        environment: Mapping[str, str],
        files: Mapping[str, RuntimeFile],
        first: Program | None = None,
    ) -> None:
        """Create the directory and its files; every program gets exactly this environment.

        The first program is started in the same breath, if it is known: `start` takes it over. A keeper that was never
        heard of is not asked to: should it turn out that there is none, nobody could tell that from one that was
        killed after it had started the program.
        """
        self._starting, self._removal, self.may_run = None, None, False
        variables = [os.fsencode(f"{name}={value}") for name, value in environment.items()]
        strings = [os.fsencode(directory), str(len(variables)).encode(), *variables, *_files(files)]
        prepared = self._expect(Kind.PREPARED)
        if first is None or self._pid is None:
            await self._send(pack(Kind.PREPARE, strings))
        else:
            self._starting = self._expect_start()
            self.may_run = await self._send(pack(Kind.PREPARE, strings) + self._run(first))
        pid, failure = await prepared
        self._pid = int(pid)
        _raise(failure)

    async def start(self, program: Program) -> PipeOutput:
        """Start a program; `ended` will be what waitpid(2) says about it, negative for a signal."""
        starting, self._starting = self._starting, None
        if starting is None:
            starting = self._expect_start()
            await self._send(self._run(program))
        (failure,) = await starting
        _raise(failure)
        return PipeOutput(self._descriptors.pop(0))

    async def stop(self, delay: float) -> None:
        """End all programs: TERM, and KILL after `delay` seconds. A keeper that does not answer in time is killed."""
        await self._end(Kind.STOP, [str(delay).encode()], Kind.STOPPED, delay)

    async def clean(self, delay: float, directory: str) -> None:
        """End all programs and remove the directory, unless that went with the end of the last program."""
        if self._removal is None:
            await self._end(Kind.CLEAN, [str(delay).encode(), os.fsencode(directory)], Kind.CLEANED, delay)
        _raise(self._removal or b"")

    def close(self) -> None:
        """Let the keeper go; it kills what it still has."""
        self._lose()

    async def _end(self, request: Kind, strings: Sequence[bytes], answer: Kind, delay: float) -> None:
        self._signal(signal.SIGCONT)  # a job of the same user may have frozen it
        try:
            async with asyncio.timeout(delay + _PATIENCE):
                answered = self._expect(answer)
                await self._send(pack(request, strings))
                (failure,) = await answered
        except TimeoutError:
            # Its death hands everything that it watched over to the spawner, which kills it.
            self._signal(signal.SIGKILL)
            self._lose()
            raise KeeperLost from None
        _raise(failure)

    def _expect(self, answer: Kind) -> "asyncio.Future[Sequence[bytes]]":
        if self.lost:
            raise KeeperLost
        future: asyncio.Future[Sequence[bytes]] = self._loop.create_future()
        self._answers[answer] = future
        return future

    def _expect_start(self) -> "asyncio.Future[Sequence[bytes]]":
        started = self._expect(Kind.STARTED)
        self.ended = self._loop.create_future()
        return started

    def _run(self, program: Program) -> bytes:
        moment, strings = repr(self._fence.moment).encode(), (program.name, *program.arguments)
        return pack(Kind.RUN, [moment, b"1" if program.is_last else b"", *map(os.fsencode, strings)])

    async def _send(self, frames: bytes) -> bool:
        """Say whether all of it left; the answers tell whether it was heard."""
        try:
            async with self._sending:
                await self._loop.sock_sendall(self._channel, frames)
        except OSError:
            self._lose()
            return False
        return True

    def _receive(self) -> None:
        try:
            received, descriptors = receive(self._channel, _RECEIVE_SIZE)
        except BlockingIOError:
            return
        except OSError:
            received, descriptors = b"", []
        self._descriptors += descriptors
        for frame in self._frames.feed(received):
            self._take(frame)
        if not received:
            self._lose()

    def _take(self, frame: Frame) -> None:
        kind, strings = frame
        if kind is Kind.EXITED:
            if not self.ended.done():
                status, removed, failure = strings
                self._removal = failure if removed else None
                self.ended.set_result(int(status))
            return
        answer = self._answers.pop(kind, None)
        if answer is not None and not answer.done():
            answer.set_result(strings)

    def _signal(self, number: signal.Signals) -> None:
        # As long as the socket is open the keeper lives, and its pid cannot mean another process; unless it was just
        # killed, and the end of the socket is still on its way.
        if self._pid is not None and not self.lost:
            try:
                os.kill(self._pid, number)
            except ProcessLookupError:
                self._lose()

    def _lose(self) -> None:
        if self.lost:
            return
        self.lost = True
        self._loop.remove_reader(self._channel)
        self._channel.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        _fail(self.ended)
        for answer in self._answers.values():
            _fail(answer)


class Keepers:
    """The spawner and its idle keepers; `user` is whose programs they start, empty for the executor's own user."""

    def __init__(self, *, user: str = "", most_idle: int) -> None:
        self._user = user
        self._most_idle = most_idle
        self._idle: list[Keeper] = []
        self._spawner: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._fence = Fence.create()

    def fence(self, moment: float) -> None:
        """Let the spawner kill all programs at a moment of the boot time, unless it is moved on before."""
        self._fence.move(moment)

    def take(self) -> Keeper:
        """Return a keeper for one execution."""
        while self._idle:
            keeper = self._idle.pop()
            if keeper.reusable:
                return keeper
        return self.fork()

    def fork(self) -> Keeper:
        """Return a new keeper: when one was killed, idle ones may have been killed with it."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._send(theirs)
            except OSError as error:
                ours.close()
                raise RunnerError(f"cannot start the local spawner: {error}") from error
        return Keeper(ours, self._fence)

    def give_back(self, keeper: Keeper) -> None:
        """Take back a keeper that has cleaned up."""
        if keeper.reusable and len(self._idle) < self._most_idle and self._control is not None:
            self._idle.append(keeper)
        else:
            keeper.close()

    async def close(self) -> None:
        """End the keepers and the spawner, and wait until they are gone."""
        for keeper in self._idle:
            keeper.close()
        self._idle.clear()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._spawner is not None:
            await asyncio.to_thread(_wait, self._spawner)
            self._spawner = None

    def start(self) -> socket.socket:
        """Start the spawner, unless it runs; return the socket to it."""
        if self._control is not None:
            return self._control
        control, theirs = socket.socketpair()
        with theirs:
            self._spawner = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", "-c", _START),
                    *(str(Path(__file__).parent), str(theirs.fileno()), str(self._fence.descriptor), self._user),
                ],
                pass_fds=[theirs.fileno(), self._fence.descriptor],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": ":".join(os.get_exec_path())},
                start_new_session=True,
            )
        self._control = control
        return control

    def _send(self, channel: socket.socket) -> None:
        try:
            socket.send_fds(self.start(), [b"k"], [channel.fileno()])
        except OSError:
            self._forget_spawner()  # something killed it: start another
            socket.send_fds(self.start(), [b"k"], [channel.fileno()])

    def _forget_spawner(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._spawner is not None:
            self._spawner.kill()
            self._spawner.wait()
            self._spawner = None


def _wait(spawner: "subprocess.Popen[bytes]") -> None:
    try:
        spawner.wait(_FAREWELL)
    except subprocess.TimeoutExpired:
        spawner.kill()
        spawner.wait()


def _fail(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_exception(KeeperLost())
        future.exception()  # nobody may be waiting


def _files(files: Mapping[str, RuntimeFile]) -> Iterable[bytes]:
    for path, file in files.items():
        yield os.fsencode(path)
        yield str(_PROGRAM_MODE if file.executable else _FILE_MODE).encode()
        yield file.content


def _raise(failure: bytes) -> None:
    if failure:
        raise RunnerError(os.fsdecode(failure))
