"""What a deployment changes, decided without a database (job-spec.md, section 12)."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from eventline_api.jobs.deployment import Deployed, NewRevision, plan_deployment, same_json, wanted_by
from eventline_api.jobs.subscription_store import Wanted
from eventline_common.ids import JobId, RevisionId

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD = datetime(2025, 1, 1, tzinfo=UTC)
ID = JobId("job")
TICK = Wanted("time", "tick", {"periodic": 60}, None)


def spec(name: str = "a", **members: object) -> dict[str, object]:
    return {"name": name, "runner": {"name": "local", "parameters": {}}, "steps": [{"code": "x"}], **members}


def trigger(event: str = "time/tick", parameters: object = None, **members: object) -> dict[str, object]:
    return {"event": event, "parameters": parameters or {"periodic": 60}, **members}


def deployed(stored: Mapping[str, object], *, disabled: bool = False) -> dict[str, Deployed]:
    return {"a": Deployed(ID, "a", OLD, disabled, RevisionId("old"), 4, stored)}


def test_a_new_job_has_revision_one() -> None:
    plan = plan_deployment([spec()], {}, {}, now=NOW)

    [job], [revision] = plan.jobs, plan.revisions
    assert (job.is_new, job.creation_time, job.disabled) == (True, NOW, False)
    assert (revision.number, revision.job_id, revision.id) == (1, job.id, job.revision_id)
    assert (plan.ended_subscriptions, plan.new_subscriptions) == ([], [])


def test_the_same_specification_adds_no_revision() -> None:
    plan = plan_deployment([spec()], deployed(spec(), disabled=True), {}, now=NOW)

    [job] = plan.jobs
    assert (job.id, job.creation_time, job.disabled, job.revision_id) == (ID, OLD, True, "old")
    assert plan.revisions == []


def test_another_specification_adds_the_next_revision() -> None:
    plan = plan_deployment([spec(retention=1)], deployed(spec()), {}, now=NOW)

    [revision] = plan.revisions
    assert (revision.number, revision.retention, plan.jobs[0].revision_number) == (5, 1, 5)


@pytest.mark.parametrize(
    ("before", "after", "ended", "begun"),
    [
        (None, None, 0, 0),
        (None, trigger(), 0, 1),
        (TICK, None, 1, 0),
        (TICK, trigger(), 0, 0),
        (TICK, trigger(filters=[{"path": "/a"}]), 0, 0),
        (TICK, trigger(parameters={"periodic": 61}), 1, 1),
        (TICK, trigger(identity="token"), 1, 1),
        (TICK, trigger("time/tock"), 1, 1),
        (Wanted("time", "tick", {"periodic": 1}, None), trigger(parameters={"periodic": True}), 1, 1),
    ],
)
def test_a_subscription_changes_when_what_it_asks_for_changes(
    before: Wanted | None, after: dict[str, object] | None, ended: int, begun: int
) -> None:
    specification = spec(trigger=after) if after else spec()

    plan = plan_deployment([specification], deployed(spec()), {ID: before} if before else {}, now=NOW)

    assert (len(plan.ended_subscriptions), len(plan.new_subscriptions)) == (ended, begun)


def test_a_revision_knows_what_executions_need() -> None:
    stored = spec(concurrent=True, retention=7, runner={"name": "docker", "parameters": {"image": "a"}}, steps=[{}, {}])
    revision = NewRevision(RevisionId("r"), ID, 1, stored)

    assert (revision.concurrent, revision.runner, revision.step_count, revision.retention) == (True, "docker", 2, 7)
    plain = NewRevision(RevisionId("r"), ID, 1, spec())
    assert (plain.concurrent, plain.retention) == (False, None)


def test_a_trigger_is_split_at_the_first_slash() -> None:
    found = wanted_by(spec(trigger=trigger("github/a/b", {"organization": "acme"}, identity="token")))

    assert found == Wanted("github", "a/b", {"organization": "acme"}, "token")


def test_values_of_different_types_are_not_the_same() -> None:
    assert same_json({"a": 1, "b": [None]}, {"b": [None], "a": 1})
    assert not same_json({"a": 1}, {"a": True})
    assert not same_json([1, 2], [2, 1])
