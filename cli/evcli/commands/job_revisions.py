"""The revisions of jobs: what was deployed, what has changed, and the way back."""

from evcli.arguments import Argument, Option
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import JOB_NAME, job_id
from evcli.errors import UsageError
from evcli.output import Column, instant, plain, show_document, show_elements, show_object, show_tree, text
from evcli.pagination import list_elements
from evcli.terminal import printable_lines

_NUMBER = Argument("number", "the number of the revision")


def _number(argument: str) -> int:
    if not (argument.isascii() and argument.isdigit() and len(argument) < 18):
        raise UsageError(f'invalid revision number "{argument}": it must be an integer')
    return int(argument)


def _revisions(call: Call, id: str) -> list[Object]:
    revisions = list_elements(call.api, "jobs", "id", id, "revisions")
    return sorted(revisions, key=lambda revision: int(revision["number"]), reverse=True)


def _list(call: Call) -> None:
    columns = (
        Column("number", text("number")),
        Column("creation", instant("creation_time")),
        Column("account", lambda revision: plain(revision.get("username") or revision.get("account_id"))),
        Column("state", lambda revision: "current" if revision.get("current") else ""),
    )
    show_elements(call, _revisions(call, job_id(call, call.arguments[0])), columns)


def _describe(call: Call) -> None:
    number = _number(call.arguments[1])
    id = job_id(call, call.arguments[0])
    revision = call.api.get("jobs", "id", id, "revisions", str(number))
    if not show_document(call, revision, default="yaml"):
        show_object(call, revision, show_tree)


def _diff(call: Call) -> None:
    id = job_id(call, call.arguments[0])
    newest = _revisions(call, id)[0]["number"]
    last = call.options.integer("to", least=1, default=int(newest))
    first = call.options.integer("from", least=0, default=last - 1)
    path = ("jobs", "id", id, "revisions", str(last), "diff")
    differences = call.api.get(*path, query=(("from", str(first)),))
    if not show_document(call, differences) and differences["text"]:
        call.terminal.data(printable_lines(differences["text"]))


def _roll_back(call: Call) -> None:
    number = _number(call.arguments[1])
    id = job_id(call, call.arguments[0])
    call.api.post("jobs", "id", id, "revisions", str(number), "roll_back")
    call.terminal.info(f"job {id} rolled back to revision {number}")


COMMANDS = (
    Command(
        "describe-job-revision",
        "print a revision of a job",
        _describe,
        options=(OUTPUT,),
        arguments=(JOB_NAME, _NUMBER),
    ),
    Command(
        "diff-job",
        "print what has changed between two revisions of a job, by default the last two",
        _diff,
        options=(
            Option("from", "the number of the older revision, 0 for nothing at all", value="number"),
            Option("to", "the number of the newer revision", value="number"),
            OUTPUT,
        ),
        arguments=(JOB_NAME,),
    ),
    Command("list-job-revisions", "list the revisions of a job", _list, options=(OUTPUT,), arguments=(JOB_NAME,)),
    Command("roll-back-job", "deploy an earlier revision of a job again", _roll_back, arguments=(JOB_NAME, _NUMBER)),
)
