"""`docs/reference/http-api.md` names every route and every error of the API."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from eventline_api.openapi import openapi

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "http-api.md").read_text()
DOCUMENT = openapi()
CALLERS = {"anybody", "account", "project", "administrator"}

# Where what is wrong with a body is told.
SOURCES = ("libs/common/eventline_common/domain", "libs/common/eventline_common/catalog", "services/api")


def section(title: str) -> str:
    """Return the text below a heading of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """Return the cells of the rows of the tables in a section."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_every_route_is_in_the_table_with_its_caller() -> None:
    documented = {cells[0]: cells[1] for cells in rows("Routes") if " /" in cells[0]}
    routes = {
        f"{method.upper()} {path}": caller_of(operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }

    assert documented == routes, "the table of routes in docs/reference/http-api.md is not that of the API"
    assert set(documented.values()) <= CALLERS


def test_every_error_is_in_the_table_with_its_status() -> None:
    documented = {(cells[0], cells[1]) for cells in rows("Errors") if cells[0].isdecimal()}
    known: dict[str, set[str]] = {}
    for name in DOCUMENT["components"]["responses"]:
        status, *codes = name.split(".")
        for code in codes:
            known.setdefault(code, set()).add(status)
    known["route_not_found"] = {"404"}

    assert {code for _, code in documented} == known.keys(), "add the error to the table in docs/reference/http-api.md"
    assert [row for row in documented if row[0] not in known[row[1]]] == []


def test_every_code_of_validation_errors_is_named() -> None:
    text = section("Errors").split("Codes of validation errors:")[1]
    documented = set(re.findall(r"`([a-z_]+)`", text))

    missing = sorted(set(codes_in_source()) - documented)
    assert missing == [], "name the code below the table of errors in docs/reference/http-api.md"


def codes_in_source() -> Iterator[str]:
    """Give each code that a reader or a validation error is made with."""
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and len(node.args) >= 3:
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                    code = node.args[1]
                    if name in ("wrong", "ValidationError") and isinstance(code, ast.Constant):
                        yield str(code.value)


def caller_of(operation: dict[str, object]) -> str:
    """Return who may call an operation, in the words of the page."""
    return str(operation["x-caller"])
