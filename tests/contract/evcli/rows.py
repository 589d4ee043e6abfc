"""Rows of the contract: a command line with all that it prints, its exit status and its effect."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.contract.evcli.scene import Given, Scene

# What a row cannot know.
_UNKNOWN = {
    "«digits»": "[0-9]+",
    "«id»": "[0-9A-Za-z]{27}",
    "«started»": "(job execution started\\n)?",
    "«text»": ".+",
    "«key»": r"[0-9A-Za-z_\-]{20,}",
    "«duration»": r"\d+[a-zµ]+",
}


@dataclass(frozen=True)
class Row:
    """A command line, run in a scene with what is `given`; names in braces are those of the scene."""

    shows: str
    line: str
    stdout: str = ""
    stderr: str = ""
    status: int = 0
    given: Sequence[Given] = ()
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    then: Callable[[Scene], object] = lambda _: True

    @property
    def command(self) -> str:
        """The command of the line: its first word that is a command's name."""
        words = shlex.split(self.line)
        return next((word for word in words if re.fullmatch(r"[a-z]+(-[a-z]+)*", word)), "nothing")


def refusal(shows: str, line: str, message: str, **more: Any) -> Row:
    """A command line that fails with one error line."""
    return Row(shows, line, stderr=f"error: {message}\n", status=1, **more)


def misuse(shows: str, line: str, message: str, usage: str = "«text»") -> Row:
    """A command line that makes no sense: the error, an empty line, the usage."""
    return Row(shows, line, stderr=f"error: {message}\n\nUsage: {usage}\n", status=1)


def cases(rows: Sequence[Row]) -> pytest.MarkDecorator:
    """Run a test with each of the rows."""
    return pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.command}: {row.shows}") for row in rows])


def check(row: Row, scene: Scene) -> None:
    """Run the row as a real process and compare everything."""
    for given in row.given:
        given(scene)
    words = shlex.split(row.line.format_map(scene.names))
    environment = scene.environment({name: text.format_map(scene.names) for name, text in row.environment.items()})
    result = scene.evcli.run(*words, stdin=row.stdin, env=environment)
    assert matches(result.stderr, row.stderr, scene), f"stderr:\n{result.stderr}\nexpected:\n{row.stderr}"
    assert matches(result.stdout, row.stdout, scene), f"stdout:\n{result.stdout}\nexpected:\n{row.stdout}"
    assert result.status == row.status
    outcome = row.then(scene)
    assert outcome or outcome is None


def matches(text: str, expected: str, scene: Scene) -> bool:
    """Whether a text is the expected one, «…» standing for what nobody can know."""
    pattern = re.escape(expected.format_map(scene.names))
    for sign, unknown in _UNKNOWN.items():
        pattern = pattern.replace(re.escape(sign), unknown)
    return re.fullmatch(pattern, text) is not None


def table(heading: Sequence[str], *rows: Sequence[str]) -> tuple[str, str]:
    """Lay a table out as section 7 says: give what is on stderr, and what is on stdout.

    A cell `{name}` is an id, which has 27 characters.
    """
    cells = [list(heading), *map(list, rows)]
    widths = [max(_width(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(_pad, row, widths)) for row in cells]
    return f"{lines[0]}\n", "".join(f"{line}\n" for line in lines[1:])


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))


def _width(cell: str) -> int:
    return 27 if cell.startswith(("{", "«id»")) else len(cell)
