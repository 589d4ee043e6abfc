"""Gets the image of an execution, as its pull policy says."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from docker.errors import ImageNotFound
from requests import Response

from eventline_executor.runners.docker.engine import Engine, interrupt
from eventline_executor.runners.docker.host import DockerHost
from eventline_executor.runners.docker.images import PullProgress
from eventline_executor.runners.protocol import OutputSink, RunnerError, RunnerIdentity, RunnerStopped
from eventline_executor.runners.registries import Credentials, credentials_for, registry_of

_FAILURE = "cannot pull image"


class Pulling:
    """What people want to see of it is written to `progress`, if that is given, while it goes on."""

    def __init__(self, host: DockerHost, image: str, *, policy: str, identity: RunnerIdentity | None) -> None:
        self._host = host
        self._image = image
        self._policy = policy
        self._identity = identity
        self._response: Response | None = None
        self._pulling: asyncio.Future[None] | None = None
        self._interrupted = False
        self.progress: OutputSink | None = None

    async def run(self) -> dict[str, Any]:
        """Pull if the policy says so, and return what the daemon knows about the image."""
        credentials = credentials_for(self._image, self._identity)
        engine = await self._host.engine()
        if self._policy == "always":
            await self._pull(engine, credentials)
        found = await self._inspect()
        if found is None and self._policy == "missing":
            await self._pull(engine, credentials)
            found = await self._inspect()
        if found is None:
            hint = ", and its pull_policy is never" if self._policy == "never" else ""
            raise RunnerError(f'{_FAILURE}: there is no image "{self._image}" on the docker host{hint}')
        return found

    def interrupt(self) -> None:
        """End it, if it is under way: the daemon gives up a pull when nobody listens any more."""
        self._interrupted = True
        if self._response is not None:
            interrupt(self._response)
        if self._pulling is not None:
            self._pulling.cancel()

    async def _pull(self, engine: Engine, credentials: Credentials | None) -> None:
        if self._interrupted:
            raise RunnerStopped("stopped while pulling")
        news = _News(asyncio.get_running_loop(), self.progress, self._note() if credentials is None else b"")

        def pull() -> None:
            progress = PullProgress()
            self._response = engine.open_pull(self._image, credentials)
            if self._interrupted:
                interrupt(self._response)
            for message in engine.messages(self._response):
                news.tell(progress.add(message))

        self._pulling = asyncio.ensure_future(self._host.call_for_long(_FAILURE, pull))
        try:
            await asyncio.wait((self._pulling,))
            if self._pulling.cancelled():
                raise RunnerStopped("stopped while pulling")
            await news.end()
        finally:
            news.drop()
        self._pulling.result()

    async def _inspect(self) -> dict[str, Any] | None:
        look: Callable[[str], Mapping[str, Any]] = (await self._host.engine()).inspect_image

        def inspect() -> dict[str, Any] | None:
            try:
                return dict(look(self._image))
            except ImageNotFound:
                return None

        return await self._host.call(_FAILURE, inspect)

    def _note(self) -> bytes:
        if self._identity is None:
            return b""
        registry = registry_of(self._image)
        return f'identity "{self._identity.name}" does not belong to {registry}: pulled without credentials\n'.encode()


class _News:
    """Carries lines from the thread that pulls to the output; `first` goes before the first of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, output: OutputSink | None, first: bytes) -> None:
        self._loop = loop
        self._output = output
        self._first = first
        self._lines = asyncio.Queue[bytes | None]()
        self._writing = asyncio.ensure_future(self._write())

    def tell(self, lines: bytes) -> None:
        """Pass lines on, from any thread."""
        if lines:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, lines)

    async def end(self) -> None:
        """Wait until everything was written; raises what the output raises."""
        self._lines.put_nowait(None)
        await self._writing

    def drop(self) -> None:
        """Forget what was not written yet."""
        if not self._writing.cancel() and not self._writing.cancelled():
            self._writing.exception()  # told by `end`, if anybody wanted to know

    async def _write(self) -> None:
        while (lines := await self._lines.get()) is not None:
            if self._output is not None:
                await self._output.write(self._first + lines)
                self._first = b""
