"""What the server refuses: what a caller may not do, what is not a valid object, what a pod may not be."""

import base64
import functools
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from kubernetes_validate import utils

ROLE = Path(__file__).parents[4] / "deploy/kubernetes/role.yaml"
VERSIONS = ("1.25", "1.37")
SECRET_SIZE = 1_048_576

# The schemas are read again for every object otherwise.
utils.schema_contents = functools.cache(utils.schema_contents)

_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


class Refused(Exception):
    """The answer is an error: its status, its reason and its message."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@functools.cache
def role() -> list[dict[str, Any]]:
    """The rules of the role that the documentation tells people to apply."""
    found: list[dict[str, Any]] = next(yaml.safe_load_all(ROLE.read_text()))["rules"]
    return found


def authorize(verb: str, resource: str) -> None:
    """Refuse what the role does not allow; the API group of everything is the core."""
    allowed = any(
        "" in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"] for rule in role()
    )
    if not allowed:
        kind = resource.partition("/")[0]
        raise Refused(403, "Forbidden", f'{kind} is forbidden: User "executor" cannot {verb} resource "{resource}"')


def validate(value: dict[str, Any], *, kind: str, manager: str | None) -> None:
    """Refuse what a cluster of the oldest or the newest version would refuse."""
    if manager != "eventline":
        raise Refused(400, "BadRequest", f'the field manager of every write is "eventline", not "{manager}"')
    if value.get("kind") != kind or value.get("apiVersion") != "v1":
        raise Refused(400, "BadRequest", f"expected a {kind} of v1")
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(value, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            raise Refused(422, "Invalid", f"{kind} is invalid in {version}: {error.message}") from error
    metadata = value["metadata"]
    if not _NAME.fullmatch(metadata["name"]):
        raise Refused(422, "Invalid", f'metadata.name: Invalid value: "{metadata["name"]}"')
    for label in (metadata.get("labels") or {}).values():
        if not _LABEL_VALUE.fullmatch(label):
            raise Refused(422, "Invalid", f'metadata.labels: Invalid value: "{label}"')


def validate_secret(secret: dict[str, Any]) -> None:
    data = {key: base64.b64decode(value, validate=True) for key, value in secret.get("data", {}).items()}
    if any(not _KEY.fullmatch(key) for key in data):
        raise Refused(422, "Invalid", f"data: Invalid value: {sorted(data)}")
    if sum(map(len, data.values())) > SECRET_SIZE:
        raise Refused(422, "Invalid", "data: Too long: may not be more than 1048576 bytes")


def admit_pod(pod: dict[str, Any], *, standard: str) -> None:
    """Refuse what the Pod Security Standard «restricted» forbids, if the namespace asks for it."""
    if standard != "restricted":
        return
    spec = pod["spec"]
    violations = _pod_violations(spec)
    for container in spec["containers"]:
        violations += _container_violations(container, spec.get("securityContext") or {})
    if violations:
        name, said = pod["metadata"]["name"], ", ".join(violations)
        message = f'pods "{name}" is forbidden: violates PodSecurity "restricted:latest": {said}'
        raise Refused(403, "Forbidden", message)


def _pod_violations(spec: dict[str, Any]) -> list[str]:
    found = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    allowed = {"name", "configMap", "emptyDir", "projected", "secret", "downwardAPI", "persistentVolumeClaim"}
    found += [f"volume {volume['name']}" for volume in spec.get("volumes", ()) if set(volume) - allowed]
    if (spec.get("securityContext") or {}).get("runAsUser") == 0:
        found.append("runAsUser=0")
    return found


def _container_violations(container: dict[str, Any], of_pod: dict[str, Any]) -> list[str]:
    own = container.get("securityContext") or {}
    merged = {**of_pod, **own}
    found = []
    if own.get("allowPrivilegeEscalation") is not False:
        found.append("allowPrivilegeEscalation != false")
    if "ALL" not in (own.get("capabilities") or {}).get("drop", ()):
        found.append("unrestricted capabilities")
    if merged.get("runAsNonRoot") is not True or own.get("runAsUser") == 0:
        found.append("runAsNonRoot != true")
    if (merged.get("seccompProfile") or {}).get("type") not in ("RuntimeDefault", "Localhost"):
        found.append("seccompProfile")
    return found
