"""What the routes of the API ask for besides their caller: the time of the request and the parts of the API."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from eventline_api.platform import ApiPlatform, api_platform


async def _platform(request: Request) -> ApiPlatform:
    return api_platform(request)


async def _now(request: Request) -> datetime:
    return api_platform(request).clock.now()


# The parts of the API.
Api = Annotated[ApiPlatform, Depends(_platform)]

# The moment of the request: taken once.
Now = Annotated[datetime, Depends(_now)]
