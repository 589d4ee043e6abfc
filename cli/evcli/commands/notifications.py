"""Notifications: what the project was told, and a test of it."""

import time
from collections.abc import Iterable
from typing import Final

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import LIMIT, SIZE, newest_first
from evcli.durations import format_instant
from evcli.errors import EvcliError
from evcli.output import Column, Field, instant, plain, show_elements, show_object, show_tree, text
from evcli.terminal import printable

_ID = Argument("id", "the identifier of the notification")
_STATUS = Option("status", "only those in this state", value="status", choices=("pending", "delivered", "abandoned"))
_KIND = Option(
    "kind",
    "only those of this kind",
    value="kind",
    choices=("job_successful", "job_failed", "job_aborted", "identity_refresh_error", "missed_run", "test"),
)
_POLLING_PERIOD: Final = 0.5
# A mail server that does not answer is told about within this many seconds.
_PATIENCE: Final = 60.0


def _list(call: Call) -> None:
    query = [(option.name, call.options.text(option.name) or "") for option in (_STATUS, _KIND)]
    columns = (
        Column("id", text("id")),
        Column("time", instant("creation_time")),
        Column("kind", text("kind")),
        Column("status", text("status")),
        Column("channels", _channels),
        Column("error", _error),
    )
    given = tuple((name, value) for name, value in query if value)
    show_elements(call, newest_first(call, "notifications", query=given), columns)


def _describe(call: Call) -> None:
    show_object(call, call.api.get("notifications", "id", call.arguments[0]), _fields)


def _retry(call: Call) -> None:
    call.api.post("notifications", "id", call.arguments[0], "retry", body={})
    call.terminal.info(f"notification {call.arguments[0]} will be delivered again")


def _send_test(call: Call) -> None:
    notification = call.api.post("notifications", "test", body={})
    deadline = time.monotonic() + _PATIENCE
    while not _was_tried(notification):
        if time.monotonic() > deadline:
            raise EvcliError("the notification still waits: is the notifier running?")
        time.sleep(_POLLING_PERIOD)
        notification = call.api.get("notifications", "id", notification["id"])
    failed = [each for each in notification["deliveries"] if each["status"] != "delivered"]
    for each in notification["deliveries"]:
        if each not in failed:
            call.terminal.info(f"{each['channel']}: delivered")
    if failed or notification["status"] == "abandoned":
        reasons = [f"{each['channel']}: {printable(plain(each.get('error_message')))}" for each in failed]
        raise EvcliError("\n".join(reasons) or printable(plain(notification.get("error_message"))))


def _was_tried(notification: Object) -> bool:
    """Tell whether every channel has succeeded or failed at least once."""
    deliveries = notification.get("deliveries") or []
    if not deliveries:
        return bool(notification["status"] != "pending")
    return all(each["status"] != "pending" or each.get("error_message") for each in deliveries)


def _channels(notification: Object) -> str:
    return ",".join(str(each["channel"]) for each in notification.get("deliveries") or [])


def _error(notification: Object) -> str:
    deliveries = notification.get("deliveries") or []
    errors = [f"{each['channel']}: {each['error_message']}" for each in deliveries if each.get("error_message")]
    return "; ".join(errors) or plain(notification.get("error_message"))


def _fields(notification: Object) -> Iterable[Field]:
    deliveries = notification.get("deliveries") or []
    yield from show_tree({name: value for name, value in notification.items() if name != "deliveries"})
    yield Field("Deliveries", lines=[line for each in deliveries for line in _delivery(each)])


def _delivery(delivery: Object) -> Iterable[str]:
    count = delivery.get("attempts")
    yield f"  {delivery['channel']}: {delivery['status']}, {count} attempt{'s' if count != 1 else ''}"
    for label, member in (("delivered", "delivery_time"), ("next attempt", "next_delivery_time")):
        if delivery.get(member):
            yield f"    {label}: {format_instant(delivery[member])}"
    if delivery.get("error_message"):
        yield f"    error: {printable(plain(delivery['error_message']))}"


COMMANDS = (
    Command(
        "describe-notification",
        "print information about a notification and its deliveries",
        _describe,
        options=(OUTPUT,),
        arguments=(_ID,),
    ),
    Command(
        "list-notifications",
        "list what the project was told, the newest notifications first",
        _list,
        options=(_STATUS, _KIND, SIZE, LIMIT, OUTPUT),
    ),
    Command(
        "retry-notification",
        "try again to deliver a notification that was given up",
        _retry,
        arguments=(_ID,),
    ),
    Command(
        "send-test-notification",
        "send a test notification by every channel of the project, and tell whether it arrived",
        _send_test,
    ),
)
