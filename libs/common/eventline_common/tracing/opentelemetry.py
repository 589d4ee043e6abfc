"""Spans that are sent to an OpenTelemetry collector, in batches, from a thread of the library."""

import asyncio
from datetime import datetime
from importlib.metadata import version

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from eventline_common.settings import TracingSettings
from eventline_common.tracing.spans import Attributes, Span

_DEADLINE = 10
_NANOSECONDS = 1_000_000_000
_PROPAGATOR = TraceContextTextMapPropagator()


class _Span:
    """A span of the library."""

    def __init__(self, span: OtelSpan) -> None:
        self._span = span
        context = span.get_span_context()
        self.trace_parent: str | None = (
            f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
        )

    def end(self, *, name: str = "", error: str | None = None, attributes: Attributes | None = None) -> None:
        """End it."""
        if name:
            self._span.update_name(name)
        self._span.set_attributes(dict(attributes or {}))
        if error is not None:
            self._span.set_status(Status(StatusCode.ERROR, error))
        self._span.end()


class OpenTelemetry:
    """Traces of one service process."""

    def __init__(self, settings: TracingSettings, service: str) -> None:
        resource = Resource.create({"service.name": f"eventline-{service}", "service.version": version("eventline")})
        sampler = ParentBased(TraceIdRatioBased(settings.sample_ratio))
        self._provider = TracerProvider(resource=resource, sampler=sampler)
        exporter = OTLPSpanExporter(settings.endpoint, headers=dict(settings.headers), timeout=_DEADLINE)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
        self._tracer: Tracer = self._provider.get_tracer("eventline")

    def begin(
        self,
        name: str,
        *,
        parent: str | None = None,
        start: datetime | None = None,
        attributes: Attributes | None = None,
    ) -> Span:
        """Begin a span."""
        context = _PROPAGATOR.extract({"traceparent": parent}, Context()) if parent else Context()
        moment = int(start.timestamp() * _NANOSECONDS) if start is not None else None
        return _Span(self._tracer.start_span(name, context, attributes=dict(attributes or {}), start_time=moment))

    async def close(self) -> None:
        """Send what is left."""
        await asyncio.to_thread(self._provider.shutdown)
