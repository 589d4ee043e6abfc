"""What a command is: its place on the command line, and what it needs before it can run."""

from collections.abc import Callable
from dataclasses import dataclass

from evcli.arguments import Argument, Option
from evcli.call import Call

OUTPUT_FORMATS = ("table", "json", "yaml")
OUTPUT = Option("output", "the format of the output", short="o", value="format", choices=OUTPUT_FORMATS)


@dataclass(frozen=True)
class Command:
    """A command; by default it needs an API key and a project, as most do (contract evcli, section 8)."""

    name: str
    description: str
    run: Callable[[Call], None]
    options: tuple[Option, ...] = ()
    arguments: tuple[Argument, ...] = ()
    needs_key: bool = True
    uses_project: bool = True
    checks_for_update: bool = True
    options_end_at_argument: bool = False
    details: str = ""
