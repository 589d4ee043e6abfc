"""Where whole jobs run in the contract tests: the settings, parameters and identity of each runner."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from eventline_common.settings import Settings
from eventline_common.settings.runners import (
    DockerRunnerSettings,
    KubernetesRunnerSettings,
    SshRunnerSettings,
)
from eventline_executor.runners.protocol import RunnerIdentity
from tests.contract.runners.docker_subject import URI, busybox_image, our_containers
from tests.contract.runners.kubernetes_subject import CLUSTER_IMAGE, IMAGE, leftovers, new_namespace, server
from tests.contract.runners.ssh_subject import ssh_server, temporary_folder


@dataclass(frozen=True)
class Place:
    """One runner as a job names it, and an executor that serves it."""

    settings: Settings
    name: str
    leftovers: Callable[[], Awaitable[list[str]]]
    parameters: Mapping[str, Any]
    identity: RunnerIdentity | None = None


def _settings(settings: Settings, name: str, **runner: Any) -> Settings:
    executor = replace(settings.executor, runners=(name,), kill_delay=1.0)
    runners = replace(settings.runners, **runner) if runner else settings.runners
    return replace(settings, executor=executor, runners=runners, allowed_runners=(name,))


@asynccontextmanager
async def local_place(settings: Settings) -> AsyncIterator[Place]:
    async def left() -> list[str]:
        return [path.name for path in settings.runners.local.root_directory.iterdir()]

    yield Place(_settings(settings, "local"), "local", left, {})


@asynccontextmanager
async def docker_place(settings: Settings) -> AsyncIterator[Place]:
    async def left() -> list[str]:
        return our_containers()

    parameters = {"image": busybox_image(), "pull_policy": "never"}
    yield Place(_settings(settings, "docker", docker=DockerRunnerSettings(uri=URI)), "docker", left, parameters)


@asynccontextmanager
async def ssh_place(settings: Settings) -> AsyncIterator[Place]:
    with temporary_folder() as folder, ssh_server(Path(folder)) as host:

        async def left() -> list[str]:
            return host.leftovers()

        ssh = SshRunnerSettings(
            root_directory=PurePosixPath(host.root), known_hosts_file=str(Path(folder) / "known_hosts")
        )
        parameters = {**host.parameters, "environment": "inline"}
        yield Place(_settings(settings, "ssh", ssh=ssh), "ssh", left, parameters, host.identity)


@asynccontextmanager
async def kubernetes_place(settings: Settings) -> AsyncIterator[Place]:
    namespace = new_namespace()

    async def left() -> list[str]:
        return await leftovers(namespace)

    config_path = "" if CLUSTER_IMAGE else server().config_path
    kubernetes = KubernetesRunnerSettings(config_path=config_path, namespace=namespace, start_timeout=60.0)
    parameters = {"image": IMAGE, "pull_policy": "missing"}
    yield Place(_settings(settings, "kubernetes", kubernetes=kubernetes), "kubernetes", left, parameters)


PLACES: Mapping[str, Callable[[Settings], AbstractAsyncContextManager[Place]]] = {
    "docker": docker_place,
    "kubernetes": kubernetes_place,
    "local": local_place,
    "ssh": ssh_place,
}
