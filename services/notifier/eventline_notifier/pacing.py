"""Decides what goes out on its own and what is combined, so that a storm of failures is not one of messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventline_common.ids import NotificationId

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """When the current window of a project began and how many messages it has had since."""

    window_start: datetime
    messages: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of waiting notifications: those that go alone, those that make one digest, and those that are held
    until `hold_until`, when the window ends."""

    pace: Pace
    alone: Sequence[NotificationId] = ()
    digest: Sequence[NotificationId] = ()
    held: Sequence[NotificationId] = ()
    hold_until: datetime | None = None


def plan(pace: Pace, waiting: Sequence[NotificationId], *, threshold: int, now: datetime) -> Plan:
    """Plan what waits, oldest first; `threshold` is the number of messages per window, 0 for no limit.

    Within a window, what goes past the threshold is held to its end. A new window begins with a digest if more waits
    than it can take, or if the storm of the window before goes on; then it counts as full at once.
    """
    if threshold == 0:
        return Plan(pace, alone=tuple(waiting))
    if pace.window_start <= now < pace.window_start + WINDOW:
        room = max(0, threshold - pace.messages)
        alone, held = tuple(waiting[:room]), tuple(waiting[room:])
        return Plan(Pace(pace.window_start, pace.messages + len(alone)), alone, (), held, pace.window_start + WINDOW)
    storm_goes_on = pace.messages >= threshold and pace.window_start <= now < pace.window_start + 2 * WINDOW
    if len(waiting) > threshold or (storm_goes_on and len(waiting) > 1):
        return Plan(Pace(now, threshold), digest=tuple(waiting))
    return Plan(Pace(now, len(waiting)), alone=tuple(waiting))
