"""Projects."""

from evcli.arguments import Argument
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import project_by_name
from evcli.output import Column, show_elements, show_object, show_tree, text
from evcli.pagination import list_elements
from evcli.prompts import confirm

_NAME = Argument("name", "the name of the project", completes="projects")


def _list(call: Call) -> None:
    columns = (Column("id", text("id")), Column("name", text("name")))
    show_elements(call, list_elements(call.api, "projects"), columns)


def _describe(call: Call) -> None:
    show_object(call, project_by_name(call, call.arguments[0]), show_tree)


def _create(call: Call) -> None:
    project = call.api.post("projects", body={"name": call.arguments[0]})
    call.terminal.info(f"project {project['name']} created")


def _rename(call: Call) -> None:
    name, new_name = call.arguments
    id = project_by_name(call, name)["id"]
    call.api.put("projects", "id", id, body={"name": new_name})
    call.terminal.info(f"project {id} renamed")


def _delete(call: Call) -> None:
    name = call.arguments[0]
    project = project_by_name(call, name)
    question = (
        f'Project "{name}" will be deleted with everything it contains: jobs, job executions, events and identities. '
        "Do you want to continue?"
    )
    if not call.options.flag("yes") and not confirm(call.terminal, question):
        call.terminal.info("deletion cancelled")
        return
    call.api.delete("projects", "id", project["id"])


COMMANDS = (
    Command("create-project", "create a project", _create, arguments=(_NAME,), uses_project=False),
    Command(
        "delete-project",
        "delete a project and everything it contains",
        _delete,
        arguments=(_NAME,),
        uses_project=False,
    ),
    Command(
        "describe-project",
        "print information about a project",
        _describe,
        options=(OUTPUT,),
        arguments=(_NAME,),
        uses_project=False,
    ),
    Command("list-projects", "list all projects", _list, options=(OUTPUT,), uses_project=False),
    Command(
        "rename-project",
        "rename a project",
        _rename,
        arguments=(_NAME, Argument("new-name", "the new name of the project")),
        uses_project=False,
    ),
)
