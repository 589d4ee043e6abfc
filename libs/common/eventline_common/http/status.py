"""`HEAD /status` and `GET /status`: the process answers (contract http-api, section 2)."""

from fastapi import APIRouter
from starlette.responses import Response

from eventline_common.http.callers import Public
from eventline_common.http.json_response import no_content

router = APIRouter()


@router.get("/status", status_code=204, tags=["status"], summary="Tell that the server answers")
async def status(_: Public) -> Response:
    return no_content()
