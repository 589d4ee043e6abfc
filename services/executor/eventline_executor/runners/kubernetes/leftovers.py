"""Which pods are ours, and which of them nobody owns any more (G-75)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from eventline_common.times import parse_time
from eventline_executor.runners.kubernetes.manifests import OWNER_ANNOTATION
from eventline_executor.runners.kubernetes.states import is_deleted, is_over
from eventline_executor.runners.owner import Owner

# A pod of an executor that we cannot see, on another machine. Its container ends soon after its executor, and then the
# pod stays; the executor, if it lives, removes it within seconds.
_OVER_FOR = timedelta(minutes=10)


def is_leftover(pod: Mapping[str, Any], *, here: Owner, now: datetime, start_timeout: float) -> bool:
    """Tell whether the executor of a pod is gone; pods of others are never leftovers."""
    owner = Owner.parse((pod["metadata"].get("annotations") or {}).get(OWNER_ANNOTATION, ""))
    if owner is None or is_deleted(pod):
        return False
    if owner.place == here.place:
        return not owner.is_alive()
    if is_over(pod):
        return now - _last_change(pod) > _OVER_FOR
    if (pod.get("status") or {}).get("phase") == "Pending":
        return now - _created(pod) > 2 * timedelta(seconds=start_timeout) + _OVER_FOR
    return False


def _created(pod: Mapping[str, Any]) -> datetime:
    return parse_time(pod["metadata"]["creationTimestamp"])


def _last_change(pod: Mapping[str, Any]) -> datetime:
    """Return the latest time in the status of a pod."""
    status = pod.get("status") or {}
    changes = [condition.get("lastTransitionTime") for condition in status.get("conditions") or ()]
    changes += [
        ((container.get("state") or {}).get("terminated") or {}).get("finishedAt")
        for container in status.get("containerStatuses") or ()
    ]
    return max([_created(pod), *(parse_time(change) for change in changes if change)])
