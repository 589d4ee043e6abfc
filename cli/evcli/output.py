"""What reading commands print: a table or a description for people, JSON or YAML for programs."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from evcli.call import Call
from evcli.client import Object
from evcli.durations import format_instant
from evcli.table import print_table
from evcli.terminal import Color, printable, printable_lines


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, and what it shows of an element."""

    heading: str
    cell: Callable[[Object], str]


def text(member: str) -> Callable[[Object], str]:
    """Show a member as it is; an absent one is empty."""
    return lambda element: plain(element.get(member))


def instant(member: str) -> Callable[[Object], str]:
    """Show a date to the second."""
    return lambda element: format_instant(element.get(member))


def plain(value: object) -> str:
    """Write a JSON value for people: strings without quotes, nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Field:
    """A line of a description, and the lines that are indented under it."""

    label: str
    value: str = ""
    lines: Sequence[str] = field(default_factory=tuple)


def show_elements(call: Call, elements: Sequence[Object], columns: Sequence[Column], *, default: str = "table") -> None:
    """Print the elements of a collection in the format that the user wants."""
    if show_document(call, elements, default=default):
        return
    rows = [[column.cell(element) for column in columns] for element in elements]
    print_table(call.terminal, [column.heading for column in columns], rows)


def show_object(call: Call, element: Object, describe: Callable[[Object], Iterable[Field]]) -> None:
    """Print one object in the format that the user wants; fields without value and lines are left out."""
    if show_document(call, element):
        return
    lines: list[str] = []
    for shown in describe(element):
        if not shown.value and not shown.lines:
            continue
        label = call.terminal.paint(f"{shown.label}:", Color.YELLOW)
        lines.append(f"{label} {printable(shown.value)}" if shown.value else label)
        lines.extend(shown.lines)
    call.terminal.data(*lines)


def show_document(call: Call, document: object, *, default: str = "table", stream: bool = False) -> bool:
    """Print a value as JSON or YAML if that is the wanted format; say whether it was.

    In a stream of values each JSON value is a line, and each YAML value a document.
    """
    match call.options.text("output") or default:
        case "json":
            call.terminal.data(json.dumps(document, indent=None if stream else 2, ensure_ascii=False))
        case "yaml":
            from evcli.yaml_writer import dump_yaml

            start = "---\n" if stream else ""
            call.terminal.write_data((start + dump_yaml(document)).encode(errors="replace"))
        case _:
            return False
    return True


def show_tree(element: Object) -> Iterable[Field]:
    """Describe an object member by member, for objects whose members say it all."""
    for name, value in element.items():
        label = name.replace("_", " ").capitalize()
        if isinstance(value, dict):
            yield Field(label, lines=[f"  {printable(key)}: {printable(plain(item))}" for key, item in value.items()])
        elif isinstance(value, str) and "\n" in value.rstrip("\n"):
            yield Field(label, lines=indented(value))
        elif name.endswith("_time") or name == "time":
            yield Field(label, format_instant(value))
        else:
            yield Field(label, plain(value))


def indented(value: str) -> list[str]:
    """Return the lines of a text, indented and safe to print."""
    return [f"  {line}" for line in printable_lines(value).splitlines()]
