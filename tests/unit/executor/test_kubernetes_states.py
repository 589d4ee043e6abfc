"""What the status of a pod means, and which pods nobody owns any more."""

from datetime import timedelta
from typing import Any

import pytest

from eventline_common.clock import utc_now
from eventline_common.times import format_time
from eventline_executor.runners.kubernetes.leftovers import is_leftover
from eventline_executor.runners.kubernetes.states import (
    OutOfMemory,
    Problem,
    how_it_ended,
    is_over,
    is_running,
    is_unreachable,
    start_problem,
    unpacking_error,
)
from eventline_executor.runners.owner import Owner


def pod(state: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    containers = [{"name": "sidecar", "state": {"running": {}}}]
    if state is not None:
        containers.append({"name": "job", "state": state})
    return {"metadata": {}, "status": {"containerStatuses": containers, **status}}


def condition(kind: str, status: str, reason: str = "", message: str = "") -> list[dict[str, str]]:
    return [{"type": kind, "status": status, "reason": reason, "message": message}]


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return pod({"waiting": {"reason": reason, "message": message}})


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (pod(), None),
        ({"metadata": {}}, None),
        (waiting("ContainerCreating"), None),
        (waiting("ErrImagePull", "not\nfound"), Problem("ErrImagePull: not found")),
        (waiting("InvalidImageName"), Problem("InvalidImageName", final=True)),
        (waiting("ErrImageNeverPull", "m"), Problem("ErrImageNeverPull: m", final=True)),
        (
            pod(conditions=condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available")),
            Problem("Unschedulable: 0/1 nodes are available", may_pass=True),
        ),
        (pod(conditions=condition("PodScheduled", "True")), None),
    ],
)
def test_what_keeps_a_pod_from_starting(found: dict[str, Any], problem: Problem | None) -> None:
    assert start_problem(found) == problem


@pytest.mark.parametrize(
    ("found", "how"),
    [
        (pod(reason="Evicted", message="low on memory"), "the pod was evicted: low on memory"),
        (pod({"terminated": {"reason": "OOMKilled", "exitCode": 137}}), OutOfMemory()),
        (
            pod(conditions=condition("DisruptionTarget", "True", "PreemptionByScheduler", "m")),
            "the pod was ended: PreemptionByScheduler: m",
        ),
        (pod(reason="NodeLost", message="gone"), "the pod was ended: NodeLost: gone"),
        (pod({"terminated": {"reason": "Error", "exitCode": 1}}), "the pod ended by itself with status 1: Error"),
        (pod({"running": {}}), "the pod was deleted by somebody else"),
    ],
)
def test_how_a_pod_ended(found: dict[str, Any], how: object) -> None:
    assert how_it_ended(found) == how


def test_running_over_and_unreachable() -> None:
    running = pod({"running": {}})
    busy = pod({"running": {}}, conditions=condition("Ready", "False") + condition("ContainersReady", "False"))
    lost = pod({"running": {}}, conditions=condition("Ready", "False") + condition("ContainersReady", "True"))
    over = pod({"terminated": {"exitCode": 28, "reason": "Error"}})

    assert (is_running(running), is_over(running), is_unreachable(running)) == (True, False, False)
    assert (is_running(over), is_over(over), unpacking_error(over)) == (False, True, 28)
    assert is_over({"metadata": {}, "status": {"phase": "Failed"}})
    assert is_unreachable(lost)
    assert not is_unreachable(busy)
    assert unpacking_error(pod({"terminated": {"exitCode": 128, "reason": "StartError"}})) == 0


def owned(owner: object, *, minutes: float, phase: str, deleted: bool = False) -> dict[str, Any]:
    then = format_time(utc_now() - timedelta(minutes=minutes))
    metadata: dict[str, Any] = {"annotations": {"eventline.net/executor": str(owner)}, "creationTimestamp": then}
    if deleted:
        metadata["deletionTimestamp"] = then
    state = {"terminated": {"finishedAt": then}} if phase in ("Succeeded", "Failed") else {}
    return {"metadata": metadata, "status": pod(state, phase=phase)["status"]}


@pytest.mark.parametrize(
    ("owner", "minutes", "phase", "deleted", "left"),
    [
        (Owner("here", 1, "0"), 0, "Running", False, True),
        (Owner.current(), 99, "Running", False, False),
        (Owner("elsewhere", 1, "0"), 99, "Running", False, False),
        (Owner("elsewhere", 1, "0"), 5, "Failed", False, False),
        (Owner("elsewhere", 1, "0"), 15, "Failed", False, True),
        (Owner("elsewhere", 1, "0"), 15, "Failed", True, False),
        (Owner("elsewhere", 1, "0"), 25, "Pending", False, False),
        (Owner("elsewhere", 1, "0"), 35, "Pending", False, True),
        ("nonsense", 99, "Failed", False, False),
        ("", 99, "Failed", False, False),
    ],
)
def test_only_what_nobody_can_own_is_a_leftover(
    owner: object, minutes: float, phase: str, deleted: bool, left: bool
) -> None:
    here = Owner("here", 2, "0") if owner != Owner.current() else Owner.current()
    found = owned(owner, minutes=minutes, phase=phase, deleted=deleted)

    assert is_leftover(found, here=here, now=utc_now(), start_timeout=600) is left
