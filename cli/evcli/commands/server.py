"""The server that the configuration names."""

from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.output import show_object, show_tree


def _describe(call: Call) -> None:
    show_object(call, call.api.get("version"), show_tree)


COMMANDS = (
    Command("describe-server", "print information about the server", _describe, options=(OUTPUT,), uses_project=False),
)
