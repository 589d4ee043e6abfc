"""What ruff, mypy and import-linter cannot see (`CONTRIBUTING.md`, house rules)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted(
    path
    for folder in ("libs", "services", "cli")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
ALL = SOURCES + sorted((ROOT / "tests").rglob("*.py"))

FILE_LINES = 400
FUNCTION_LINES = 50

SQL = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE \w+ |DELETE FROM|WITH \w+ AS)\b")
SQL_PLACES = re.compile(r"(/store\.py|/\w+_store\.py|/stores/|/executions/|/db/|/embedded/|/testing/)")
NOW = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("time", "time")}
# ids.py names an instant when none is given; monotonic time is not the time of day and free to use.
NOW_PLACES = {"clock.py", "ids.py"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", ALL, ids=relative)
def test_files_and_functions_keep_to_the_size_budget(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES, "split the file by noun"
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_sql_is_written_in_stores_and_in_the_ledger_only(path: Path) -> None:
    if SQL_PLACES.search(path.as_posix()):
        return
    found = [
        node.value.strip().splitlines()[0]
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_an_f_string_never_becomes_sql(path: Path) -> None:
    found = [
        ast.unparse(node)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.JoinedStr)
        and node.values
        and isinstance(node.values[0], ast.Constant)
        and SQL.match(str(node.values[0].value))
    ]
    assert found == [] or path.parts[-2] == "testing"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_only_the_clock_reads_the_time_of_day(path: Path) -> None:
    if path.name in NOW_PLACES or "cli" in path.parts or "eventline_standalone" in path.parts:
        return
    found = [
        ast.unparse(call)
        for call in calls(tree_of(path))
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, call.func.attr) in NOW
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_nothing_is_published_inside_a_transaction(path: Path) -> None:
    found = [
        ast.unparse(call)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.AsyncWith) and "transaction()" in "".join(ast.unparse(i) for i in node.items)
        for call in calls(ast.Module(body=node.body, type_ignores=[]))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "publish"
    ]
    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_only_composition_roots_read_the_settings_file_and_the_environment(path: Path) -> None:
    text = path.read_text()
    if any(
        part in path.as_posix()
        for part in ("/settings/", "/testing/", "/embedded/", "eventline_standalone", "/evcli/", "/runtime/process.py")
    ):
        return
    assert "load_settings(" not in text
    assert "os.environ" not in text or path.name in {"app.py", "__main__.py"}
