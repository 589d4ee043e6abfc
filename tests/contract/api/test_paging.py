"""Pages over the network neither skip nor repeat an element, whatever arrives meanwhile (G-04)."""

import base64
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .stage import Stage, Theatre

# Many share an instant, and the next instant is a microsecond away. The n-th execution of a call is at the instant
# $3 + n modulo $4; identifiers are in no order.
_ADD = """
INSERT INTO job_executions
    (id, project_id, job_id, revision_id, creation_time, update_time, scheduled_time, status, concurrent, runner)
SELECT '2' || substr(md5($5 || n) || md5(n || $5), 1, 26), j.project_id, j.id, j.current_revision_id, now(), now(),
    '2026-01-01'::timestamptz + (($3 + n % $4) * interval '1 microsecond'),
    CASE n % 3 WHEN 0 THEN 'aborted' ELSE 'created' END, false, 'local'
FROM generate_series(1, $2::integer) AS n CROSS JOIN jobs j WHERE j.id = $1
RETURNING id
"""

# `make test-api` walks through 100 000.
MANY = int(os.environ.get("EVENTLINE_TEST_EXECUTIONS", "10000"))
_calls = iter(range(10**9))


def add(stage: Stage, job_id: str, count: int, *, first: int = 0, instants: int = 5) -> set[str]:
    """Instantiate a job many times at some instants, and return what was made."""
    salt = f"{job_id}/{next(_calls)}/"
    return {row["id"] for row in stage.rows.fetch(_ADD, job_id, count, first, instants, salt)}


def pages(stage: Stage, path: str, query: dict[str, Any], way: str = "next") -> Iterator[dict[str, Any]]:
    """Follow a page for as long as there is another one."""
    page = stage.theatre.client.get(path, params=query, headers=stage.theatre.headers(project=stage.project)).json()
    yield page
    while way in page:
        cursor = {
            name: base64.b64encode(value.encode()).decode() if name in ("before", "after") else value
            for name, value in page[way].items()
        }
        filters = {
            name: value for name, value in query.items() if name not in cursor and name not in ("before", "after")
        }
        answer = stage.theatre.client.get(
            path, params={**filters, **cursor}, headers=stage.theatre.headers(project=stage.project)
        )
        page = answer.json()
        yield page


@pytest.fixture(scope="module")
def hall(theatre: Theatre) -> Stage:
    """A project for all examples of a property."""
    return Stage.open(theatre)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(0, 40),
    instants=st.integers(1, 6),
    size=st.integers(1, 12),
    sort=st.sampled_from(["scheduled_time", "id"]),
    order=st.sampled_from(["asc", "desc"]),
    arrivals=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 8), st.integers(1, 3)), max_size=8),
)
def test_every_element_is_on_exactly_one_page_while_new_ones_arrive(
    hall: Stage, count: int, instants: int, size: int, sort: str, order: str, arrivals: list[tuple[int, int, int]]
) -> None:
    job_id = hall.job(concurrent=True)
    there = add(hall, job_id, count, instants=instants)
    waiting = iter(arrivals)
    seen: list[tuple[str, str]] = []
    query = {"size": size, "sort": sort, "order": order}

    forward = list(_walk(hall, f"/jobs/id/{job_id}/job_executions", query, job_id, waiting, seen))

    ids = [id for _, id in seen]
    assert len(ids) == len(set(ids)), "an element was repeated"
    assert there <= set(ids), "an element was skipped"
    assert all(len(page["elements"]) <= size for page in forward)
    keys = seen if sort == "scheduled_time" else [("", id) for id in ids]
    assert keys == sorted(keys, reverse=order == "desc"), "the order was broken"


def _walk(
    stage: Stage,
    path: str,
    query: dict[str, Any],
    job_id: str,
    waiting: Iterator[tuple[int, int, int]],
    seen: list[tuple[str, str]],
) -> Iterator[dict[str, Any]]:
    for page in pages(stage, path, query):
        seen += [(_instant(element["scheduled_time"]), element["id"]) for element in page["elements"]]
        if (arrival := next(waiting, None)) is not None:
            number, first, instants = arrival
            add(stage, job_id, number, first=first, instants=instants)
        yield page


def _instant(time: str) -> str:
    """Return a date that sorts as text: six digits of a second."""
    whole, _, fraction = time.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<6}"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 30), size=st.integers(1, 9), order=st.sampled_from(["asc", "desc"]))
def test_walking_back_shows_the_same_pages_in_the_same_order(hall: Stage, count: int, size: int, order: str) -> None:
    job_id = hall.job(concurrent=True)
    add(hall, job_id, count, instants=3)
    path = f"/jobs/id/{job_id}/job_executions"
    forward = [each["id"] for page in pages(hall, path, {"size": size, "order": order}) for each in page["elements"]]

    last = list(pages(hall, path, {"size": size, "order": order}))[-1]
    if "previous" not in last:
        assert len(forward) <= size
        return
    key = base64.b64encode(last["previous"]["before"].encode()).decode()
    back = list(pages(hall, path, {"size": size, "order": order, "before": key}, way="previous"))

    backward = [each["id"] for page in reversed(back) for each in page["elements"]]
    assert backward + [each["id"] for each in last["elements"]] == forward


@pytest.mark.timeout(900)
def test_many_executions_page_through_while_others_are_added(theatre: Theatre) -> None:
    stage = Stage.open(theatre)
    job_id = stage.job(concurrent=True)
    there = add(stage, job_id, MANY, instants=1000)
    stage.rows.execute("ANALYZE job_executions")
    done = threading.Event()
    arrived: list[int] = []

    def keep_adding() -> None:
        """Add executions before, at and after wherever the walk is, through the API's own door and at old instants."""
        with Stage.elsewhere(stage) as other:
            while not done.wait(0.1):
                arrived.append(len(add(other, job_id, 20, first=len(arrived) * 37 % 1000, instants=50)))

    adding = threading.Thread(target=keep_adding)
    adding.start()
    try:
        seen = [
            element["id"] for page in pages(stage, "/job_executions", {"size": 100}) for element in page["elements"]
        ]
    finally:
        done.set()
        adding.join()

    assert len(seen) == len(set(seen)), "an element was repeated"
    assert there <= set(seen), "an element was skipped"
    assert arrived
