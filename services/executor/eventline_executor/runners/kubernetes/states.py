"""What the status of a pod means for its execution (Kubernetes documentation, «Pod Lifecycle»); pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTAINER = "job"

# Reasons that no amount of waiting changes.
_FINAL = frozenset({"InvalidImageName", "ErrImageNeverPull"})
# What a container waits for when all is well.
_USUAL = frozenset({"", "ContainerCreating", "PodInitializing"})
_BACK_OFF = "ImagePullBackOff"
_FIRST_SIGNAL_STATUS = 128
_OVER = frozenset({"Succeeded", "Failed"})

Pod = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a pod does not start: `final` if waiting cannot help, `may_pass` if the cluster needs time to solve it."""

    text: str
    final: bool = False
    may_pass: bool = False


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The container was ended because its memory was exhausted."""


def is_running(pod: Pod) -> bool:
    """Tell whether programs can be executed in it."""
    return "running" in _state(pod)


def is_over(pod: Pod) -> bool:
    """Tell whether all its programs ended."""
    return _phase(pod) in _OVER or "terminated" in _state(pod)


def is_unreachable(pod: Pod) -> bool:
    """Tell whether the cluster does not hear from its node: it then says that the pod is not ready, as a whole only."""
    ready, containers = (_condition(pod, kind).get("status") for kind in ("Ready", "ContainersReady"))
    return is_running(pod) and containers == "True" and ready != "True"


def start_problem(pod: Pod) -> Problem | None:
    """Return what keeps a pod from starting."""
    waiting = _state(pod).get("waiting") or {}
    reason, message = waiting.get("reason", ""), waiting.get("message", "")
    if reason not in _USUAL:
        return Problem(_sentence(reason, message), final=reason in _FINAL)
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return Problem(_sentence(scheduled.get("reason", ""), scheduled.get("message", "")), may_pass=True)
    return None


def is_back_off(problem: Problem) -> bool:
    """Tell whether a problem only says that the same is tried again later."""
    return problem.text.startswith(_BACK_OFF)


def how_it_ended(pod: Pod) -> str | OutOfMemory:
    """Return why a pod is over, or is about to be, though we did not end it."""
    status = pod.get("status") or {}
    if status.get("reason") == "Evicted":
        return f"the pod was evicted: {_text(status.get('message'))}"
    terminated = _state(pod).get("terminated") or {}
    if terminated.get("reason") == "OOMKilled":
        return OutOfMemory()
    disruption = _condition(pod, "DisruptionTarget")
    if disruption.get("status") == "True":
        return f"the pod was ended: {_sentence(disruption.get('reason', ''), disruption.get('message', ''))}"
    if status.get("reason") and not terminated:
        return f"the pod was ended: {_sentence(status['reason'], status.get('message', ''))}"
    if terminated:
        said = _sentence(terminated.get("reason", ""), terminated.get("message", ""))
        return f"the pod ended by itself with status {terminated.get('exitCode')}: {said}"
    return "the pod was deleted by somebody else"


def unpacking_error(pod: Pod) -> int:
    """Return the error number with which `init` ended, 0 for none."""
    terminated = _state(pod).get("terminated") or {}
    status = int(terminated.get("exitCode") or 0)
    return status if terminated.get("reason") == "Error" and status < _FIRST_SIGNAL_STATUS else 0


def node_of(pod: Pod) -> str:
    """Return the name of its node, empty as long as there is none."""
    return str((pod.get("spec") or {}).get("nodeName", ""))


def is_deleted(pod: Pod) -> bool:
    """Tell whether somebody deleted it."""
    return "deletionTimestamp" in pod["metadata"]


def _phase(pod: Pod) -> str:
    return str((pod.get("status") or {}).get("phase", ""))


def _state(pod: Pod) -> Mapping[str, Any]:
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        if container.get("name") == CONTAINER:
            return container.get("state") or {}
    return {}


def _condition(pod: Pod, kind: str) -> Mapping[str, Any]:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == kind:
            found: Mapping[str, Any] = condition
            return found
    return {}


def _sentence(reason: str, message: object) -> str:
    text = _text(message)
    return f"{reason}: {text}" if reason and text else reason or text


def _text(value: object) -> str:
    return " ".join(str(value or "").split())
