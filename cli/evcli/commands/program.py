"""The program itself: help and version."""

from evcli.arguments import Argument, Presence
from evcli.call import Call
from evcli.command import OUTPUT, Command
from evcli.commands.configuration import show_value
from evcli.errors import EvcliError
from evcli.help import print_command_help, print_program_help
from evcli.version import BUILD_ID


def _help(call: Call) -> None:
    from evcli.commands.registry import all_commands, find_command

    if not call.arguments:
        print_program_help(call.terminal, all_commands())
    for name in call.arguments:
        command = find_command(name)
        if command is None:
            raise EvcliError(f'unknown command "{name}"; "evcli help" lists all commands')
        print_command_help(call.terminal, command)


def _version(call: Call) -> None:
    if not show_value(call, {"build_id": BUILD_ID}):
        call.terminal.data(f"evcli {BUILD_ID}")


# They make no request and must answer at once, so they do not look for updates either.
COMMANDS = (
    Command(
        "help",
        "print help about the program or about commands",
        _help,
        arguments=(Argument("command", "the name of a command", Presence.REPEATED, completes="commands"),),
        needs_key=False,
        uses_project=False,
        checks_for_update=False,
    ),
    Command(
        "version",
        "print the version of the program",
        _version,
        options=(OUTPUT,),
        needs_key=False,
        uses_project=False,
        checks_for_update=False,
    ),
)
