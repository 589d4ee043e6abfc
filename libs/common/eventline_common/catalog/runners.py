"""Which runners exist, their parameters, and the identities of use to them (handbook 4, contract job-spec, 6)."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eventline_common.catalog.kubernetes_names import is_label_key, is_label_value, is_namespace
from eventline_common.domain import json_pointer
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

# When an image is pulled: before each execution, only if it is not there yet, or never.
PULL_POLICIES = ("always", "missing", "never")
# How variables reach a program through ssh: by requests that the server must accept, or in the command line.
SSH_ENVIRONMENTS = ("env", "inline")

# What a pod may do, as the Pod Security Standards of Kubernetes call it, and the user of a restricted one.
RESTRICTED = "restricted"
POD_SECURITIES = (RESTRICTED, "baseline")
DEFAULT_POD_USER = 1000
# The machines that the kubernetes runner has programs for, as Kubernetes calls them.
ARCHITECTURES = ("amd64", "arm64")

_REGISTRY_IDENTITIES = ("dockerhub/password", "dockerhub/token", "github/oauth2", "github/token")
_CPUS = (0.1, 1024.0)
_MEGABYTES = (10, 10_000_000)
_LARGEST_USER = 2_147_483_647

# The grammar of image references: [host[:port]/]path[:tag][@digest].
_LONGEST_IMAGE = 500
_IMAGE = re.compile(
    r"(?:(?:\[[a-fA-F0-9:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)"
    r"(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
# A name, in any script, or an address; and what people write instead.
_LONGEST_HOST = 253
_HOST = re.compile(r"[\w.-]{1,253}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:%[\w.-]+)?")
_NOT_IN_HOSTS = {
    "@": "; the user goes into user",
    "/": "; give it without scheme and path",
    ":": "; its port goes into port",
}
# Labels that the runner sets itself (handbook 4.4).
_OWN_LABELS = "eventline.net/"


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
    if image and (len(image) > _LONGEST_IMAGE or not _IMAGE.fullmatch(image)):
        message = f'"{image[:_LONGEST_IMAGE]}" is not a reference of an image such as alpine:3.16'
        reader.wrong("image", "invalid_string_format", message)


def _check_docker(reader: Reader) -> None:
    reader.only(("image", "cpu_limit", "memory_limit", "pull_policy"))
    _check_image(reader)
    reader.number("cpu_limit", least=_CPUS[0], most=_CPUS[1])
    reader.integer("memory_limit", least=_MEGABYTES[0], most=_MEGABYTES[1], zero=True)
    reader.choice("pull_policy", PULL_POLICIES, default="always")


def _check_ssh(reader: Reader) -> None:
    reader.only(("host", "port", "user", "host_key", "host_key_algorithm", "environment"))
    _check_host(reader)
    if reader.value.get("port") is not None:
        reader.integer("port", least=1, most=65_535)
    if reader.value.get("user") is not None:
        reader.filled("user")
    _check_host_key(reader)
    reader.choice("environment", SSH_ENVIRONMENTS, default="env")


def _check_host(reader: Reader) -> None:
    host = reader.filled("host")
    if not host or _HOST.fullmatch(host):
        return
    advice = next((text for sign, text in _NOT_IN_HOSTS.items() if sign in host), "")
    message = f'"{host[:_LONGEST_HOST]}" is not the name or the address of a host{advice}'
    reader.wrong("host", "invalid_string_format", message)


def _check_host_key(reader: Reader) -> None:
    key, algorithm = reader.text("host_key"), reader.text("host_key_algorithm")
    if algorithm:
        reader.choice("host_key_algorithm", HOST_KEY_ALGORITHMS)
    if not key:
        return
    try:
        encoded = base64.b64decode(key, validate=True)
    except ValueError as error:
        place = json_pointer.build(*reader.tokens, "host_key")
        raise DecodeError(f"{place} is not Base64: {error}") from error
    if not algorithm:
        reader.wrong("host_key", "invalid_value", "a host key needs its algorithm in host_key_algorithm")
    elif algorithm in HOST_KEY_ALGORITHMS and not encoded.startswith(_key_beginning(algorithm)):
        message = f"this is not a public key of type {algorithm}; ssh-keyscan prints type and key in one line"
        reader.wrong("host_key", "invalid_value", message)


def _key_beginning(algorithm: str) -> bytes:
    """Return how public keys of a type begin: with its name, after the length of that (RFC 4253, section 6.6)."""
    return len(algorithm).to_bytes(4, "big") + algorithm.encode()


_KUBERNETES_PARAMETERS = (
    "image",
    "namespace",
    "labels",
    "cpu_request",
    "cpu_limit",
    "memory_request",
    "memory_limit",
    "pull_policy",
    "pod_security",
    "run_as_user",
    "architecture",
)


def _check_kubernetes(reader: Reader) -> None:
    reader.only(_KUBERNETES_PARAMETERS)
    _check_image(reader)
    namespace = reader.text("namespace")
    if namespace and not is_namespace(namespace):
        message = f'"{namespace[:100]}" is not the name of a Kubernetes namespace'
        reader.wrong("namespace", "invalid_string_format", message)
    _check_labels(reader)
    cpus = [reader.number(name, least=_CPUS[0], most=_CPUS[1]) for name in ("cpu_request", "cpu_limit")]
    memories = [
        reader.integer(name, least=_MEGABYTES[0], most=_MEGABYTES[1], zero=True)
        for name in ("memory_request", "memory_limit")
    ]
    for name, (request, limit) in (("cpu_request", cpus), ("memory_request", memories)):
        if limit and request > limit:
            reader.wrong(name, "invalid_value", f"request {request} must not be larger than its limit {limit}")
    reader.choice("pull_policy", PULL_POLICIES, default="always")
    _check_pod_security(reader)
    if reader.value.get("architecture") is not None:
        reader.choice("architecture", ARCHITECTURES)


def _check_pod_security(reader: Reader) -> None:
    security = reader.choice("pod_security", POD_SECURITIES, default=RESTRICTED)
    if reader.value.get("run_as_user") is not None:
        user = reader.integer("run_as_user", least=0, most=_LARGEST_USER)
        if user == 0 and security == RESTRICTED:
            reader.wrong("run_as_user", "invalid_value", "user 0 is root, which pod_security restricted does not allow")


def _check_labels(reader: Reader) -> None:
    labels = reader.at("labels")
    for key, value in reader.text_members("labels").items():
        if key.startswith(_OWN_LABELS):
            labels.wrong(key, "invalid_value", f'label "{key}" starts with {_OWN_LABELS}: the runner sets these itself')
        elif not is_label_key(key):
            labels.wrong(key, "invalid_string_format", f'"{key[:400]}" is not the key of a Kubernetes label')
        elif not is_label_value(value):
            labels.wrong(key, "invalid_string_format", f'"{value[:100]}" is not the value of a Kubernetes label')


_RUNNERS = (
    RunnerKind("docker", _check_docker, _REGISTRY_IDENTITIES),
    RunnerKind("kubernetes", _check_kubernetes, _REGISTRY_IDENTITIES),
    RunnerKind("local", _check_local),
    RunnerKind("ssh", _check_ssh, ("generic/password", "generic/ssh_key")),
)

RUNNERS: Mapping[str, RunnerKind] = {runner.name: runner for runner in _RUNNERS}
