"""`completion`: a script that teaches a shell our commands and options."""

from evcli.arguments import Argument
from evcli.call import Call
from evcli.command import Command
from evcli.completions import COMPLETIONS
from evcli.errors import EvcliError


def _completion(call: Call) -> None:
    from evcli.commands.registry import all_commands

    shell = call.arguments[0]
    if shell not in COMPLETIONS:
        raise EvcliError(f'unknown shell "{shell}"; shells: {", ".join(sorted(COMPLETIONS))}')
    commands = sorted(all_commands(), key=lambda command: command.name)
    call.terminal.data(COMPLETIONS[shell](commands))


COMMANDS = (
    Command(
        "completion",
        "print a completion script for a shell",
        _completion,
        arguments=(Argument("shell", "the name of the shell: bash, zsh or fish", completes="shells"),),
        needs_key=False,
        uses_project=False,
        checks_for_update=False,
    ),
)
