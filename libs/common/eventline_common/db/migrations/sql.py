"""Reads the SQL files that lie beside the migrations."""

import re
from collections.abc import Iterator
from importlib.resources import files


def read_sql(name: str) -> Iterator[str]:
    """Yield the statements of a file; each ends with a semicolon at the end of a line."""
    text = (files("eventline_common.db.migrations") / "versions" / name).read_text()
    for statement in text.split(";\n"):
        if lines := [line for line in statement.splitlines() if line.strip() and not line.startswith("--")]:
            yield "\n".join(lines)


def drops_of(name: str) -> Iterator[str]:
    """Yield the statements that take back a file which only creates: everything that it made, all at once."""
    made: dict[str, list[str]] = {"TABLE": [], "SEQUENCE": []}
    for statement in read_sql(name):
        if found := re.match(r"CREATE (TABLE|SEQUENCE) (\w+)", statement):
            made[found[1]].append(found[2])
    for kind, names in made.items():
        if names:
            yield f"DROP {kind} {', '.join(names)}"
