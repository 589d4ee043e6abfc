"""Reads the SQL files that lie beside the migrations."""

from collections.abc import Iterator
from importlib.resources import files


def read_sql(name: str) -> Iterator[str]:
    """Yield the statements of a file; each ends with a semicolon at the end of a line."""
    text = (files("eventline_common.db.migrations") / "versions" / name).read_text()
    for statement in text.split(";\n"):
        if lines := [line for line in statement.splitlines() if line.strip() and not line.startswith("--")]:
            yield "\n".join(lines)
