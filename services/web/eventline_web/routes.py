"""The HTTP routes of the web server."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from eventline_common.http.errors import answer_errors
from eventline_common.http.gateway import Gateway, Observe
from eventline_common.http.logged_paths import WEBHOOK_REQUESTS
from eventline_web.callbacks import CallbackGateway
from eventline_web.hooks import HookGateway
from eventline_web.pages import front_page


def build_application(
    hooks: HookGateway,
    callbacks: CallbackGateway,
    *,
    api_uri: str,
    log_successful_requests: bool = False,
    observe: Observe | None = None,
) -> Gateway:
    """Return the application: the status, the front page, OAuth2 callbacks, and the way through to the connectors."""
    app = FastAPI(title="Eventline web", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    answer_errors(app)

    @app.get("/status", status_code=204)
    async def status() -> Response:
        return Response(status_code=204)

    @app.get("/")
    async def front() -> Response:
        return front_page(api_uri)

    @app.post("/ext/connectors/github/hooks/{target:path}")
    async def github_hook(request: Request) -> Response:
        return await hooks.pass_on(request)

    @app.post(WEBHOOK_REQUESTS + "{target}")
    async def webhook_request(request: Request) -> Response:
        return await hooks.pass_on(request)

    @app.get("/ext/connectors/{connector}/{type}")
    async def oauth2_callback(request: Request, connector: str, type: str) -> Response:
        return await callbacks.answer(request, connector, type)

    return Gateway(app, name="web", log_successful_requests=log_successful_requests, observe=observe)
