"""Which jobs follow the executions of which others, and whether that could go on for ever: pure."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventline_common.domain import filters

# Executions that may follow each other in one chain. Whoever needs more has a loop that nobody saw.
LONGEST_CHAIN = 32

STATUSES = ("successful", "failed", "aborted")
# Filters on these members of the event data are known before anything has run.
_KNOWN_PATHS = ("/job", "/status")


@dataclass(frozen=True, slots=True)
class Follower:
    """The trigger of a job that follows others: normalised parameters, and filters as they are stored."""

    parameters: Mapping[str, object]
    filters: Sequence[Mapping[str, Any]] = ()


def follows(parameters: Mapping[str, object], *, job: str, status: str) -> bool:
    """Tell whether the parameters of a trigger ask for an end of a job; without a name they ask for every job."""
    wanted, statuses = parameters.get("job"), parameters.get("statuses")
    if wanted is not None and wanted != job:
        return False
    return not isinstance(statuses, Sequence) or not statuses or status in statuses


def may_follow(follower: Follower, *, job: str) -> bool:
    """Tell whether some end of a job can start the follower, as far as can be known before."""
    return any(
        follows(follower.parameters, job=job, status=status) and _may_match(follower.filters, job=job, status=status)
        for status in STATUSES
    )


def find_loop(followers: Mapping[str, Follower], start: str) -> Sequence[str] | None:
    """Return the shortest way from a job along those that follow it back to itself, its name at both ends.

    A job that follows all jobs does not follow itself; one that names itself does.
    """
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        job = waiting.popleft()
        for name, follower in followers.items():
            if name == job and follower.parameters.get("job") != job:
                continue
            if (name in came_from and name != start) or not may_follow(follower, job=job):
                continue
            if name == start:
                return _way(came_from, start, job)
            came_from[name] = job
            waiting.append(name)
    return None


def _way(came_from: Mapping[str, str], start: str, last: str) -> Sequence[str]:
    way = [start]
    while last != start:
        way.append(last)
        last = came_from[last]
    return [*way[:1], *reversed(way)]


def _may_match(stored: Sequence[Mapping[str, Any]], *, job: str, status: str) -> bool:
    known = [each for each in stored if each.get("path") in _KNOWN_PATHS]
    try:
        return filters.matches(known, {"job": job, "status": status})
    except (ValueError, TypeError):
        return True
