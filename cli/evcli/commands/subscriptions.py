"""Subscriptions: what the triggers of jobs listen to."""

from collections.abc import Iterable

from evcli.arguments import Option
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import JOB_NAME, job_id
from evcli.durations import format_instant
from evcli.output import Column, Field, indented, plain, show_elements, show_object, text
from evcli.pagination import list_elements


def _event(subscription: Object) -> str:
    return f"{subscription.get('connector', '')}/{subscription.get('event', '')}"


def _list(call: Call) -> None:
    status = call.options.text("status")
    query = (("status", status),) if status is not None else ()
    columns = (
        Column("job", text("job_name")),
        Column("event", _event),
        Column("status", text("status")),
        Column("error", text("error_message")),
    )
    show_elements(call, list_elements(call.api, "subscriptions", query=query), columns)


def _describe(call: Call) -> None:
    def fields(subscription: Object) -> Iterable[Field]:
        import json

        yield Field("Id", plain(subscription.get("id")))
        yield Field("Job", plain(subscription.get("job_name")))
        yield Field("Event", _event(subscription))
        yield Field("Address", plain(subscription.get("address")))
        yield Field("Identity", plain(subscription.get("identity")))
        yield Field("Status", plain(subscription.get("status")))
        yield Field("Error", plain(subscription.get("error_message")))
        yield Field("Creation time", format_instant(subscription.get("creation_time")))
        yield Field("Last update time", format_instant(subscription.get("last_update_time")))
        yield Field("Next update time", format_instant(subscription.get("next_update_time")))
        if subscription.get("parameters"):
            parameters = json.dumps(subscription["parameters"], indent=2, ensure_ascii=False)
            yield Field("Parameters", lines=indented(parameters))

    id = job_id(call, call.arguments[0])
    show_object(call, call.api.get("jobs", "id", id, "subscription"), fields)


def _renew(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    renewed = call.api.post("jobs", "id", id, "subscription", "renew_address")
    call.terminal.info(f"address of job {id} renewed")
    call.terminal.data(str(renewed["address"]))


COMMANDS = (
    Command(
        "describe-subscription",
        "print what the trigger of a job listens to: status, error, and the address of a webhook",
        _describe,
        options=(OUTPUT,),
        arguments=(JOB_NAME,),
    ),
    Command(
        "list-subscriptions",
        "list what the triggers of all jobs listen to",
        _list,
        options=(
            Option(
                "status",
                "only subscriptions with this status",
                value="status",
                choices=("inactive", "active", "terminating"),
            ),
            OUTPUT,
        ),
    ),
    Command(
        "renew-webhook-address",
        "give the webhook of a job another address, and print it; the old one is invalid at once",
        _renew,
        arguments=(JOB_NAME,),
    ),
)
