"""Which runners exist, their parameters, and the identities that they can use (handbook 4, contract job-spec, section 6)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eventline_common.domain.validation import DecodeError, Reader

# Checks the parameters of a job for a runner; what is wrong goes to the reader, unknown members raise DecodeError.
CheckParameters = Callable[[Reader], None]

HOST_KEY_ALGORITHMS = (
    "ssh-dss",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-ed25519",
)

_REGISTRY_IDENTITIES = ("dockerhub/password", "dockerhub/token", "github/oauth2", "github/token")
_CPUS = (0.1, 1024.0)
_MEGABYTES = (10, 10_000_000)

# The grammar of image references: [host[:port]/]path[:tag][@digest].
_IMAGE = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
_LABEL_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class RunnerKind:
    """A runner that jobs can name."""

    name: str
    check_parameters: CheckParameters
    identity_types: Sequence[str] = ()


def _check_local(reader: Reader) -> None:
    reader.only(())


def _check_image(reader: Reader) -> None:
    image = reader.filled("image")
    if image and not _IMAGE.fullmatch(image):
        reader.wrong("image", "invalid_value", f'"{image}" is not a reference of an image such as alpine:3.16')


def _check_docker(reader: Reader) -> None:
    reader.only(("image", "cpu_limit", "memory_limit"))
    _check_image(reader)
    reader.number("cpu_limit", least=_CPUS[0], most=_CPUS[1])
    reader.integer("memory_limit", least=_MEGABYTES[0], most=_MEGABYTES[1], zero=True)


def _check_ssh(reader: Reader) -> None:
    reader.only(("host", "port", "user", "host_key", "host_key_algorithm"))
    reader.filled("host")
    if reader.value.get("port") is not None:
        reader.integer("port", least=1, most=65_535)
    if reader.value.get("user") is not None:
        reader.filled("user")
    key, algorithm = reader.text("host_key"), reader.text("host_key_algorithm")
    if key:
        try:
            base64.b64decode(key, validate=True)
        except binascii.Error as error:
            raise DecodeError(f"/runner/parameters/host_key is not Base64: {error}") from error
        if not algorithm:
            reader.wrong("host_key", "invalid_value", "a host key needs its algorithm in host_key_algorithm")
    if algorithm:
        reader.choice("host_key_algorithm", HOST_KEY_ALGORITHMS)


def _check_kubernetes(reader: Reader) -> None:
    names = ("image", "namespace", "labels", "cpu_request", "cpu_limit", "memory_request", "memory_limit")
    reader.only(names)
    _check_image(reader)
    namespace = reader.text("namespace")
    if namespace and not _NAMESPACE.fullmatch(namespace):
        reader.wrong("namespace", "invalid_format", f'"{namespace}" is not the name of a Kubernetes namespace')
    for name, value in reader.text_members("labels").items():
        if not _LABEL_NAME.fullmatch(name) or not _LABEL_VALUE.fullmatch(value):
            reader.wrong("labels", "invalid_format", f'"{name}: {value}" is not a Kubernetes label')
    for name in ("cpu_request", "cpu_limit"):
        reader.number(name, least=_CPUS[0], most=_CPUS[1])
    for name in ("memory_request", "memory_limit"):
        reader.integer(name, least=_MEGABYTES[0], most=_MEGABYTES[1], zero=True)


_RUNNERS = (
    RunnerKind("docker", _check_docker, _REGISTRY_IDENTITIES),
    RunnerKind("kubernetes", _check_kubernetes, _REGISTRY_IDENTITIES),
    RunnerKind("local", _check_local),
    RunnerKind("ssh", _check_ssh, ("generic/password", "generic/ssh_key")),
)

RUNNERS: Mapping[str, RunnerKind] = {runner.name: runner for runner in _RUNNERS}
