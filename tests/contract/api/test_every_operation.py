"""What follows from the form of a route alone, asked of every operation of the OpenAPI document."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from eventline_api.openapi import openapi

from .givens import NOWHERE
from .stage import Stage, Theatre

SEGMENTS = {"{id}": NOWHERE, "{name}": "nothing-has-this-name", "{number}": "1"}


@dataclass(frozen=True)
class Operation:
    """A method and a path, and what it takes."""

    method: str
    path: str
    parameters: frozenset[str]
    takes_body: bool

    @property
    def name(self) -> str:
        """Return what the operation is called in the output of tests."""
        return f"{self.method} {self.path}"

    @property
    def well_formed(self) -> str:
        """Return the path with variables of the right form that name nothing."""
        return re.sub(r"\{\w+\}", lambda found: SEGMENTS[found[0]], self.path)


def operations() -> Iterator[Operation]:
    """Give every operation of the document."""
    for path, methods in openapi()["paths"].items():
        for method, operation in methods.items():
            names = frozenset(parameter["name"] for parameter in operation.get("parameters", []))
            yield Operation(method.upper(), path, names, "requestBody" in operation)


ALL = list(operations())
WITH_BODY = [operation for operation in ALL if operation.takes_body]
PAGED = [operation for operation in ALL if "after" in operation.parameters]
WITH_IDS = [operation for operation in ALL if "{id}" in operation.path]


@pytest.fixture(scope="module")
def anywhere(theatre: Theatre) -> Stage:
    """A project in which nothing is ever made."""
    return Stage.open(theatre)


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.name)
def test_a_body_that_is_not_json_is_refused_in_one_sentence(anywhere: Stage, operation: Operation) -> None:
    for content in (b"{", b"", b"\xff", b'"\\u0000"', b"[" * 200 + b"]" * 200):
        answer = anywhere.ask(operation.method, operation.well_formed, content=content)

        assert code_of(answer) == (400, "invalid_request_body"), answer.text
        assert "data" not in answer.json()


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.name)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(anywhere: Stage, operation: Operation) -> None:
    limit = anywhere.theatre.request_body_limit

    answer = anywhere.ask(operation.method, operation.well_formed, content=b" " * (limit + 1))

    assert code_of(answer) == (413, "request_body_too_large")
    assert answer.json()["data"] == {"limit": limit}


@pytest.mark.parametrize("operation", PAGED, ids=lambda operation: operation.name)
def test_a_page_has_a_size_from_0_to_100_and_a_sound_cursor(anywhere: Stage, operation: Operation) -> None:
    for query in ("size=101", "size=-1", "size=x", "sort=nothing", "order=up", "after=*", "before=YQ", "after=/w==",
                  "before=YQ==&after=YQ=="):  # fmt: skip
        answer = anywhere.ask(operation.method, f"{operation.well_formed}?{query}")

        assert code_of(answer) == (400, "invalid_query_parameter"), query

    if "{id}" not in operation.path:
        empty = anywhere.ask(operation.method, f"{operation.well_formed}?size=0&after=&before=&sort=&order=")
        assert (empty.status_code, empty.json()) == (200, {"elements": []}), "G-03"


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.name)
def test_an_identifier_has_27_characters(anywhere: Stage, operation: Operation) -> None:
    for id in ("x", "0" * 26, "0" * 28, "z" * 27, "%20" * 27, "-" * 27, "%2F", "%00", "%FF"):
        path = operation.path.replace("{id}", id).replace("{number}", "1")
        answer = anywhere.ask(operation.method, path, content=b"{}")

        assert code_of(answer) == (400, "invalid_route_variable"), path


def test_the_table_is_not_empty() -> None:
    assert min(len(WITH_BODY), len(PAGED), len(WITH_IDS)) > 10


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an answer."""
    return answer.status_code, answer.json().get("code", "")
