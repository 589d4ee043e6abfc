"""`watch-job-executions`: each change of status in the project, as it happens."""

import json

from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.errors import ApiError
from evcli.output import plain, show_document
from evcli.sse import follow
from evcli.table import print_row
from evcli.waiting import interruptible

# Rows come one by one: identifiers have 27 characters (36 on some servers), the longest status 10.
_WIDTHS = (27, 10, 0)


def _watch(call: Call) -> None:
    names: dict[str, str] = {}
    if call.options.text("output") in {None, "table"}:
        print_row(call.terminal.heading, ("ID", "STATUS", "JOB"), _WIDTHS)
    try:
        with interruptible():
            for event in follow(call.api, "live"):
                match event.type:
                    case "job_execution":
                        _show(call, json.loads(event.data), names)
                    case "reload":
                        call.terminal.info("the server could not keep up: changes may be missing")
    except KeyboardInterrupt:
        call.terminal.info("not watching any longer")


def _show(call: Call, change: Object, names: dict[str, str]) -> None:
    id = str(change.get("job_id"))
    if id not in names:
        names[id] = _job_name(call, id)
    if not show_document(call, {**change, "job_name": names[id]}, stream=True):
        print_row(call.terminal.data, (plain(change.get("id")), plain(change.get("status")), names[id]), _WIDTHS)


def _job_name(call: Call, id: str) -> str:
    try:
        return plain(call.api.get("jobs", "id", id)["spec"].get("name"))
    except ApiError:
        # The job was deleted meanwhile.
        return id


COMMANDS = (
    Command(
        "watch-job-executions",
        "print each change of status of the executions of the project, until interrupted",
        _watch,
        options=(OUTPUT,),
    ),
)
