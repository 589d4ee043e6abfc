"""The exec of a container over WebSocket: v4.channel.k8s.io and v5.channel.k8s.io."""

import asyncio
import json
from asyncio.subprocess import Process
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.contract.runners.kubernetes_server.kubelet import PodLife

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN, _STDOUT, _ERROR = 0, 1, 3
_PIECE = 32 * 1024


class ExecSession:
    """One exec: input is passed on as it comes, the status is sent when the output is complete."""

    def __init__(self, life: PodLife, socket: WebSocket, command: list[str]) -> None:
        self._life = life
        self._socket = socket
        self._command = command
        self.cut = asyncio.Event()

    async def run(self) -> None:
        assert self._life.sandbox is not None
        if self._life.refuses_execs:
            message = "failed to exec in container: exec format error"
            await self._end({"metadata": {}, "status": "Failure", "reason": "InternalError", "message": message})
            return
        process = await self._life.sandbox.execute(self._command)
        reading = asyncio.create_task(self._read(process))
        writing = asyncio.create_task(self._write(process))
        cut = asyncio.create_task(self.cut.wait())
        try:
            await asyncio.wait((reading, writing, cut), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, writing, cut):
                task.cancel()
            await asyncio.gather(reading, writing, cut, return_exceptions=True)
            _let_go(process)

    async def _write(self, process: Process) -> None:
        """Send everything that the program writes, then how it ended."""
        assert process.stdout is not None
        while data := await process.stdout.read(_PIECE):
            if self._life.lost:
                await asyncio.Future()
            await self._socket.send_bytes(bytes((_STDOUT,)) + data)
        status = await process.wait()
        if self._life.lost:
            await asyncio.Future()
        await self._end(_status(status))

    async def _end(self, status: dict[str, Any]) -> None:
        await self._socket.send_bytes(bytes((_ERROR,)) + json.dumps(status).encode())
        await self._socket.close(1000)

    async def _read(self, process: Process) -> None:
        """Pass on what the client sends; when it is gone, the program finds the end of its input."""
        assert process.stdin is not None
        while True:
            try:
                message = await self._socket.receive_bytes()
            except WebSocketDisconnect:
                process.stdin.close()
                return
            if message[:1] == bytes((_STDIN,)):
                try:
                    process.stdin.write(message[1:])
                    await process.stdin.drain()
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it does not read any more


def _let_go(process: Process) -> None:
    """Close our ends of the pipes; the program itself goes on."""
    transport = getattr(process, "_transport")  # noqa: B009 - there is no other way
    for number in (0, 1):
        pipe = transport.get_pipe_transport(number)
        if pipe is not None:
            pipe.close()


def _status(status: int) -> dict[str, Any]:
    if status == 0:
        return {"metadata": {}, "status": "Success"}
    number = status if status > 0 else 128 - status
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {number}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(number)}]},
    }
