"""The HTTP routes of the connectors."""

from fastapi import FastAPI
from starlette.responses import Response

from eventline_common.http.errors import answer_errors
from eventline_common.http.gateway import Gateway


def build_application(*, log_successful_requests: bool = False) -> Gateway:
    """Return the application: for now it tells that the server answers."""
    app = FastAPI(title="Eventline connectors", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    answer_errors(app)

    @app.get("/status", status_code=204)
    async def status() -> Response:
        return Response(status_code=204)

    return Gateway(app, name="connectors", log_successful_requests=log_successful_requests)
