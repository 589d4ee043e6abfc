"""The states of an execution and of its steps, and what may follow what: everything else derives from this table."""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """The status of a job execution or of a step execution (handbook 5.4)."""

    CREATED = "created"
    STARTED = "started"
    ABORTED = "aborted"
    SUCCESSFUL = "successful"
    FAILED = "failed"


FINAL = frozenset({Status.SUCCESSFUL, Status.FAILED, Status.ABORTED})

# A final execution can only be restarted.
NEXT: Mapping[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.STARTED, Status.ABORTED}),
    Status.STARTED: FINAL,
    **{status: frozenset({Status.CREATED}) for status in FINAL},
}


def may_follow(before: Status, after: Status) -> bool:
    """Tell whether an execution may go from one status to another."""
    return after in NEXT[before]
