from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from eventline_common.ids import EventId, JobId, ProjectId, RevisionId, new_id
from eventline_scheduler.domain import Fate, SweepState, WaitingEvent, Watch, execution_of, fate, sweep_limit

NOW = datetime(2026, 1, 1, tzinfo=UTC)

EVENT = WaitingEvent(
    creation_time=datetime(2026, 1, 1, tzinfo=UTC),
    id=EventId(new_id(NOW)),
    project_id=ProjectId(new_id(NOW)),
    job_id=JobId(new_id(NOW)),
    event_time=NOW,
    data={"branch": "main"},
    job_disabled=False,
    revision_id=RevisionId(new_id(NOW)),
    concurrent=False,
    runner="local",
    step_count=2,
    trigger={"event": "github/push"},
)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], Fate.INSTANTIATED),
        ([{"path": "/branch", "is_equal_to": "main"}], Fate.INSTANTIATED),
        ([{"path": "/branch", "matches": "^m"}], Fate.INSTANTIATED),
        ([{"path": "/branch", "matches": "^x"}], Fate.FILTERED),
        ([{"path": "/branch", "is_equal_to": "main"}, {"path": "/missing"}], Fate.FILTERED),
        ([{"path": "/branch", "matches": "("}], Fate.UNREADABLE),
        ("nonsense", Fate.UNREADABLE),
        ([1], Fate.UNREADABLE),
    ],
)
def test_the_filters_of_the_trigger_decide_what_becomes_of_an_event(filters: object, expected: Fate) -> None:
    assert fate(replace(EVENT, trigger={"event": "github/push", "filters": filters})) is expected


def test_an_event_of_a_job_without_trigger_counts_as_matching() -> None:
    assert fate(replace(EVENT, trigger=None)) is Fate.INSTANTIATED


def test_an_event_of_a_disabled_job_makes_nothing() -> None:
    assert fate(replace(EVENT, job_disabled=True)) is Fate.DISABLED


def test_an_execution_is_scheduled_for_the_time_of_its_event_and_has_no_parameters() -> None:
    execution = execution_of(EVENT)

    assert (execution.scheduled_time, execution.event_id, execution.parameters) == (NOW, EVENT.id, None)
    assert (execution.revision_id, execution.step_count) == (EVENT.revision_id, 2)


@pytest.mark.parametrize(
    ("state", "limit"),
    [
        (SweepState(hints_pending=0, last_backlog_sweep=None, platform_limit=None, started=0), 1000),
        (SweepState(hints_pending=0, last_backlog_sweep=NOW, platform_limit=None, started=0), 1000),
        (SweepState(hints_pending=7, last_backlog_sweep=None, platform_limit=None, started=0), 100),
        (SweepState(hints_pending=7, last_backlog_sweep=NOW - timedelta(seconds=9), platform_limit=None, started=0), 0),
        (
            SweepState(hints_pending=7, last_backlog_sweep=NOW - timedelta(seconds=10), platform_limit=None, started=0),
            100,
        ),
        (SweepState(hints_pending=0, last_backlog_sweep=None, platform_limit=5, started=3), 2),
        (SweepState(hints_pending=0, last_backlog_sweep=None, platform_limit=5, started=6), 0),
    ],
)
def test_lost_hints_are_repeated_and_a_backlog_is_not_doubled(state: SweepState, limit: int) -> None:
    assert sweep_limit(state, now=NOW) == limit


def test_a_watch_that_looks_every_second_may_always_judge() -> None:
    watch = Watch()
    for second in range(5):
        watch = watch.look(NOW + timedelta(seconds=second))
        assert watch.may_judge(NOW + timedelta(seconds=second))


@pytest.mark.parametrize("gap", [60, -60])
def test_after_a_gap_executors_get_time_to_be_heard_again(gap: int) -> None:
    back = NOW + timedelta(seconds=gap)
    watch = Watch().look(NOW).look(back)

    assert not watch.may_judge(back)
    assert not watch.look(back + timedelta(seconds=3)).may_judge(back + timedelta(seconds=3))
    assert watch.look(back + timedelta(seconds=4)).may_judge(back + timedelta(seconds=4))
