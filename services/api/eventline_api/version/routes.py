"""`GET /version` and `GET /health`: which release this is, and whether it has everything that it needs."""

from importlib.metadata import version as installed_version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from eventline_api.context import Api
from eventline_common.errors import Unavailable
from eventline_common.http.callers import ApiCaller, Public
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse

router = APIRouter(tags=["version"])

VERSION = installed_version("eventline")


class VersionView(BaseModel):
    """A release."""

    version: str = Field(examples=["2.0.0"])


class HealthView(BaseModel):
    """Everything is there; else the answer is 503."""

    status: Literal["ready"]


@router.get("/version", summary="Fetch the release of the server", responses=answers(200, VersionView))
async def fetch(_: ApiCaller) -> Response:
    return JsonResponse({"version": VERSION})


@router.get("/health", summary="Tell that the server has everything it needs", responses=answers(200, HealthView))
async def health(_: Public, api: Api) -> Response:
    # What exactly is missing is nothing for the public: the monitoring listener says it.
    if await api.readiness.missing():
        raise Unavailable("a part that the server needs is away for now; try again later")
    return JsonResponse({"status": "ready"})
