"""Puts an example on every body of an OpenAPI document, put together from the examples of its fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventline_common.http.path_variables import EXAMPLE_ID, ID_PATTERN

_MOMENT = "2026-05-01T10:20:30Z"


class MissingExample(Exception):
    """A field whose value nobody can guess has no `examples=[...]`."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} has no example: give its field examples=[...]")


def add_examples(document: Mapping[str, Any]) -> None:
    """Give each JSON body of a document an example, unless it has one; raise MissingExample."""
    schemas = document["components"]["schemas"]
    for place, content in _contents(document):
        if "example" not in content and "schema" in content:
            content["example"] = example_of(content["schema"], schemas, place=place)


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], *, place: str) -> object:
    """Return a value that fits a schema; `schemas` are those that it may refer to."""
    if (known := _stated(schema)) is not None:
        return known
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return example_of(schemas[name], schemas, place=name)
    if alternatives := schema.get("anyOf"):
        given = next(each for each in alternatives if each.get("type") != "null")
        return example_of(given, schemas, place=place)
    if schema.get("type") == "object":
        members = schema.get("properties", {}).items()
        return {name: example_of(each, schemas, place=f"{place}.{name}") for name, each in members}
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas, place=place)]
    return _guessed(schema, place)


def _guessed(schema: Mapping[str, Any], place: str) -> object:
    if schema.get("type") == "boolean":
        return False
    if schema.get("format") == "date-time":
        return _MOMENT
    if schema.get("pattern") == ID_PATTERN:
        return EXAMPLE_ID
    raise MissingExample(place)


def _stated(schema: Mapping[str, Any]) -> object:
    examples: Sequence[object] = schema.get("examples") or schema.get("enum") or ()
    return examples[0] if examples else schema.get("const", schema.get("default"))


def _contents(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            bodies = {"request": operation.get("requestBody", {}), **_successes(operation)}
            for name, body in bodies.items():
                if content := body.get("content", {}).get("application/json"):
                    yield f"{method.upper()} {path} {name}", content


def _successes(operation: Mapping[str, Any]) -> dict[str, Any]:
    return {status: response for status, response in operation["responses"].items() if status < "300"}
