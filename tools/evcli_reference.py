"""Writes the part of docs/reference/evcli.md that is made of the commands themselves.

python tools/evcli_reference.py            writes it
python tools/evcli_reference.py --check    fails if the file says something else than the program
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from evcli.arguments import GLOBAL_OPTIONS, Option
from evcli.command import Command
from evcli.commands.registry import all_commands
from evcli.help import spell, usage_of

DOCUMENT = Path(__file__).parents[1] / "docs" / "reference" / "evcli.md"
BEGIN = "<!-- Written by tools/evcli_reference.py: begin -->\n"
END = "<!-- end -->\n"


def main() -> int:
    """Write the file, or check it."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = f"{before}{BEGIN}{render(all_commands())}{END}{after}"
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(wanted)
    elif text != wanted:
        sys.stderr.write("docs/reference/evcli.md is out of date: run python tools/evcli_reference.py\n")
        return 1
    return 0


def render(commands: Iterable[Command]) -> str:
    """Return the sections about global options and about each command."""
    lines = ["", "### Global options", "", *_table(_options(GLOBAL_OPTIONS)), ""]
    for command in sorted(commands, key=lambda each: each.name):
        lines += [f"### {command.name}", "", f"`{usage_of(command)}`", "", _describe(command), ""]
        rows = [(f"`{each.usage()}`", each.description) for each in command.arguments]
        rows += _options(command.options)
        if rows:
            lines += [*_table(rows), ""]
    return "\n".join(lines) + "\n"


def _describe(command: Command) -> str:
    sentences = [command.description, *([command.details] if command.details else [])]
    if command.needs_key and not command.uses_project:
        sentences.append("not bound to a project")
    if not command.needs_key:
        sentences.append("needs no API key")
    return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)


def _options(options: Iterable[Option]) -> list[tuple[str, str]]:
    ordered = sorted(options, key=lambda option: option.name)
    return [(f"`{spell(option)}`", _explain(option)) for option in ordered]


def _explain(option: Option) -> str:
    choices = ", ".join(f"`{choice}`" for choice in option.choices)
    return option.description + (f": {choices}" if choices else "")


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for name, text in rows:
        yield f"| {name} | {text.replace('|', chr(92) + '|')} |"


if __name__ == "__main__":
    sys.exit(main())
