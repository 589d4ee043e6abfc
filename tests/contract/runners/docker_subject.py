"""The docker runner under test, and the images that it is tested with; they are made here, from busybox."""

import io
import os
import shutil
import socket
import subprocess
import tarfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import docker
import pytest

from eventline_common.settings.runners import DockerRunnerSettings
from eventline_executor.runners.docker import DockerRunners
from eventline_executor.runners.docker.leftovers import EXECUTOR_LABEL
from eventline_executor.runners.protocol import ExecutionToRun, Runner, RunnerFactory, RunnerIdentity

URI = os.environ.get("EVENTLINE_TEST_DOCKER_URI", "unix:///var/run/docker.sock")
IMAGE = "eventline-test/busybox:1"


@dataclass
class WithParameters:
    """A factory whose executions have the parameters and the identity that a runner needs."""

    factory: RunnerFactory
    parameters: Mapping[str, Any]
    identity: RunnerIdentity | None = None

    async def recover(self) -> None:
        await self.factory.recover()

    def create(self, execution: ExecutionToRun) -> Runner:
        parameters = {**self.parameters, **execution.runner_parameters}
        identity = execution.runner_identity or self.identity
        return self.factory.create(replace(execution, runner_parameters=parameters, runner_identity=identity))

    async def close(self) -> None:
        await self.factory.close()


@cache
def daemon() -> docker.APIClient:
    """The Docker daemon of the tests; skips the test when there is none."""
    path = URI.removeprefix("unix://")
    try:
        with socket.socket(socket.AF_UNIX) as trying:
            # The library leaves its socket open when there is no daemon.
            trying.connect(path)
        client = docker.APIClient(base_url=URI, version="auto", timeout=60)
    except (OSError, docker.errors.DockerException) as error:
        pytest.skip(f"needs a Docker daemon at {URI}: apt install docker.io, or EVENTLINE_TEST_DOCKER_URI ({error})")
    client.close()
    client.headers["Connection"] = "close"
    return client


@cache
def busybox_image() -> str:
    """An image with a shell and the usual programs, the user and the variables of a usual image."""
    return import_image(IMAGE, _busybox_archive(), changes=('ENV FROM_IMAGE="of the image"',))


def import_image(name: str, archive: bytes, changes: Sequence[str] = ()) -> str:
    """Make an image that consists of the files of an archive."""
    client, (repository, _, tag) = daemon(), name.partition(":")
    if not client.images(name):
        client.import_image_from_data(archive, repository=repository, tag=tag, changes=list(changes))
    return name


def archive_of(files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> bytes:
    """An archive of executable files, symbolic links and a `/tmp`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        shared = tarfile.TarInfo("tmp")
        shared.type, shared.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(shared)
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
        for path, target in (links or {}).items():
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return buffer.getvalue()


def busybox() -> Path:
    found = shutil.which("busybox")
    if found is None:
        pytest.skip("needs a static busybox to make images of: apt install busybox-static")
    return Path(found)


def _busybox_archive() -> bytes:
    applets = subprocess.run([busybox(), "--list"], capture_output=True, text=True, check=True).stdout.split()
    accounts = b"root:x:0:0::/root:/bin/sh\nsomebody:x:1234:1234::/tmp:/bin/sh\n"
    links = {f"bin/{name}": "busybox" for name in applets if name != "busybox"}
    return archive_of({"bin/busybox": busybox().read_bytes(), "etc/passwd": accounts}, links)


def our_containers() -> list[str]:
    """The names of all containers that an executor made."""
    found = daemon().containers(all=True, filters={"label": EXECUTOR_LABEL})
    return [name for container in found for name in container["Names"]]


@asynccontextmanager
async def docker_runners(
    parameters: Mapping[str, Any] | None = None,
    settings: DockerRunnerSettings | None = None,
    *,
    kill_delay: float = 1.0,
) -> AsyncIterator[WithParameters]:
    """A running factory for executions with these parameters."""
    daemon()
    defaults = {"pull_policy": "never", "image": busybox_image()}
    runners = DockerRunners(settings or DockerRunnerSettings(uri=URI), kill_delay=kill_delay)
    factory = WithParameters(runners, {**defaults, **(parameters or {})})
    await factory.recover()
    try:
        yield factory
    finally:
        await factory.close()
