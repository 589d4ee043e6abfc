"""When jobs will be executed next."""

from evcli.arguments import Argument, Option, Presence
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import job_id
from evcli.output import Column, instant, show_elements, text

DEFAULT_COUNT = 10


def _list(call: Call) -> None:
    count = str(call.options.integer("count", least=1, default=DEFAULT_COUNT))
    path = ("jobs", "id", job_id(call, call.arguments[0]), "forecast") if call.arguments else ("forecast",)
    forecast = call.api.get(*path, query=(("count", count),))
    columns = (Column("time", instant("time")), Column("job", text("job_name")))
    show_elements(call, forecast["elements"], columns)


COMMANDS = (
    Command(
        "list-forecast",
        "list the next executions of a job, or of all jobs, as far as timers tell",
        _list,
        options=(Option("count", "the number of executions to list", short="c", value="number"), OUTPUT),
        arguments=(Argument("job", "the name of the job", Presence.OPTIONAL, completes="jobs"),),
    ),
)
