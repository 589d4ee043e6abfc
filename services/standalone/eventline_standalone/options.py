"""What a person may say to `eventline up`."""

from dataclasses import dataclass, field
from pathlib import Path

from eventline_standalone.addresses import WantedPorts


@dataclass(frozen=True)
class ServiceFlags:
    """What is passed on to each service."""

    quiet: bool = False
    debug_level: int | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """Give them as words of a command line."""
        debug = () if self.debug_level is None else ("--debug", str(self.debug_level))
        return (*(("-q",) if self.quiet else ()), *debug)


@dataclass(frozen=True)
class UpOptions:
    """The options of `eventline up`; ports: None = as configured, 0 = any free one."""

    data_directory: Path
    cfg_file: Path | None = None
    pg_uri: str | None = None
    nats_uri: str | None = None
    ports: WantedPorts = field(default_factory=WantedPorts)
    pg_port: int | None = None
    nats_port: int | None = None
    nats_sync_always: bool = False
    flags: ServiceFlags = field(default_factory=ServiceFlags)
