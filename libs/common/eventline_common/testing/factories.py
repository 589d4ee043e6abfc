"""Rows with sensible values; a test names only what matters to it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from eventline_common.db.session import Tx
from eventline_common.executions import Instantiated, NewExecution, instantiate
from eventline_common.ids import AccountId, EventId, JobId, ProjectId, RevisionId, new_id

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
CODE_HEADER = "#!/bin/sh\n\nset -eu\n\n"


async def create_project(tx: Tx, name: str = "main", *, now: datetime = EPOCH) -> ProjectId:
    """Create a project with default settings."""
    id = ProjectId(new_id())
    await tx.execute("INSERT INTO projects VALUES ($1, $2, $3, $3)", id, name, now)
    await tx.execute("INSERT INTO project_settings VALUES ($1, $2)", id, CODE_HEADER)
    await tx.execute("INSERT INTO project_notification_settings (id) VALUES ($1)", id)
    return id


async def create_account(
    tx: Tx, username: str = "bob", *, role: str = "user", password_hash: str = "", now: datetime = EPOCH
) -> AccountId:
    """Create an account; without a hash nobody can log in to it."""
    id = AccountId(new_id())
    await tx.execute(
        "INSERT INTO accounts (id, creation_time, username, password_hash, role) VALUES ($1, $2, $3, $4, $5)",
        id, now, username, password_hash, role,
    )  # fmt: skip
    return id


async def create_job(
    tx: Tx,
    project_id: ProjectId,
    spec: Mapping[str, object] | None = None,
    *,
    name: str = "hello",
    steps: Sequence[Mapping[str, object]] = ({"label": "Step 1", "code": "true"},),
    concurrent: bool = False,
    runner: str = "local",
    disabled: bool = False,
    now: datetime = EPOCH,
) -> JobId:
    """Create a job and its first revision; `spec` adds members to the stored specification."""
    stored: dict[str, object] = {
        "name": name,
        "description": "",
        "runner": {"name": runner, "parameters": {}},
        "steps": list(steps),
        **({"concurrent": True} if concurrent else {}),
        **(spec or {}),
    }
    id, revision_id = JobId(new_id()), RevisionId(new_id())
    async with tx.transaction():
        await tx.execute(
            "INSERT INTO jobs (id, project_id, name, creation_time, update_time, disabled, current_revision_id)"
            " VALUES ($1, $2, $3, $4, $4, $5, $6)",
            id, project_id, stored["name"], now, disabled, revision_id,
        )  # fmt: skip
        await tx.execute(
            "INSERT INTO job_revisions"
            " (id, job_id, number, creation_time, spec, concurrent, runner, step_count, retention)"
            " VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)",
            revision_id, id, now, stored, bool(stored.get("concurrent")), runner, len(steps), stored.get("retention"),
        )  # fmt: skip
    return id


async def create_execution(
    tx: Tx,
    job_id: JobId,
    *,
    scheduled_time: datetime = EPOCH,
    event_id: EventId | None = None,
    parameters: Mapping[str, object] | None = None,
    now: datetime = EPOCH,
) -> Instantiated:
    """Instantiate the current revision of a job."""
    row = await tx.fetchrow(
        "SELECT j.project_id, r.* FROM jobs j JOIN job_revisions r ON r.id = j.current_revision_id WHERE j.id = $1",
        job_id,
    )
    assert row is not None
    new = NewExecution(
        project_id=row["project_id"],
        job_id=job_id,
        revision_id=row["id"],
        scheduled_time=scheduled_time,
        concurrent=row["concurrent"],
        runner=row["runner"],
        step_count=row["step_count"],
        event_id=event_id,
        parameters=parameters,
    )
    return (await instantiate(tx, [new], now=now))[0]


async def create_event(
    tx: Tx,
    project_id: ProjectId,
    job_id: JobId,
    data: Mapping[str, object] | None = None,
    *,
    connector: str = "time",
    name: str = "tick",
    event_time: datetime = EPOCH,
) -> EventId:
    """Create an event that waits to be processed."""
    id = EventId(new_id())
    await tx.execute(
        "INSERT INTO events (id, project_id, job_id, creation_time, event_time, connector, name, data)"
        " VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
        id, project_id, job_id, event_time, connector, name, dict(data or {}),
    )  # fmt: skip
    return id
