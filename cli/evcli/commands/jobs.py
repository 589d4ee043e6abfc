"""Jobs: listing, describing, changing and deleting them."""

from collections.abc import Iterable

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import JOB_NAME, job_by_name, job_id
from evcli.output import Column, Field, indented, plain, show_elements, show_object, text
from evcli.pagination import list_elements
from evcli.terminal import Color, printable, printable_lines


def _event(job: Object) -> str:
    return plain((job["spec"].get("trigger") or {}).get("event"))


def _runner(job: Object) -> str:
    return plain((job["spec"].get("runner") or {}).get("name"))


JOB_COLUMNS = (
    Column("id", text("id")),
    Column("name", lambda job: plain(job["spec"].get("name"))),
    Column("event", _event),
    Column("runner", _runner),
)


def _list(call: Call) -> None:
    query = (("favourite", "true"),) if call.options.flag("favourites") else ()
    show_elements(call, list_elements(call.api, "jobs", query=query), JOB_COLUMNS)


def _describe(call: Call) -> None:
    def fields(job: Object) -> Iterable[Field]:
        specification = job["spec"]
        yield Field("Name", plain(specification.get("name")))
        yield from _text("Description", plain(specification.get("description")))
        yield Field("Trigger event", _event(job))
        yield Field("Runner name", _runner(job))
        yield Field("Status", "disabled" if job.get("disabled") else "")
        parameters = specification.get("parameters") or ()
        yield Field("Parameters", lines=[line for each in parameters for line in _parameter_lines(call, each)])

    show_object(call, job_by_name(call, call.arguments[0]), fields)


def _text(label: str, value: str) -> Iterable[Field]:
    yield Field(label, lines=indented(value)) if "\n" in value.strip() else Field(label, value.strip())


def _parameter_lines(call: Call, parameter: Object) -> Iterable[str]:
    paint = call.terminal.paint
    name = paint(printable(plain(parameter.get("name"))), Color.YELLOW)
    yield f"  - {name}: {paint(printable(plain(parameter.get('type'))), Color.GREEN)}"
    for line in printable_lines(plain(parameter.get("description"))).splitlines():
        yield f"    {line}"
    if parameter.get("values"):
        yield f"    Values: {printable(', '.join(map(plain, parameter['values'])))}"
    if parameter.get("default") is not None:
        yield f"    Default: {paint(printable(plain(parameter['default'])), Color.RED)}"


def _delete(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    call.api.delete("jobs", "id", id)
    call.terminal.info(f"job {id} deleted")


def _rename(call: Call) -> None:
    name, new_name = call.arguments
    job = job_by_name(call, name)
    description = call.options.text("description")
    if description is None:
        # An absent description would clear the current one.
        description = plain(job["spec"].get("description"))
    body = {"name": new_name} | ({"description": description} if description else {})
    call.api.post("jobs", "id", job["id"], "rename", body=body)
    call.terminal.info(f"job {job['id']} renamed")


def _enable(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    call.api.post("jobs", "id", id, "enable")
    call.terminal.info(f"job {id} enabled")


def _disable(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    call.api.post("jobs", "id", id, "disable")
    call.terminal.info(f"job {id} disabled")


def _add_favourite(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    call.api.put("jobs", "id", id, "favourite")
    call.terminal.info(f"job {id} added to the favourite jobs")


def _remove_favourite(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    call.api.delete("jobs", "id", id, "favourite")
    call.terminal.info(f"job {id} removed from the favourite jobs")


_DESCRIPTION = Option("description", "also replace the description of the job", short="d", value="text")

COMMANDS = (
    Command("add-favourite-job", "add a job to the favourite jobs", _add_favourite, arguments=(JOB_NAME,)),
    Command("delete-job", "delete a job and all its executions", _delete, arguments=(JOB_NAME,)),
    Command("describe-job", "print information about a job", _describe, options=(OUTPUT,), arguments=(JOB_NAME,)),
    Command("disable-job", "disable a job: its trigger has no effect any more", _disable, arguments=(JOB_NAME,)),
    Command("enable-job", "enable a job that was disabled", _enable, arguments=(JOB_NAME,)),
    Command(
        "list-jobs",
        "list all jobs",
        _list,
        options=(Option("favourites", "only the favourite jobs of the account", short="f"), OUTPUT),
    ),
    Command("remove-favourite-job", "remove a job from the favourite jobs", _remove_favourite, arguments=(JOB_NAME,)),
    Command(
        "rename-job",
        "rename a job",
        _rename,
        options=(_DESCRIPTION,),
        arguments=(JOB_NAME, Argument("new-name", "the new name of the job")),
    ),
)
