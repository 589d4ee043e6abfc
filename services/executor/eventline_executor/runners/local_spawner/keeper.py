"""A keeper: runs the programs of one execution at a time, and ends every process that descends from them."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from .descendants import descendants, signal_all
from .directories import DirectoryError, create_directory, remove_directory, take_over, write_files
from .fence import Fence, boot_time
from .kernel import watch_children
from .programs import CannotRun, start_program
from .wire import FrameReader, Kind, pack

_RECEIVE_SIZE = 64 * 1024
# Between two rounds of KILL, for processes that were born while the first was on its way.
_KILL_PAUSE = 0.01
# After this long of killing, what still lives cannot be killed: another user's, or stuck in the kernel.
_KILL_PATIENCE = 3.0


class Ending:
    """The end of all programs: TERM was sent, KILL follows at `kill_at`; `give_up_at` is the end of patience."""

    def __init__(self, delay: float, then: Callable[[str], None]) -> None:
        self.kill_at = time.monotonic() + delay
        self.give_up_at = self.kill_at + _KILL_PATIENCE
        self.then = then


class Keeper:
    """Serves one executor over a socket until that closes it."""

    def __init__(self, channel: socket.socket, woken: int, fence: Fence) -> None:
        self._channel = channel
        self._woken = woken
        self._fence = fence
        self._frames = FrameReader()
        self._directory = ""
        self._lock: int | None = None
        self._environment: dict[bytes, bytes] = {}
        self._prepared = False
        self._program: int | None = None
        self._status: int | None = None
        self._is_last = False
        self._answers: list[bytes] = []
        self._ending: Ending | None = None
        self._requests: dict[Kind, Callable[[Sequence[bytes]], None]] = {
            Kind.PREPARE: self._prepare,
            Kind.RUN: self._run,
            Kind.STOP: self._stop,
            Kind.CLEAN: self._clean,
        }

    def serve(self) -> None:
        """Carry out requests until the executor is gone; then kill and remove everything."""
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        try:
            while True:
                ready = [descriptor for descriptor, _ in poll.poll(self._pause())]
                if self._woken in ready:
                    os.read(self._woken, 4096)
                if self._channel.fileno() in ready and not self._receive():
                    break
                self._look_after_children()
                self._flush()
        except (BrokenPipeError, ConnectionResetError):
            pass
        self._abandon()

    def _pause(self) -> float | None:
        if self._ending is None:
            return None
        return max(0.0, self._ending.kill_at - time.monotonic()) * 1000 + 1

    def _receive(self) -> bool:
        received = self._channel.recv(_RECEIVE_SIZE)
        for kind, strings in self._frames.feed(received):
            self._requests[kind](strings)
        return bool(received)

    def _answer(self, kind: Kind, *strings: str) -> None:
        """Say it with everything else that there is to say, so that the executor is woken once."""
        self._answers.append(pack(kind, [string.encode(errors="surrogateescape") for string in strings]))

    def _flush(self) -> None:
        if self._answers:
            self._channel.sendall(self._said())

    def _said(self) -> bytes:
        said = b"".join(self._answers)
        self._answers.clear()
        return said

    def _prepare(self, strings: Sequence[bytes]) -> None:
        directory, count, *rest = strings
        variables = rest[: int(count)]
        self._directory = os.fsdecode(directory)
        self._environment = dict(_pairs(variables))
        self._prepared, failure = False, ""
        try:
            self._lock = create_directory(self._directory)
            os.chdir(self._lock)
            write_files(self._lock, _files(rest[int(count) :]))
            self._prepared = True
        except DirectoryError as error:
            failure = str(error)
        self._answer(Kind.PREPARED, str(os.getpid()), failure)

    def _run(self, strings: Sequence[bytes]) -> None:
        moment, is_last, program, *arguments = (os.fsdecode(string) for string in strings)
        self._is_last = is_last == "1"
        try:
            output = self._start(program, arguments, float(moment))
        except CannotRun as error:
            self._answer(Kind.STARTED, str(error))
            return
        self._answer(Kind.STARTED, "")
        try:
            socket.send_fds(self._channel, [self._said()], [output])
        finally:
            os.close(output)

    def _start(self, program: str, arguments: Sequence[str], moment: float) -> int:
        if not self._prepared:
            raise CannotRun("the execution directory could not be made")
        # A request may have been on its way for longer than the executor was silent.
        if self._fence.seconds_left() <= 0 or boot_time() >= moment:
            raise CannotRun("the executor was silent for too long")
        self._program, output = start_program(program, arguments, self._environment)
        return output

    def _stop(self, strings: Sequence[bytes]) -> None:
        self._end_programs(float(strings[0]), lambda failure: self._answer(Kind.STOPPED, failure))

    def _clean(self, strings: Sequence[bytes]) -> None:
        self._directory = os.fsdecode(strings[1])
        if self._lock is None:
            # Another keeper made it and was killed, or it was never ours: then somebody else holds the lock.
            self._lock = take_over(self._directory)
        self._end_programs(float(strings[0]), self._cleaned)

    def _cleaned(self, failure: str) -> None:
        left = self._try_to_leave_directory()
        self._answer(Kind.CLEANED, "; ".join(filter(None, (failure, left))))

    def _try_to_leave_directory(self) -> str:
        try:
            self._leave_directory()
        except DirectoryError as error:
            return str(error)
        return ""

    def _end_programs(self, delay: float, then: Callable[[str], None]) -> None:
        some_left = self._reap()
        self._tell_end(clean=False)
        if not some_left:
            then("")
            return
        self._ending = Ending(delay, then)
        running = descendants(os.getpid())
        signal_all(running, signal.SIGTERM)
        signal_all(running, signal.SIGCONT)

    def _look_after_children(self) -> None:
        some_left = self._reap()
        self._tell_end(clean=self._is_last and self._ending is None and not some_left)
        if self._ending is None:
            return
        if not some_left:
            self._ended("")
        elif time.monotonic() >= self._ending.kill_at:
            self._kill(self._ending)

    def _kill(self, ending: Ending) -> None:
        running = descendants(os.getpid())
        signal_all(running, signal.SIGKILL)
        ending.kill_at = time.monotonic() + _KILL_PAUSE
        if ending.kill_at > ending.give_up_at:
            self._ended(f"processes that cannot be killed: {', '.join(map(str, running))}")

    def _ended(self, failure: str) -> None:
        ending, self._ending = self._ending, None
        if ending is not None:
            ending.then(failure)

    def _reap(self) -> bool:
        """Collect the children that ended, the program among them; say whether any child is left."""
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self._program:
                    self._program = None
                    self._status = os.waitstatus_to_exitcode(ended[1])
        except ChildProcessError:
            return False
        return True

    def _tell_end(self, *, clean: bool) -> None:
        """Say how the program ended, if it did; after the last one, the directory can go before anybody asks for it."""
        status, self._status = self._status, None
        if status is not None:
            failure = self._try_to_leave_directory() if clean else ""
            self._answer(Kind.EXITED, str(status), "1" if clean else "", failure)

    def _leave_directory(self) -> None:
        lock, self._lock = self._lock, None
        self._environment = {}
        os.chdir("/")
        if lock is None:
            return
        try:
            remove_directory(self._directory)
        finally:
            os.close(lock)

    def _abandon(self) -> None:
        deadline = time.monotonic() + _KILL_PATIENCE
        self._program = None
        while self._reap() and time.monotonic() < deadline:
            signal_all(descendants(os.getpid()), signal.SIGKILL)
            select.select([self._woken], [], [], _KILL_PAUSE)
        self._try_to_leave_directory()  # what cannot be removed is tried again by the next start of an executor


def _pairs(variables: Iterable[bytes]) -> Iterable[tuple[bytes, bytes]]:
    for variable in variables:
        name, _, value = variable.partition(b"=")
        yield name, value


def _files(strings: Sequence[bytes]) -> Iterable[tuple[str, int, bytes]]:
    for path, mode, content in zip(strings[::3], strings[1::3], strings[2::3], strict=True):
        yield os.fsdecode(path), int(mode), content


def keep(channel: socket.socket, fence: Fence) -> NoReturn:
    """Be a keeper, in a process that was forked for it, and never return."""
    status = 1
    try:
        Keeper(channel, watch_children(), fence).serve()
        status = 0
    finally:
        os._exit(status)
