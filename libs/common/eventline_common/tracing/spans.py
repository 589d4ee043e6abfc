"""Spans, which do nothing as long as nobody wants to see them.

Where a span belongs is said by a `traceparent` (W3C Trace Context), a short text that is stored with an execution: so a
trace goes on in another process, and nothing depends on it.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from eventline_common.settings import Settings

Attributes = Mapping[str, str | int]

_CURRENT: ContextVar[str | None] = ContextVar("trace_parent", default=None)


def current_trace_parent() -> str | None:
    """Return the `traceparent` of the request that is being answered, None when it is not traced."""
    return _CURRENT.get()


class Span(Protocol):
    """A piece of work that has begun."""

    @property
    def trace_parent(self) -> str | None:
        """What others name as the parent of their spans."""

    def end(self, *, name: str = "", error: str | None = None, attributes: Attributes | None = None) -> None:
        """End it, under a better name if there is one by now."""


class Tracing(Protocol):
    """Begins spans."""

    def begin(
        self,
        name: str,
        *,
        parent: str | None = None,
        start: datetime | None = None,
        attributes: Attributes | None = None,
    ) -> Span:
        """Begin a span, now or at an earlier time; without a parent it is the root of a trace."""


class _NoSpan:
    trace_parent = None

    def end(self, *, name: str = "", error: str | None = None, attributes: Attributes | None = None) -> None:
        """Do nothing."""


NO_SPAN: Span = _NoSpan()


class _NoTracing:
    def begin(
        self,
        name: str,  # noqa: ARG002 - nothing is done with it
        *,
        parent: str | None = None,  # noqa: ARG002 - nothing is done with it
        start: datetime | None = None,  # noqa: ARG002 - nothing is done with it
        attributes: Attributes | None = None,  # noqa: ARG002 - nothing is done with it
    ) -> Span:
        """Begin nothing."""
        return NO_SPAN


NO_TRACING: Tracing = _NoTracing()


class RequestSpan:
    """The span of a request, which is the current one for whatever runs while it is answered."""

    def __init__(self, tracing: Tracing, method: str, parent: str | None) -> None:
        self._span = tracing.begin(method, parent=parent, attributes={"http.request.method": method})
        self._method = method
        self._token = _CURRENT.set(self._span.trace_parent)

    def end(self, *, route: str, status: int) -> None:
        """End it, named after the route."""
        _CURRENT.reset(self._token)
        attributes: dict[str, str | int] = {"http.route": route, "http.response.status_code": status}
        error = f"answered with {status}" if status >= 500 else None
        self._span.end(name=f"{self._method} {route}".rstrip(), error=error, attributes=attributes)


def start_tracing(settings: "Settings", service: str, stack: AsyncExitStack) -> Tracing:
    """Return the tracing of a service, which does nothing without the setting `tracing`."""
    if settings.tracing is None:
        return NO_TRACING
    from eventline_common.tracing.opentelemetry import OpenTelemetry

    tracing = OpenTelemetry(settings.tracing, service)
    stack.push_async_callback(tracing.close)
    return tracing
