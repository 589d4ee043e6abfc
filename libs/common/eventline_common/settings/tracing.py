"""Settings of traces, which are sent to an OpenTelemetry collector."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eventline_common.settings.block import Block

ENDPOINT = "http://localhost:4318/v1/traces"


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """Settings `tracing`: where traces go (OTLP over HTTP), and which part of those that begin here, from 0 to 1."""

    endpoint: str = ENDPOINT
    sample_ratio: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_tracing(block: Block) -> TracingSettings:
    """Read `tracing`."""
    headers, ratio = block.block("headers"), block.number("sample_ratio", 1.0, least=0.0)
    if ratio > 1:
        block.wrong("sample_ratio", f"must be a number from 0 to 1, not {ratio:g}")
    return TracingSettings(
        endpoint=block.uri("endpoint", ENDPOINT, schemes=("http", "https")),
        sample_ratio=ratio,
        headers={name: headers.required(name) for name in headers.members()},
    )
