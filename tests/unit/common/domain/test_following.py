"""Which jobs follow which, and which of them would go on for ever."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from eventline_common.domain.following import Follower, find_loop, follows, may_follow


def after(job: str | None = None, *statuses: str, filters: Sequence[Mapping[str, Any]] = ()) -> Follower:
    parameters: dict[str, object] = {
        **({"job": job} if job else {}),
        **({"statuses": list(statuses)} if statuses else {}),
    }
    return Follower(parameters, filters)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, True),
        ({"job": "build"}, True),
        ({"job": "other"}, False),
        ({"statuses": ["failed"]}, True),
        ({"statuses": ["successful", "aborted"]}, False),
        ({"job": "build", "statuses": ["failed"]}, True),
        ({"job": "build", "statuses": ["successful"]}, False),
    ],
)
def test_a_trigger_follows_the_ends_that_it_names(parameters: dict[str, object], expected: bool) -> None:
    assert follows(parameters, job="build", status="failed") is expected


@pytest.mark.parametrize(
    ("followers", "start", "loop"),
    [
        ({"b": after("a"), "c": after("b")}, "c", None),
        ({"a": after("a")}, "a", ["a", "a"]),
        ({"a": after("b"), "b": after("a")}, "a", ["a", "b", "a"]),
        ({"a": after("c"), "b": after("a"), "c": after("b")}, "b", ["b", "c", "a", "b"]),
        ({"a": after("b"), "b": after("a"), "c": after("a")}, "c", None),
        ({"all": after()}, "all", None),
        ({"all": after(), "other": after("build")}, "all", None),
        ({"all": after(), "other": after("all")}, "all", ["all", "other", "all"]),
        ({"all": after(), "every": after()}, "every", ["every", "all", "every"]),
        ({"a": after("b", "failed"), "b": after("a", "successful")}, "a", ["a", "b", "a"]),
    ],
)
def test_loops_are_found_with_the_jobs_in_them(
    followers: dict[str, Follower], start: str, loop: list[str] | None
) -> None:
    found = find_loop(followers, start)

    assert (None if found is None else list(found)) == loop


def test_filters_by_job_and_status_break_a_loop_and_others_do_not() -> None:
    not_the_mailer = {"path": "/job", "does_not_match": "^mailer$"}
    for filters, loops in (
        ([not_the_mailer], False),
        ([{"path": "/status", "is_equal_to": "never"}], False),
        ([{"path": "/status", "is_equal_to": "failed"}], True),
        ([{"path": "/failure_message", "matches": "disk"}], True),
        ([{"path": "/job", "matches": "("}], True),
    ):
        followers = {"all": after(filters=filters), "mailer": after("all")}
        assert (find_loop(followers, "all") is not None) is loops, filters


def test_a_status_that_is_not_followed_cannot_match_a_filter() -> None:
    failures = after("build", "failed", filters=[{"path": "/status", "is_equal_to": "successful"}])

    assert not may_follow(failures, job="build")


def test_a_long_loop_is_found_too() -> None:
    followers = {f"job-{n}": after(f"job-{n - 1}") for n in range(1, 300)} | {"job-0": after("job-299")}

    loop = find_loop(followers, "job-5")

    assert loop is not None
    assert len(loop) == 301
