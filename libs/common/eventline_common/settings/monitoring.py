"""Settings of the listeners for health and metrics, one for each service."""

from dataclasses import dataclass, fields

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class MonitoringSettings:
    """Settings `monitoring`: an address for each service, empty to have no such listener."""

    api: str = "localhost:9085"
    web: str = "localhost:9087"
    connectors: str = "localhost:9086"
    scheduler: str = "localhost:9088"
    executor: str = "localhost:9089"
    notifier: str = "localhost:9090"


def read_monitoring(block: Block) -> MonitoringSettings:
    """Read `monitoring`."""
    default = MonitoringSettings()
    return MonitoringSettings(
        **{
            service.name: block.address(service.name, getattr(default, service.name), may_be_empty=True)
            for service in fields(default)
        }
    )
