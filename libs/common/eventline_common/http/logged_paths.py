"""Paths as they may stand in logs: whoever knows the address of a webhook may send to it."""

WEBHOOK_REQUESTS = "/ext/connectors/webhook/requests/"


def logged_path(path: str) -> str:
    """Return what stands in logs for the path of a request."""
    return f"{WEBHOOK_REQUESTS}…" if path.startswith(WEBHOOK_REQUESTS) else path
