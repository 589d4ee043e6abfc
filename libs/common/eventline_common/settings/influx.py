"""Settings of what is sent to InfluxDB (service-config.md, section 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class InfluxSettings:
    """Settings `influx`."""

    bucket: str
    uri: str = "http://localhost:8086"
    org: str = ""
    token: str = field(default="", repr=False)
    batch_size: int = 10_000
    tags: Mapping[str, str] = field(default_factory=dict)
    log_requests: bool = False


def read_influx(block: Block) -> InfluxSettings:
    """Read `influx`."""
    tags = block.block("tags")
    return InfluxSettings(
        bucket=block.required("bucket"),
        uri=block.uri("uri", "http://localhost:8086", schemes=("http", "https")),
        org=block.text("org"),
        token=block.text("token"),
        batch_size=block.integer("batch_size", 10_000, least=1, zero=True),
        tags={name: tags.required(name) for name in tags.members()},
        log_requests=block.boolean("log_requests", False),
    )
