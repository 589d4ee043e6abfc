"""The HTTP routes of the connectors."""

from fastapi import FastAPI
from starlette.responses import Response

from eventline_common.http.errors import answer_errors
from eventline_common.http.gateway import Gateway, Observe
from eventline_common.http.request_metrics import PlainRoute
from eventline_common.tracing import NO_TRACING, Tracing
from eventline_connectors.github import routes as github
from eventline_connectors.github.routes import GithubHooks
from eventline_connectors.webhook import routes as webhook
from eventline_connectors.webhook.routes import WebhookRequests


def build_application(
    github_hooks: GithubHooks,
    webhook_requests: WebhookRequests,
    *,
    log_successful_requests: bool = False,
    observe: Observe | None = None,
    tracing: Tracing = NO_TRACING,
) -> Gateway:
    """Return the application: the status, and the addresses that senders deliver to."""
    app = FastAPI(title="Eventline connectors", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    answer_errors(app)

    @app.get("/status", status_code=204)
    async def status() -> Response:
        return Response(status_code=204)

    # Plain routes: what senders wait for is the commit, nothing else.
    app.router.routes += [
        PlainRoute(github.PATH, github_hooks.receive, methods=["POST"]),
        PlainRoute(webhook.PATH, webhook_requests.receive, methods=["POST"]),
    ]
    return Gateway(
        app, name="connectors", log_successful_requests=log_successful_requests, observe=observe, tracing=tracing
    )
