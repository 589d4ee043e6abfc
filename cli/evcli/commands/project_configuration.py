"""Everything that is configured about the current project, as one document."""

from pathlib import Path

from evcli.arguments import Argument
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.errors import EvcliError
from evcli.job_files import read_text_file
from evcli.output import show_document, show_object, show_tree
from evcli.yaml_reader import InvalidYaml, read_yaml


def _describe(call: Call) -> None:
    configuration = call.api.get("projects", "id", call.api.project_id, "configuration")
    if not show_document(call, configuration, default="yaml"):
        show_object(call, configuration, show_tree)


def _configure(call: Call) -> None:
    path = Path(call.arguments[0])
    try:
        configuration = read_yaml(read_text_file(path))
    except InvalidYaml as error:
        raise EvcliError(f'cannot decode file "{path}": {error}') from error
    project = call.api.put("projects", "id", call.api.project_id, "configuration", body=configuration)["project"]
    call.terminal.info(f"project {project['name']} configured")


COMMANDS = (
    Command(
        "configure-project",
        "replace the name, the settings and the notification settings of the project",
        _configure,
        arguments=(Argument("path", "a file as describe-project-configuration prints it", completes="files"),),
    ),
    Command(
        "describe-project-configuration",
        "print the name, the settings and the notification settings of the project",
        _describe,
        options=(OUTPUT,),
    ),
)
