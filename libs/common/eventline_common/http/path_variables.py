"""Variables of paths: percent-decoded after splitting, so that a `%2F` stays in its segment (http-api, section 1)."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Path
from pydantic import WithJsonSchema

from eventline_common.errors import InvalidRouteVariable
from eventline_common.ids import is_id

# Only documented: checking is ours, in the order of the contract. 27 characters could say more than 20 bytes: the
# pattern leaves out what is beyond (but for a sliver).
ID_PATTERN = "^([0-9A-Z][0-9A-Za-z]{26}|a[0-9A-V][0-9A-Za-z]{25})$"
ID_SCHEMA = {"type": "string", "pattern": ID_PATTERN}
EXAMPLE_ID = "2QNx1cT9hZ5cVxFQy3cHvR6jM1a"
_ID = Path(description="An identifier (KSUID).", examples=[EXAMPLE_ID])


def read_id(name: str, text: str) -> str:
    """Return the identifier in a segment; raise InvalidRouteVariable if it is none."""
    value = unquote(text)
    if not is_id(value):
        raise InvalidRouteVariable(f'invalid route variable {name}: "{value}" is not an identifier')
    return value


def read_name(name: str, text: str) -> str:
    """Return the decoded text of a segment."""
    value = unquote(text, errors="replace")
    if "\x00" in value:
        raise InvalidRouteVariable(f"invalid route variable {name}: it holds a null character")
    return value


async def _id(id: Annotated[str, WithJsonSchema(ID_SCHEMA), _ID]) -> str:
    return read_id("id", id)


async def _name(name: Annotated[str, Path(description="A name.", examples=["main"])]) -> str:
    return read_name("name", name)


# `{id}` and `{name}` in the path of a route.
PathId = Annotated[str, Depends(_id)]
PathName = Annotated[str, Depends(_name)]
