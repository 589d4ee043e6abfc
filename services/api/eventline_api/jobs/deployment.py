"""What deploying specifications changes: a pure plan (job-spec.md, section 12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from eventline_api.jobs.subscription_store import NewSubscription, Wanted
from eventline_common.ids import JobId, RevisionId, new_id


@dataclass(frozen=True, slots=True)
class Deployed:
    """A job that is there already, with its current revision."""

    id: JobId
    name: str
    creation_time: datetime
    disabled: bool
    revision_id: RevisionId
    revision_number: int
    spec: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A revision to store; `spec` is the specification as it is represented (job-spec.md, section 13)."""

    id: RevisionId
    job_id: JobId
    number: int
    spec: Mapping[str, object]

    @property
    def concurrent(self) -> bool:
        """Whether several executions may run at once."""
        return bool(self.spec.get("concurrent"))

    @property
    def runner(self) -> str:
        """The name of the runner."""
        runner = self.spec.get("runner")
        return str(runner["name"]) if isinstance(runner, Mapping) else "local"

    @property
    def step_count(self) -> int:
        """The number of steps."""
        steps = self.spec.get("steps")
        return len(steps) if isinstance(steps, Sequence) else 0

    @property
    def retention(self) -> int | None:
        """The number of days for which executions are kept, if the job says so."""
        retention = self.spec.get("retention")
        return retention if isinstance(retention, int) and retention > 0 else None


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """One specification on its way: the job it becomes, and the revision it adds, if it says something new."""

    id: JobId
    name: str
    creation_time: datetime
    disabled: bool
    is_new: bool
    revision_id: RevisionId
    revision_number: int
    revision: NewRevision | None
    spec: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a deployment does, in the order of its specifications."""

    jobs: Sequence[PlannedJob]
    ended_subscriptions: Sequence[JobId]
    new_subscriptions: Sequence[NewSubscription]

    @property
    def revisions(self) -> Sequence[NewRevision]:
        """The revisions to store."""
        return [job.revision for job in self.jobs if job.revision is not None]


def plan_deployment(
    specs: Sequence[Mapping[str, object]],
    deployed: Mapping[str, Deployed],
    subscriptions: Mapping[JobId, Wanted],
    *,
    now: datetime,
) -> Plan:
    """Decide what deploying `specs` changes; `deployed` are the jobs of these names, with their subscriptions.

    A specification that equals the current one adds no revision; a subscription that would stay the same is kept.
    """
    jobs = [_planned(spec, deployed.get(str(spec["name"])), now) for spec in specs]
    ended: list[JobId] = []
    begun: list[NewSubscription] = []
    for job in jobs:
        before, after = subscriptions.get(job.id), wanted_by(job.spec)
        if _is_same_subscription(before, after):
            continue
        if before is not None:
            ended.append(job.id)
        if after is not None:
            begun.append(NewSubscription(job.id, after))
    return Plan(jobs, ended, begun)


def wanted_by(spec: Mapping[str, object]) -> Wanted | None:
    """Return the subscription that a represented specification asks for, if it has a trigger."""
    trigger = spec.get("trigger")
    if not isinstance(trigger, Mapping):
        return None
    connector, _, event = str(trigger["event"]).partition("/")
    return Wanted(connector, event, trigger.get("parameters") or {}, trigger.get("identity"))


def same_json(one: object, other: object) -> bool:
    """Tell whether two JSON values are the same, types included: 1 is not true."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)


def _is_same_subscription(before: Wanted | None, after: Wanted | None) -> bool:
    return before == after and (before is None or after is None or same_json(before.parameters, after.parameters))


def _planned(spec: Mapping[str, object], current: Deployed | None, now: datetime) -> PlannedJob:
    name = str(spec["name"])
    if current is None:
        id = JobId(new_id(now))
        revision = NewRevision(RevisionId(new_id(now)), id, 1, spec)
        return PlannedJob(id, name, now, False, True, revision.id, 1, revision, spec)
    id, created, disabled = current.id, current.creation_time, current.disabled
    if same_json(current.spec, spec):
        unchanged = (current.revision_id, current.revision_number, None, spec)
        return PlannedJob(id, name, created, disabled, False, *unchanged)
    revision = NewRevision(RevisionId(new_id(now)), id, current.revision_number + 1, spec)
    return PlannedJob(id, name, created, disabled, False, revision.id, revision.number, revision, spec)
