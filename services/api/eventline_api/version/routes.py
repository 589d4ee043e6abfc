"""`GET /version`."""

from importlib.metadata import version as installed_version

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from eventline_common.http.callers import ApiCaller
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse

router = APIRouter(tags=["version"])

VERSION = installed_version("eventline")


class VersionView(BaseModel):
    """A release."""

    version: str = Field(examples=["2.0.0"])


@router.get("/version", summary="Fetch the release of the server", responses=answers(200, VersionView))
async def fetch(_: ApiCaller) -> Response:
    return JsonResponse({"version": VERSION})
