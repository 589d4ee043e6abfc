"""One command on the other machine: variables by requests, output without loss or hurry, and how it ended."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, cast

import asyncssh
from asyncssh.constants import EXTENDED_DATA_STDERR, MSG_CHANNEL_WINDOW_ADJUST
from asyncssh.packet import String, UInt32

from eventline_executor.runners.protocol import Exited, Killed, RunnerError, StepResult

_WINDOW, _PACKET = 256 * 1024, 32 * 1024
# How much waits here before no more is asked for.
_ENOUGH = 128 * 1024
_OPEN_TIMEOUT = 30.0


class RefusedVariable(RunnerError):
    """The server does not accept a variable; see `AcceptEnv` in the handbook, section 4.3."""

    def __init__(self, name: str) -> None:
        super().__init__(f'cannot set environment variable "{name}": ssh: setenv failed')


class Command(asyncssh.SSHClientSession[bytes]):
    """A running command. `next` gives its output, its end, and None when nothing more comes."""

    def __init__(self) -> None:
        self._items: deque[tuple[int | None, bytes] | StepResult | None] = deque()
        self._size = 0
        self._dropping = False
        self._more = asyncio.Event()
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._requests: _Requests | None = None
        self.closed = asyncio.Event()
        self.loss: Exception | None = None

    async def next(self) -> "tuple[bool, bytes] | StepResult | None":
        """Return the next item; output is (whether it is standard error, bytes)."""
        while not self._items:
            self._more.clear()
            await self._more.wait()
        item = self._items[0]
        if item is None:
            return None
        self._items.popleft()
        if not isinstance(item, tuple):
            return item
        kind, data = item
        self._size -= len(data)
        self._ask_for_more()
        return kind == EXTENDED_DATA_STDERR, data

    def send(self, data: bytes) -> None:
        """Write to its standard input."""
        if self._channel is not None and not self.closed.is_set():
            self._channel.write(data)

    def end_input(self) -> None:
        """Close its standard input."""
        if self._channel is not None and not self.closed.is_set():
            self._channel.write_eof()

    def close(self) -> None:
        """Close the channel; what was not read is lost."""
        if self._channel is not None and not self.closed.is_set():
            self._channel.abort()

    def drop(self) -> None:
        """Keep taking output, for background processes that would be killed otherwise, and forget it."""
        self._dropping = True
        self._size = 0
        self._ask_for_more()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        self._requests = _Requests(chan)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if not self._dropping:
            self._size += len(data)
            self._ask_for_more()
            self._add((datatype, data))

    def eof_received(self) -> bool:
        return True  # our side stays open

    def exit_status_received(self, status: int) -> None:
        self._add(Exited(status))

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: ARG002 - theirs
        self._add(Killed(signal.partition("@")[0]))

    def connection_lost(self, exc: Exception | None) -> None:
        self.loss = exc
        self.closed.set()
        self._add(None)

    def _ask_for_more(self) -> None:
        if self._requests is not None and not self.closed.is_set():
            self._requests.hurry = self._size < _ENOUGH

    def _add(self, item: "tuple[int | None, bytes] | StepResult | None") -> None:
        self._items.append(item)
        self._more.set()


class _Requests:
    """Corrects two habits of the library's channels.

    It sends variables without asking for replies: a refusal would stay unknown, and a program would run without them.
    Here nothing is executed when a variable was refused. And it grants the other side more to send than was taken,
    or loses what it holds back when the channel is closed. Here grants are only sent while we are in a `hurry`.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._replies: list[tuple[str, asyncio.Future[bool]]] = []
        self._granted = 0
        self._hurry = True
        self._send, self._make, self._packet = channel._send_request, channel._make_request, channel.send_packet  # noqa: SLF001 - see above
        channel._send_request, channel._make_request = self._send_request, self._make_request  # noqa: SLF001 - same
        channel.send_packet = self._send_packet

    @property
    def hurry(self) -> bool:
        """Whether the other side may send more."""
        return self._hurry

    @hurry.setter
    def hurry(self, hurry: bool) -> None:
        self._hurry = hurry
        if hurry and self._granted:
            granted, self._granted = self._granted, 0
            self._packet(MSG_CHANNEL_WINDOW_ADJUST, UInt32(granted))

    def _send_packet(self, kind: int, *args: bytes) -> None:
        if kind == MSG_CHANNEL_WINDOW_ADJUST and not self._hurry:
            self._granted += int.from_bytes(args[0], "big")
        else:
            self._packet(kind, *args)

    def _send_request(self, request: bytes, *args: bytes, want_reply: bool = False) -> None:
        if request == b"env":
            reply = asyncio.get_running_loop().create_future()
            self._channel._request_waiters.append(reply)  # noqa: SLF001 - same
            self._replies.append((_name(args[0]), reply))
            want_reply = True
        self._send(request, *args, want_reply=want_reply)

    async def _make_request(self, request: bytes, *args: bytes) -> bool | None:
        for name, reply in self._replies:
            if not await reply:
                self._channel.close()
                raise RefusedVariable(name)
        self._replies.clear()
        answer: bool | None = await self._make(request, *args)
        return answer


async def start_command(
    connection: asyncssh.SSHClientConnection, command: str, variables: Mapping[str, str] | None = None
) -> Command:
    """Execute a command line; raises RunnerError."""
    try:
        async with asyncio.timeout(_OPEN_TIMEOUT):
            given = [(name, value) for name, value in (variables or {}).items()]
            _, session = await connection.create_session(
                Command, command, env=given, encoding=None, window=_WINDOW, max_pktsize=_PACKET
            )
    except TimeoutError:
        raise RunnerError(f"the ssh server did not execute anything within {_OPEN_TIMEOUT:g} s") from None
    except (asyncssh.Error, OSError) as error:
        raise RunnerError(f"ssh: {str(error).lower() or 'connection lost'}") from error
    return cast("Command", session)


def _name(encoded: bytes) -> str:
    return encoded[len(String(b"")) :].decode()
