"""Traces from a request or an event to the programs of a job, off by default."""

from eventline_common.tracing.spans import NO_SPAN, NO_TRACING, Span, Tracing, current_trace_parent

__all__ = ["NO_SPAN", "NO_TRACING", "Span", "Tracing", "current_trace_parent"]
