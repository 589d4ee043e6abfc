"""What the requests of an application may use, built once by its composition root."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.http.bodies import DEFAULT_LIMIT, decode_json, read_body
from eventline_common.http.key_lookups import KeyLookups
from eventline_common.http.last_uses import LastUses

SESSION_IDLE_LIMIT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The parts of a running application; kept in `app.state.platform`."""

    database: Database
    bus: Bus
    clock: Clock
    key_lookups: KeyLookups
    last_uses: LastUses
    session_retention: timedelta | None = None
    request_body_limit: int = DEFAULT_LIMIT


def platform_of(connection: HTTPConnection) -> Platform:
    """Return the platform of the application that serves a request."""
    platform = connection.app.state.platform
    assert isinstance(platform, Platform)
    return platform


async def _json_body(request: Request) -> object:
    return decode_json(await read_body(request, limit=platform_of(request).request_body_limit))


JSON_BODY = _json_body
# The decoded JSON body. Declare it after the caller and the path variables: they are checked first.
JsonBody = Annotated[Any, Depends(_json_body)]
