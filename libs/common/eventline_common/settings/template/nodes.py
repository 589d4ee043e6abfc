"""The parsed form of a template."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Nil:
    """The word `nil`."""


@dataclass(frozen=True, slots=True)
class Dot:
    """The current value."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`; `$` alone is what the template was given."""

    name: str


@dataclass(frozen=True, slots=True)
class FunctionName:
    """The name of a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Fields:
    """`<operand>.a.b`."""

    operand: "Operand"
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A function with its arguments, or one value."""

    operands: tuple["Operand", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each one's result being the last argument of the next; may name the result."""

    commands: tuple[Command, ...]
    line: int
    variables: tuple[str, ...] = ()
    declares: bool = True


Operand = Literal | Nil | Dot | Variable | FunctionName | Fields | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is copied."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """A value that is printed, unless it only sets a variable."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    """Renders the first part when the value is true."""

    pipeline: Pipeline
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class With:
    """As If, the value being the dot of the first part."""

    pipeline: Pipeline
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Renders the first part for each element."""

    pipeline: Pipeline
    body: tuple["Node", ...]
    otherwise: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Break:
    """Ends the innermost range."""


@dataclass(frozen=True, slots=True)
class Continue:
    """Goes on with the next element of the innermost range."""


Node = Text | Output | If | With | Range | Break | Continue
