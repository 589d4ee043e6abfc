"""Which containers are ours, and which of them nobody owns any more (G-75)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from eventline_common.times import parse_time
from eventline_executor.runners.owner import Owner
from eventline_executor.runners.protocol import ExecutionToRun

PROJECT_LABEL = "net.eventline.project-id"
JOB_LABEL = "net.eventline.job-name"
EXECUTION_LABEL = "net.eventline.job-execution-id"
EXECUTOR_LABEL = "net.eventline.executor"

# A container of an executor that we cannot see, on another host, and that does not run: it ended with its executor,
# unless it was just being made.
_LONG_ENOUGH = timedelta(hours=1)


def labels_of(execution: ExecutionToRun, owner: Owner) -> dict[str, str]:
    """Return the labels of the container of an execution."""
    return {
        PROJECT_LABEL: execution.project_id,
        JOB_LABEL: execution.job_name,
        EXECUTION_LABEL: execution.id,
        EXECUTOR_LABEL: str(owner),
    }


def is_leftover(container: Mapping[str, Any], *, here: Owner, now: datetime) -> bool:
    """Tell whether the executor of an inspected container is gone; containers of others are never leftovers."""
    owner = Owner.parse(container["Config"]["Labels"].get(EXECUTOR_LABEL, ""))
    if owner is None:
        return False
    if owner.place == here.place:
        return not owner.is_alive()
    if container["State"]["Running"]:
        return False
    return now - _created(container) > _LONG_ENOUGH


def _created(container: Mapping[str, Any]) -> datetime:
    return parse_time(str(container["Created"])[:19] + "Z")
