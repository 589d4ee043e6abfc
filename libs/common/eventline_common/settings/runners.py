"""Settings of the runners (handbook 4)."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import urlsplit

from eventline_common.catalog.kubernetes_names import is_namespace
from eventline_common.catalog.runners import ARCHITECTURES
from eventline_common.settings.block import Block

# The runners that executors can serve, and those that need no settings: a cluster is only used when somebody says so.
RUNNER_NAMES = ("local", "docker", "ssh", "kubernetes")
DEFAULT_RUNNERS = ("local", "docker", "ssh")
ROOT_DIRECTORY = "/tmp/eventline/execution"  # noqa: S108 - the default that the handbook promises
KNOWN_HOSTS_FILE = "~/.local/state/eventline/known_hosts"

# What Docker accepts as the name of a volume.
_VOLUME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", re.ASCII)

_Path = TypeVar("_Path", Path, PurePosixPath)


@dataclass(frozen=True, slots=True)
class LocalRunnerSettings:
    """Settings `runners.local`; `user` is who runs the programs, empty for the executor's own user."""

    root_directory: Path = Path(ROOT_DIRECTORY)
    user: str = ""


@dataclass(frozen=True, slots=True)
class MountPoint:
    """An element of `runners.docker.mount_points`."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class DockerRunnerSettings:
    """Settings `runners.docker`; empty strings leave the choice to Docker."""

    uri: str = ""
    ca_certificate_path: str = ""
    certificate_path: str = ""
    private_key_path: str = ""
    mount_points: tuple[MountPoint, ...] = ()


class HostKeyPolicy(StrEnum):
    """Which hosts the ssh runner trusts when a job pins no host key: those that it met before, or none."""

    FIRST_USE = "first_use"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class SshRunnerSettings:
    """Settings `runners.ssh`; the directory is on the other machine, the file of known hosts on the executor's."""

    root_directory: PurePosixPath = field(default=PurePosixPath(ROOT_DIRECTORY))
    host_keys: HostKeyPolicy = HostKeyPolicy.FIRST_USE
    known_hosts_file: str = KNOWN_HOSTS_FILE


@dataclass(frozen=True, slots=True)
class KubernetesRunnerSettings:
    """Settings `runners.kubernetes`; without a path, `KUBECONFIG`, `~/.kube/config` and our own cluster are tried.

    `start_timeout` is how many seconds a pod may take to start, `architecture` the kind of nodes that pods run on,
    empty for that of the executor's own machine.
    """

    config_path: str = ""
    namespace: str = "default"
    start_timeout: float = 600.0
    architecture: str = ""


@dataclass(frozen=True, slots=True)
class RunnersSettings:
    """Settings `runners`."""

    local: LocalRunnerSettings = field(default_factory=LocalRunnerSettings)
    docker: DockerRunnerSettings = field(default_factory=DockerRunnerSettings)
    ssh: SshRunnerSettings = field(default_factory=SshRunnerSettings)
    kubernetes: KubernetesRunnerSettings = field(default_factory=KubernetesRunnerSettings)


def read_allowed_runners(block: Block) -> tuple[str, ...]:
    """Read `allowed_runners` of the whole document; without it, a runner is allowed that its settings tell of."""
    named = block.choices("allowed_runners", RUNNER_NAMES)
    configured = block.block("runners").has("kubernetes")
    return named if block.has("allowed_runners") or configured else DEFAULT_RUNNERS


def read_runners(block: Block) -> RunnersSettings:
    """Read `runners`."""
    local, kubernetes = block.block("local"), block.block("kubernetes")
    return RunnersSettings(
        local=LocalRunnerSettings(root_directory=_directory(local, Path(ROOT_DIRECTORY)), user=local.text("user")),
        docker=_read_docker(block.block("docker")),
        ssh=_read_ssh(block.block("ssh")),
        kubernetes=_read_kubernetes(kubernetes),
    )


def _read_docker(block: Block) -> DockerRunnerSettings:
    settings = DockerRunnerSettings(
        uri=block.uri("uri", "", schemes=("unix", "tcp"), needs_host=False),
        ca_certificate_path=block.text("ca_certificate_path"),
        certificate_path=block.text("certificate_path"),
        private_key_path=block.text("private_key_path"),
        mount_points=tuple(_read_mount_point(point) for point in block.blocks("mount_points")),
    )
    _check_endpoint(block, settings.uri)
    if bool(settings.certificate_path) != bool(settings.private_key_path):
        missing = "private_key_path" if settings.certificate_path else "certificate_path"
        block.wrong(missing, "is missing: a certificate and its private key go together")
    return settings


def _check_endpoint(block: Block, uri: str) -> None:
    if uri.startswith("tcp:") and not urlsplit(uri).hostname:
        block.wrong("uri", "must name a host, such as tcp://docker.example.com:2376")
    if uri.startswith("unix:") and not urlsplit(uri).path.strip("/"):
        block.wrong("uri", "must name a socket, such as unix:///var/run/docker.sock")


def _read_ssh(block: Block) -> SshRunnerSettings:
    settings = SshRunnerSettings(
        root_directory=_directory(block, PurePosixPath(ROOT_DIRECTORY)),
        host_keys=HostKeyPolicy(block.choice("host_keys", HostKeyPolicy.FIRST_USE, tuple(HostKeyPolicy))),
        known_hosts_file=block.filled("known_hosts_file", KNOWN_HOSTS_FILE),
    )
    if not settings.known_hosts_file.startswith(("/", "~/")):
        block.wrong("known_hosts_file", f'must be an absolute path, not "{settings.known_hosts_file}"')
    return settings


def _read_kubernetes(block: Block) -> KubernetesRunnerSettings:
    default = KubernetesRunnerSettings()
    settings = KubernetesRunnerSettings(
        config_path=block.text("config_path"),
        namespace=block.filled("namespace", default.namespace),
        start_timeout=block.number("start_timeout", default.start_timeout, least=1),
        architecture=block.choice("architecture", "", ARCHITECTURES) if block.text("architecture") else "",
    )
    if not is_namespace(settings.namespace):
        block.wrong("namespace", f'must be the name of a Kubernetes namespace, not "{settings.namespace}"')
    return settings


def _read_mount_point(block: Block) -> MountPoint:
    point = MountPoint(block.required("source"), block.required("target"), block.boolean("read_only", False))
    if point.target and not point.target.startswith("/"):
        block.wrong("target", f'must be an absolute path, not "{point.target}"')
    if point.source and not point.source.startswith("/") and not _VOLUME.fullmatch(point.source):
        block.wrong("source", f'must be an absolute path or the name of a volume, not "{point.source}"')
    return point


def _directory(block: Block, default: _Path) -> _Path:
    text = block.filled("root_directory", str(default))
    if not text.startswith("/"):
        block.wrong("root_directory", f'must be an absolute path, not "{text}"')
    return type(default)(text)
