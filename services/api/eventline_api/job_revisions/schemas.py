"""Revisions of jobs on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.job_revisions.differences import Difference, Kind
from eventline_api.job_revisions.store import JobRevision


class JobRevisionView(BaseModel):
    """A specification that was deployed."""

    id: str
    job_id: str
    number: int = Field(ge=1, description="1 for the first deployment; executions keep the revision they began with.")
    creation_time: datetime
    account_id: str | None = Field(default=None, description="Who deployed it, as long as the account exists.")
    username: str | None = None
    current: bool = Field(default=False, description="Only present when true.")
    spec: dict[str, Any]


class DifferenceView(BaseModel):
    """A place in which two specifications differ."""

    pointer: str = Field(examples=["/steps/0/code"])
    kind: Kind
    before: object = Field(default=None, description="Absent when the value was added.")
    after: object = Field(default=None, description="Absent when the value was removed.")


class RevisionDifferencesView(BaseModel):
    """What changed between two revisions; revision 0 is nothing at all."""

    job_id: str
    from_number: int = Field(ge=0)
    to_number: int = Field(ge=1)
    differences: list[DifferenceView]
    text: str = Field(description="The same as `diff -u` shows it.")


def revision_view(revision: JobRevision) -> dict[str, object]:
    """Return the object of a revision; what is absent is omitted."""
    return {
        "id": revision.id,
        "job_id": revision.job_id,
        "number": revision.number,
        "creation_time": revision.creation_time,
        **({"account_id": revision.account_id} if revision.account_id else {}),
        **({"username": revision.username} if revision.username else {}),
        **({"current": True} if revision.current else {}),
        "spec": revision.spec,
    }


def differences_view(
    job_id: str, *, from_number: int, to_number: int, found: Iterable[Difference], text: str
) -> dict[str, object]:
    """Return the object of what changed between two revisions."""
    return {
        "job_id": job_id,
        "from_number": from_number,
        "to_number": to_number,
        "differences": [_difference_view(difference) for difference in found],
        "text": text,
    }


def _difference_view(difference: Difference) -> dict[str, object]:
    return {
        "pointer": difference.pointer,
        "kind": difference.kind.value,
        **({"before": difference.before} if difference.kind is not Kind.ADDED else {}),
        **({"after": difference.after} if difference.kind is not Kind.REMOVED else {}),
    }
