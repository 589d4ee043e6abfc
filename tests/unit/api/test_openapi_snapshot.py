"""The OpenAPI document: the committed snapshot, examples, links."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from eventline_api.openapi import openapi
from eventline_common.http.json_response import encode
from eventline_common.http.openapi_examples import MissingExample, add_examples, example_of

SNAPSHOT = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"
DOCUMENT = openapi()


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every body of a request and every body of an answer, errors included."""
    bodies = dict(DOCUMENT["components"]["responses"])
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            bodies[f"{method.upper()} {path} request"] = operation.get("requestBody", {})
            for status, response in operation["responses"].items():
                bodies[f"{method.upper()} {path} {status}"] = response
    for name, body in bodies.items():
        for media, content in body.get("content", {}).items():
            yield f"{name} {media}", content


CONTENTS = dict(contents())


def test_the_snapshot_is_the_document_of_this_source() -> None:
    assert json.loads(SNAPSHOT.read_bytes()) == json.loads(encode(DOCUMENT)), (
        "the interface has changed: run `make openapi`, and read what it changed in docs/reference/openapi.json"
    )


def test_the_snapshot_is_written_as_the_target_writes_it() -> None:
    assert SNAPSHOT.read_bytes() == encode(DOCUMENT)


@pytest.mark.parametrize("place", [place for place in CONTENTS if "/docs" not in place])
def test_every_body_has_an_example_that_fits(place: str) -> None:
    content = CONTENTS[place]

    assert "example" in content, f"{place} needs an example"
    if "json" in place:
        schema = {**content["schema"], "components": {"schemas": DOCUMENT["components"]["schemas"]}}
        jsonschema_rs.Draft202012Validator(schema).validate(json.loads(encode(content["example"])))


def test_every_link_leads_to_an_operation_with_the_variable_it_fills() -> None:
    operations = {
        operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()
    }
    links = [
        link
        for operation in operations.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]

    assert len(links) > 100
    for link in links:
        variables = {each["name"] for each in operations[link["operationId"]]["parameters"] if each["in"] == "path"}
        assert set(link["parameters"]) <= variables


def test_an_object_links_to_every_route_below_its_address() -> None:
    created = DOCUMENT["paths"]["/projects"]["post"]["responses"]["201"]["links"]
    listed = DOCUMENT["paths"]["/projects"]["get"]["responses"]["200"]["links"]

    below = [path for path in DOCUMENT["paths"] if path.startswith("/projects/id/{id}")]
    assert len(created) == len(listed) == sum(len(DOCUMENT["paths"][path]) for path in below)
    assert created["projects_fetch"]["parameters"] == {"id": "$response.body#/id"}
    assert listed["projects_fetch"]["parameters"] == {"id": "$response.body#/elements/0/id"}


def test_a_field_that_nobody_can_guess_needs_an_example() -> None:
    with pytest.raises(MissingExample, match=r"Thing\.color has no example: give its field examples="):
        example_of(
            {"$ref": "#/Thing"}, {"Thing": {"type": "object", "properties": {"color": {"type": "string"}}}}, place=""
        )


def test_an_example_that_is_there_stays() -> None:
    content = {"schema": {"type": "string"}, "example": "mine"}
    operation = {"responses": {"200": {"content": {"application/json": content}}}}

    add_examples({"components": {"schemas": {}}, "paths": {"/": {"get": operation}}})

    assert content["example"] == "mine"
