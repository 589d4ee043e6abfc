"""Says in an OpenAPI document where to go from an answer: what `GET /things/id/{id}` fetches has that address.

So a route that answers with such an object, a page of them, or an object that holds one, links to every route below
its address.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_VARIABLE = "{id}"


def add_links(document: Mapping[str, Any]) -> None:
    """Give each answer links to the routes of the objects that it holds."""
    schemas = document["components"]["schemas"]
    addresses = dict(_addresses(document, schemas))
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema")
            if status < "300" and schema is not None:
                links = dict(_links(document, schema, schemas, addresses))
                if links:
                    response["links"] = links


def _addresses(document: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the name of a schema and the path of what it describes."""
    for path, methods in document["paths"].items():
        if not path.endswith(f"/id/{_VARIABLE}"):
            continue
        fetched = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        name = _name(fetched.get("application/json", {}).get("schema", {}))
        if name and "id" in schemas[name].get("properties", {}):
            yield name, path


def _links(
    document: Mapping[str, Any], schema: Mapping[str, Any], schemas: Mapping[str, Any], addresses: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for pointer, name in _objects(schema, schemas):
        if name not in addresses:
            continue
        address = addresses[name]
        for path, methods in document["paths"].items():
            if path != address and not path.startswith(f"{address}/"):
                continue
            for operation in methods.values():
                id = operation["operationId"]
                yield id, {"operationId": id, "parameters": {"id": f"$response.body#{pointer}"}}


def _objects(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give pointers to the identifiers in an answer, with the name of the schema of their object."""
    if schema.get("type") == "array":
        yield "/0/id", _name(schema["items"])
        return
    name = _name(schema)
    if not name:
        return
    yield "/id", name
    for member, value in schemas[name].get("properties", {}).items():
        if value.get("type") == "array":
            yield f"/{member}/0/id", _name(value["items"])
        else:
            yield f"/{member}/id", _name(value)


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1] if "$ref" in schema else ""


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for methods in document["paths"].values() for operation in methods.values())
