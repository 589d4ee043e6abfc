"""Events."""

from collections.abc import Iterable

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import LIMIT, SIZE, job_id, newest_first
from evcli.durations import format_instant
from evcli.output import Column, Field, indented, instant, plain, show_elements, show_object, text

_ID = Argument("event-id", "the identifier of the event")


def _type(event: Object) -> str:
    return f"{event.get('connector', '')}/{event.get('name', '')}"


def _list(call: Call) -> None:
    query = [("sort", "event_time"), ("order", "desc")]
    job = call.options.text("job")
    if job is not None:
        query.append(("job", job_id(call, job)))
    for name in ("connector", "name", "processed", "start", "end"):
        value = call.options.text(name)
        if value is not None:
            query.append((name, value))
    columns = (
        Column("id", text("id")),
        Column("event", _type),
        Column("time", instant("event_time")),
        Column("job", text("job_id")),
        Column("status", lambda event: "processed" if event.get("processed") else "waiting"),
    )
    show_elements(call, newest_first(call, "events", query=tuple(query)), columns)


def _describe(call: Call) -> None:
    def fields(event: Object) -> Iterable[Field]:
        import json

        yield Field("Id", plain(event.get("id")))
        yield Field("Event", _type(event))
        yield Field("Job", plain(event.get("job_id")))
        yield Field("Event time", format_instant(event.get("event_time")))
        yield Field("Creation time", format_instant(event.get("creation_time")))
        yield Field("Status", "processed" if event.get("processed") else "waiting")
        yield Field("Replay of", plain(event.get("original_event_id")))
        if event.get("data"):
            yield Field("Data", lines=indented(json.dumps(event["data"], indent=2, ensure_ascii=False)))

    show_object(call, call.api.get("events", "id", call.arguments[0]), fields)


def _replay(call: Call) -> None:
    event = call.api.post("events", "id", call.arguments[0], "replay")
    call.terminal.info(f"event {call.arguments[0]} replayed")
    call.terminal.data(str(event["id"]))


COMMANDS = (
    Command("describe-event", "print information about an event", _describe, options=(OUTPUT,), arguments=(_ID,)),
    Command(
        "list-events",
        "list events, the newest ones first",
        _list,
        options=(
            Option("job", "only events of this job", value="name"),
            Option("connector", "only events of this connector", value="name"),
            Option("name", "only events with this name", value="name"),
            Option(
                "processed", "only events that have been processed, or not", value="boolean", choices=("true", "false")
            ),
            Option("start", "only events of this date (RFC 3339) or later", value="date"),
            Option("end", "only events before this date (RFC 3339)", value="date"),
            SIZE,
            LIMIT,
            OUTPUT,
        ),
    ),
    Command("replay-event", "replay an event as if it had just been created", _replay, arguments=(_ID,)),
)
