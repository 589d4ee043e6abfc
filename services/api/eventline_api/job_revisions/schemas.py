"""Revisions of jobs on the wire."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from eventline_api.job_revisions.differences import Difference, Kind
from eventline_api.job_revisions.store import JobRevision
from eventline_api.jobs.specification_schemas import JobSpecification
from eventline_common.http.views import Id


class JobRevisionView(BaseModel):
    """A specification that was deployed."""

    id: Id
    job_id: Id
    number: int = Field(
        ge=1, description="1 for the first deployment; executions keep the revision they began with.", examples=[2]
    )
    creation_time: datetime
    account_id: Id | None = Field(default=None, description="Who deployed it, as long as the account exists.")
    username: str | None = Field(default=None, examples=["bob"])
    current: bool = Field(default=False, description="Only present when true.", examples=[True])
    spec: JobSpecification


class DifferenceView(BaseModel):
    """A place in which two specifications differ."""

    pointer: str = Field(examples=["/steps/0/code"])
    kind: Kind = Field(examples=["changed"])
    before: object = Field(default=None, description="Absent when the value was added.", examples=["echo Hello"])
    after: object = Field(default=None, description="Absent when the value was removed.", examples=["echo Bye"])


class RevisionDifferencesView(BaseModel):
    """What changed between two revisions; revision 0 is nothing at all."""

    job_id: Id
    from_number: int = Field(ge=0, examples=[1])
    to_number: int = Field(ge=1, examples=[2])
    differences: list[DifferenceView]
    text: str = Field(
        description="The same as `diff -u` shows it.",
        examples=['--- revision 1\n+++ revision 2\n@@ -1 +1 @@\n-  "code": "echo Hello"\n+  "code": "echo Bye"\n'],
    )


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
