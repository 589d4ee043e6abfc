"""Refuses jobs that would start each other for ever, by the triggers that are there and those that are to come."""

from collections.abc import Mapping, Sequence

from eventline_api.jobs.reference_store import list_followers
from eventline_common.db.session import Tx
from eventline_common.domain import json_pointer
from eventline_common.domain.following import Follower, find_loop
from eventline_common.domain.job_spec import JobSpec
from eventline_common.domain.validation import ValidationError
from eventline_common.ids import ProjectId

_EVENT = ("eventline", "job_execution_finished")


async def check_loops(
    tx: Tx, project_id: ProjectId, specs: Sequence[tuple[JobSpec, tuple[object, ...]]]
) -> list[ValidationError]:
    """Return an error for each specification that would make its job start itself, by way of others or not."""
    new = {spec.name: follower for spec, _ in specs if (follower := _follower(spec)) is not None}
    if not new:
        return []
    deployed = {spec.name for spec, _ in specs}
    kept = {name: each for name, each in (await list_followers(tx, project_id)).items() if name not in deployed}
    followers = {**kept, **new}
    errors: list[ValidationError] = []
    for spec, tokens in specs:
        if spec.name in new and (loop := find_loop(followers, spec.name)) is not None:
            errors.append(ValidationError(json_pointer.build(*tokens, "trigger"), "job_loop", loop_message(loop)))
    return errors


async def find_loop_after_rename(tx: Tx, project_id: ProjectId, before: str, after: str) -> Sequence[str] | None:
    """Return the loop that a job is in once it has another name, if there is one."""
    followers = await list_followers(tx, project_id)
    renamed = {after if name == before else name: each for name, each in followers.items()}
    return find_loop(renamed, after) if after in renamed else None


def loop_message(loop: Sequence[str]) -> str:
    """Say which jobs start each other."""
    return (
        f"these jobs would start each other for ever: {' → '.join(loop)}; "
        "name the job to follow, the statuses, or filter by /job or /status"
    )


def _follower(spec: JobSpec) -> Follower | None:
    trigger = spec.trigger
    if trigger is None or (trigger.connector, trigger.event) != _EVENT:
        return None
    filters: list[Mapping[str, object]] = [{"path": each.path, **each.predicates} for each in trigger.filters]
    return Follower(trigger.parameters, filters)
