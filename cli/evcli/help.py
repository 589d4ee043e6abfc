"""Help texts and usage lines (contract evcli, section 2)."""

from collections.abc import Iterable, Sequence

from evcli.arguments import GLOBAL_OPTIONS, Option
from evcli.command import Command
from evcli.terminal import Color, Terminal

DESCRIPTION = "Command line interface for the Eventline job scheduling platform."
PROGRAM_USAGE = "evcli GLOBAL-OPTIONS <command> COMMAND-OPTIONS"


def usage_of(command: Command) -> str:
    """Return the usage line of a command."""
    return " ".join(
        (f"evcli GLOBAL-OPTIONS {command.name} COMMAND-OPTIONS", *(argument.usage() for argument in command.arguments))
    )


def print_program_help(terminal: Terminal, commands: Iterable[Command]) -> None:
    """Print what the program is, its commands and its options."""
    terminal.note(f"Usage: {PROGRAM_USAGE}", "", DESCRIPTION)
    listed = sorted((command.name, command.description) for command in commands)
    _print_section(terminal, "COMMANDS", listed)
    _print_section(terminal, "OPTIONS", _describe(GLOBAL_OPTIONS))


def print_command_help(terminal: Terminal, command: Command) -> None:
    """Print what a command does, its arguments and its options."""
    sentences = [sentence for sentence in (command.description, command.details) if sentence]
    described = " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)
    terminal.note(f"Usage: {usage_of(command)}", "", described)
    _print_section(terminal, "ARGUMENTS", [(a.usage(), a.description) for a in command.arguments])
    _print_section(terminal, "GLOBAL OPTIONS", _describe(GLOBAL_OPTIONS))
    _print_section(terminal, "COMMAND OPTIONS", _describe(command.options))


def _print_section(terminal: Terminal, title: str, entries: Sequence[tuple[str, str]]) -> None:
    if not entries:
        return
    width = max(len(name) for name, _ in entries)
    lines = (f"{terminal.paint_error(name.ljust(width), Color.GREEN)}  {text}" for name, text in entries)
    terminal.note("", terminal.paint_error(title, Color.YELLOW), "", *lines)


def _describe(options: Iterable[Option]) -> list[tuple[str, str]]:
    return [(spell(option), _explain(option)) for option in sorted(options, key=lambda option: option.name)]


def spell(option: Option) -> str:
    """Return every way to write an option, and its value."""
    value = f" <{option.value}>" if option.value else ""
    return ", ".join(option.spellings()) + value


def _explain(option: Option) -> str:
    return option.description + (f" ({', '.join(option.choices)})" if option.choices else "")
