"""The command line: options and arguments of commands, and how tokens become both (contract evcli, section 2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from evcli.errors import UsageError


@dataclass(frozen=True)
class Option:
    """An option; without a `value` placeholder it is a flag."""

    name: str
    description: str
    short: str = ""
    value: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    def spellings(self) -> tuple[str, ...]:
        """Every way to write the option, short form first."""
        return (*((f"-{self.short}",) if self.short else ()), *(f"--{name}" for name in (self.name, *self.aliases)))


class Presence(Enum):
    """How many values an argument stands for."""

    MANDATORY = "one"
    OPTIONAL = "none or one"
    REPEATED = "any number"


@dataclass(frozen=True)
class Argument:
    """A positional argument; `completes` says what shells propose: a kind of names, or files."""

    name: str
    description: str
    presence: Presence = Presence.MANDATORY
    completes: str = ""

    def usage(self) -> str:
        """How the argument is written in the usage line."""
        match self.presence:
            case Presence.MANDATORY:
                return f"<{self.name}>"
            case Presence.OPTIONAL:
                return f"[<{self.name}>]"
            case Presence.REPEATED:
                return f"[<{self.name}>...]"


@dataclass(frozen=True)
class Values:
    """The options that were given, by name; a flag that was given has the value ""."""

    given: Mapping[str, str] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """Whether the option was given."""
        return name in self.given

    def text(self, name: str) -> str | None:
        """The value of an option, or None if it was not given."""
        return self.given.get(name)

    def integer(self, name: str, *, least: int, default: int) -> int:
        """The value of an option that takes a decimal integer; raise UsageError for anything else."""
        text = self.given.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 18) or int(text) < least:
            raise UsageError(f'invalid value "{text}" for option "--{name}": it must be an integer of at least {least}')
        return int(text)

    def with_values(self, other: "Values") -> "Values":
        """Return these values and those of `other`, which win."""
        return Values({**self.given, **other.given})


@dataclass(frozen=True)
class Invocation:
    """A command with its options and arguments, arguments by position."""

    options: Values
    arguments: tuple[str, ...]


GLOBAL_OPTIONS = (
    Option("debug", "print debug messages of this level and below", value="level"),
    Option("help", "print help and exit", short="h"),
    Option("no-color", "do not use colors"),
    Option("project-id", "the identifier of the project to use", value="id"),
    Option("project-name", "the name of the project to use", short="p", value="name", aliases=("project",)),
    Option("quiet", "do not print information messages", short="q"),
    Option("yes", "answer yes to all confirmations", short="y"),
)


def split_command(tokens: Sequence[str]) -> tuple[Values, str | None, Sequence[str]]:
    """Return the global options before the command, its name if there is one, and the tokens after it."""
    options = _by_spelling(GLOBAL_OPTIONS)
    given: dict[str, str] = {}
    position = 0
    while position < len(tokens) and _looks_like_option(tokens[position]):
        if tokens[position] == "--":
            position += 1
            break
        name, value, position = _take_option(tokens, position, options)
        given[name] = value
    if position == len(tokens):
        return Values(given), None, ()
    return Values(given), tokens[position], tokens[position + 1 :]


def parse_command(
    tokens: Sequence[str],
    options: Iterable[Option],
    arguments: Sequence[Argument],
    *,
    options_end_at_argument: bool = False,
) -> Invocation:
    """Separate the options of a command (its own or global) from its arguments.

    Options may stand after arguments, except where an argument can be any text (`options_end_at_argument`); `--` ends
    them in every case. Raise UsageError for what the command does not know and for a wrong number of arguments.
    """
    known = _by_spelling((*GLOBAL_OPTIONS, *options))
    given: dict[str, str] = {}
    positional: list[str] = []
    position = 0
    while position < len(tokens):
        word = tokens[position]
        if word == "--":
            positional.extend(tokens[position + 1 :])
            break
        if _looks_like_option(word) and not (options_end_at_argument and positional):
            name, value, position = _take_option(tokens, position, known)
            given[name] = value
        else:
            positional.append(word)
            position += 1
    if "help" not in given:
        _check_count(positional, arguments)
    return Invocation(Values(given), tuple(positional))


def _looks_like_option(word: str) -> bool:
    return word.startswith("-") and word != "-"


def _by_spelling(options: Iterable[Option]) -> Mapping[str, Option]:
    # Options of the command come last and win over global ones.
    return {spelling: option for option in options for spelling in option.spellings()}


def _take_option(tokens: Sequence[str], position: int, known: Mapping[str, Option]) -> tuple[str, str, int]:
    spelling, separator, value = tokens[position].partition("=")
    if not spelling.startswith("--"):
        spelling, separator, value = tokens[position], "", ""
    option = known.get(spelling)
    if option is None:
        raise UsageError(f'unknown option "{spelling}"')
    if not option.value:
        if separator:
            raise UsageError(f'option "{spelling}" takes no value')
        return option.name, "", position + 1
    if not separator:
        position += 1
        if position == len(tokens):
            raise UsageError(f'missing value for option "{spelling}"')
        value = tokens[position]
    if option.choices and value not in option.choices:
        raise UsageError(
            f'invalid value "{value}" for option "{spelling}": it must be one of {", ".join(option.choices)}'
        )
    return option.name, value, position + 1


def _check_count(given: Sequence[str], arguments: Sequence[Argument]) -> None:
    mandatory = [argument for argument in arguments if argument.presence is Presence.MANDATORY]
    if len(given) < len(mandatory):
        missing = ", ".join(argument.usage() for argument in mandatory[len(given) :])
        raise UsageError(f"missing argument(s): {missing}")
    if any(argument.presence is Presence.REPEATED for argument in arguments):
        return
    if not arguments and given:
        raise UsageError(f'unexpected arguments: "{given[0]}" is not an argument of this command')
    if len(given) > len(arguments):
        raise UsageError(f'too many arguments: "{given[len(arguments)]}" is one too much')
