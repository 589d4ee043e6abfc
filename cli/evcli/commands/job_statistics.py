"""How jobs have gone: their last executions, and counts and running times over time."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from evcli.arguments import Option
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import JOB_NAME, job_id
from evcli.durations import format_duration
from evcli.output import Column, instant, plain, show_elements, show_object, show_tree, text
from evcli.pagination import list_elements

_JOBS_AT_ONCE: Final = 100
_NANOSECONDS: Final = 1_000_000_000
_PERIOD: Final = (
    Option("start", "count from this date on (RFC 3339), by default from 30 days before the end", value="date"),
    Option("end", "count up to this date (RFC 3339), by default now", value="date"),
    Option("granularity", "the length of a period", value="period", choices=("day", "hour")),
)


def _describe(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    show_object(call, call.api.get("jobs", "id", id, "statistics"), show_tree)


def _list(call: Call) -> None:
    jobs = {str(job["id"]): job["spec"]["name"] for job in list_elements(call.api, "jobs")}
    columns = (
        Column("name", lambda each: plain(jobs.get(each["job_id"]))),
        Column("last status", lambda each: plain(each.get("last_execution", {}).get("status"))),
        Column("last execution", lambda each: instant("scheduled_time")(each.get("last_execution", {}))),
        Column("week", _of_the_week("count")),
        Column("success", _success),
        Column("median", lambda each: _seconds(each["last_7_days"].get("median_duration"))),
    )
    show_elements(call, list(_statistics(call, list(jobs))), columns)


def _statistics(call: Call, ids: Sequence[str]) -> Iterator[Object]:
    for first in range(0, len(ids), _JOBS_AT_ONCE):
        query = (("job", ",".join(ids[first : first + _JOBS_AT_ONCE])),)
        yield from call.api.get("job_statistics", query=query)["elements"]


def _of_the_week(member: str) -> Callable[[Object], str]:
    return lambda each: plain(each["last_7_days"].get(member))


def _success(each: Object) -> str:
    ratio = each["last_7_days"].get("success_ratio")
    return "" if ratio is None else f"{ratio:.0%}"


def _seconds(value: object) -> str:
    return format_duration(round(value * _NANOSECONDS)) if isinstance(value, int | float) else ""


def _count_statuses(call: Call) -> None:
    names = ("started", "successful", "aborted", "failed")
    columns = (Column("time", instant("time")), *(Column(name, text(name)) for name in names))
    show_elements(call, _buckets(call, "status_counts", names), columns)


def _distribute_running_times(call: Call) -> None:
    names = ("p99", "p80", "p50")
    columns = (Column("time", instant("time")), *(Column(name, _duration(name)) for name in names))
    show_elements(call, _buckets(call, "running_times", names), columns)


def _duration(member: str) -> Callable[[Object], str]:
    return lambda bucket: _seconds(bucket[member])


def _buckets(call: Call, route: str, names: Sequence[str]) -> list[Object]:
    """Fetch periods, each an array that begins with its time; an empty answer is null."""
    id = job_id(call, call.arguments[0])
    given = ((option.name, call.options.text(option.name)) for option in _PERIOD)
    query = tuple((name, value) for name, value in given if value is not None)
    rows = call.api.get("jobs", "id", id, "statistics", route, query=query) or []
    return [{"time": _rfc3339(row[0]), **dict(zip(names, row[1:], strict=True))} for row in rows]


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


COMMANDS = (
    Command(
        "describe-job-statistics",
        "print statistics about the executions of a job",
        _describe,
        options=(OUTPUT,),
        arguments=(JOB_NAME,),
    ),
    Command(
        "list-job-running-times",
        "list the running times of a job over time: what 99, 80 and 50 of 100 executions did not exceed",
        _distribute_running_times,
        options=(*_PERIOD, OUTPUT),
        arguments=(JOB_NAME,),
    ),
    Command(
        "list-job-statistics",
        "list how jobs have gone: the last execution, and the last seven days",
        _list,
        options=(OUTPUT,),
    ),
    Command(
        "list-job-status-counts",
        "count the executions of a job over time, by status",
        _count_statuses,
        options=(*_PERIOD, OUTPUT),
        arguments=(JOB_NAME,),
    ),
)
