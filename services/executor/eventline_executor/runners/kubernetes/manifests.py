"""The objects of an execution as the cluster gets them (handbook 4.4, contract/execution.md section 18); pure."""

import base64
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eventline_common.catalog.runners import DEFAULT_POD_USER, RESTRICTED
from eventline_executor.runners.kubernetes.secrets import DIRECTORY, FILES, PROGRAM, WRITABLE, ExecutionData, Place
from eventline_executor.runners.kubernetes.states import CONTAINER
from eventline_executor.runners.protocol import ExecutionToRun

PROJECT_LABEL = "eventline.net/project-id"
JOB_LABEL = "eventline.net/job-name"
EXECUTION_LABEL = "eventline.net/job-execution-id"
EXECUTOR_LABEL = "eventline.net/executor"
OWNER_ANNOTATION = "eventline.net/executor"

# After so many seconds without a sign of its executor, a container ends by itself.
PATIENCE = 60
_LONGEST_LABEL = 63
_MILLI = 1000
_PULL_POLICIES = {"always": "Always", "missing": "IfNotPresent", "never": "Never"}
_ALPHABET = string.ascii_lowercase + string.digits

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What the objects of one attempt at an execution are called. Names are never used again."""

    pod: str

    @classmethod
    def new(cls, execution: ExecutionToRun) -> "Names":
        """Choose names; ids have capitals, which names must not have, so some letters are chosen at random."""
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(5))
        return cls(f"eventline-job-{execution.id.lower()}-{letters}")

    @property
    def registry(self) -> str:
        """The secret with the credentials of the registry."""
        return f"{self.pod}-registry"

    def data(self, number: int) -> str:
        """The secret of the execution's data with this number."""
        return f"{self.pod}-{number}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who makes the objects: the label that this executor finds them by, and what tells others who it is."""

    label: str
    owner: str


def labels_of(execution: ExecutionToRun, origin: Origin) -> dict[str, str]:
    """Return the labels of all objects; a long job name is cut, because labels are short."""
    return {
        **(execution.runner_parameters.get("labels") or {}),
        PROJECT_LABEL: execution.project_id,
        JOB_LABEL: execution.job_name[:_LONGEST_LABEL].rstrip("-_."),
        EXECUTION_LABEL: execution.id,
        EXECUTOR_LABEL: origin.label,
    }


def pod_manifest(
    execution: ExecutionToRun,
    *,
    names: Names,
    origin: Origin,
    data: ExecutionData,
    architecture: str,
    grace: int,
    with_credentials: bool,
) -> Manifest:
    """Return the pod. It names its secrets, which do not exist yet: it starts when they do."""
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace,
        "nodeSelector": {"kubernetes.io/os": "linux", "kubernetes.io/arch": architecture},
        "securityContext": _pod_security(execution.runner_parameters),
        "containers": [_container(execution, names, data)],
        "volumes": [{"name": "writable", "emptyDir": {}}, {"name": "files", "projected": _files(names, data)}],
    }
    if with_credentials:
        spec["imagePullSecrets"] = [{"name": names.registry}]
    annotations = {OWNER_ANNOTATION: origin.owner, "cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
    metadata = {"name": names.pod, "labels": labels_of(execution, origin), "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def secret_manifest(name: str, content: Mapping[str, bytes], *, pod: Manifest, kind: str = "Opaque") -> Manifest:
    """Return a secret that the cluster removes with its pod."""
    owner = {"apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": kind,
        "immutable": True,
        "metadata": {"name": name, "labels": pod["metadata"]["labels"], "ownerReferences": [owner]},
        "data": {key: base64.b64encode(value).decode() for key, value in content.items()},
    }


def _container(execution: ExecutionToRun, names: Names, data: ExecutionData) -> dict[str, Any]:
    parameters = execution.runner_parameters
    archives = [f"{FILES}/{place.key}" for place in data.archives]
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": parameters["image"],
        "imagePullPolicy": _PULL_POLICIES[parameters.get("pull_policy") or "always"],
        "command": [f"{FILES}/{PROGRAM}", "init", str(PATIENCE), *archives],
        "env": _variables(execution, names, data),
        "resources": _resources(parameters),
        "volumeMounts": [
            {"name": "writable", "mountPath": WRITABLE},
            {"name": "files", "mountPath": FILES, "readOnly": True},
        ],
    }
    if _is_restricted(parameters):
        container["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return container


def _variables(execution: ExecutionToRun, names: Names, data: ExecutionData) -> list[dict[str, Any]]:
    """Return the variables: whoever may see the pod sees their names, and the secrets hold what they are."""
    found = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": names.data(place.secret), "key": place.key}}}
        for name, place in data.variables.items()
    ]
    if _is_restricted(execution.runner_parameters) and "HOME" not in data.variables:
        # The image may not know the user, who would then have `/`, where nothing can be written.
        found.append({"name": "HOME", "value": DIRECTORY})
    return found


def _files(names: Names, data: ExecutionData) -> dict[str, Any]:
    by_secret: dict[int, list[dict[str, Any]]] = {}
    for place in (data.program, *data.archives):
        by_secret.setdefault(place.secret, []).append(_item(place))
    sources = [{"secret": {"name": names.data(number), "items": items}} for number, items in by_secret.items()]
    return {"defaultMode": 0o444, "sources": sources}


def _item(place: Place) -> dict[str, Any]:
    return {"key": place.key, "path": place.key, "mode": 0o555 if place.key == PROGRAM else 0o444}


def _resources(parameters: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, dict[str, str]] = {}
    for kind, member in (("request", "requests"), ("limit", "limits")):
        amounts = {}
        if cpu := parameters.get(f"cpu_{kind}"):
            amounts["cpu"] = f"{round(cpu * _MILLI)}m"
        if memory := parameters.get(f"memory_{kind}"):
            amounts["memory"] = f"{memory}M"
        if amounts:
            found[member] = amounts
    return found


def _pod_security(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the pod may do: «restricted» and «baseline» are the Pod Security Standards of Kubernetes."""
    user = parameters.get("run_as_user")
    if not _is_restricted(parameters):
        return {} if user is None else {"runAsUser": user, "runAsGroup": user}
    chosen = user or DEFAULT_POD_USER
    return {
        "runAsNonRoot": True,
        "runAsUser": chosen,
        "runAsGroup": chosen,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _is_restricted(parameters: Mapping[str, Any]) -> bool:
    return (parameters.get("pod_security") or RESTRICTED) == RESTRICTED
