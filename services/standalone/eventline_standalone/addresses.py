"""Where each service listens: the configuration file's wish, changed by the options, with 0 = any free port."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from eventline_standalone.errors import InvalidAddressError

SERVICES = ("executor", "scheduler", "notifier", "api", "connectors", "web")
LISTENING: Mapping[str, str] = {
    "api": "localhost:8085",
    "connectors": "localhost:8086",
    "web": "localhost:8087",
}
MONITORING: Mapping[str, str] = {
    "api": "localhost:9085",
    "connectors": "localhost:9086",
    "web": "localhost:9087",
    "scheduler": "localhost:9088",
    "executor": "localhost:9089",
    "notifier": "localhost:9090",
}
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not chosen


@dataclass(frozen=True)
class WantedPorts:
    """Ports given as options: None = as configured, 0 = any free one. `monitoring` is the first of six."""

    host: str | None = None
    api: int | None = None
    web: int | None = None
    connectors: int | None = None
    monitoring: int | None = None


@dataclass(frozen=True)
class Address:
    """A host and a port to listen on."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, member: str) -> "Address":
        """Read `host:port`, `[host]:port` or `:port`; raise InvalidAddressError naming the member otherwise."""
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdigit() or int(port) > 0xFFFF:
            raise InvalidAddressError(f'{member}: "{text}" is not an address; write host:port, as in localhost:8085')
        return cls(host.removeprefix("[").removesuffix("]"), int(port))

    def __str__(self) -> str:
        """Give the text for a configuration file."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable(self) -> "Address":
        """Give the address under which this machine reaches it."""
        return Address("localhost", self.port) if self.host in EVERYWHERE else self


@dataclass(frozen=True)
class Addresses:
    """All addresses by service; a service without monitoring has no entry there."""

    listening: Mapping[str, Address]
    monitoring: Mapping[str, Address] = field(default_factory=dict)


def plan_addresses(document: Mapping[str, object], wanted: WantedPorts, *, free_port: Callable[[], int]) -> Addresses:
    """Decide every address from the configuration document and the options."""
    ports = {"api": wanted.api, "connectors": wanted.connectors, "web": wanted.web}
    listening = {name: configured(document, f"{name}_http_server", "address", LISTENING[name]) for name in LISTENING}
    monitoring = {name: configured(document, "monitoring", name, MONITORING[name]) for name in MONITORING}
    return Addresses(
        {
            name: settle(address, wanted.host, ports[name], free_port)
            for name, address in listening.items()
            if address is not None
        },
        {
            name: settle(address, None, nth_port(wanted.monitoring, position), free_port)
            for position, (name, address) in enumerate(monitoring.items())
            if address is not None
        },
    )


def configured(document: Mapping[str, object], block: str, member: str, default: str) -> Address | None:
    """Give the address that the document names, or the default; None when it is switched off with an empty text."""
    content = document.get(block)
    text = content.get(member) if isinstance(content, Mapping) else None
    if text is None:
        text = default
    return Address.parse(str(text), member=f"{block}.{member}") if text != "" else None


def nth_port(first: int | None, position: int) -> int | None:
    """Give the port at this position of a row that begins with `first`; 0 and None stand for all."""
    return first + position if first else first


def settle(address: Address, host: str | None, port: int | None, free_port: Callable[[], int]) -> Address:
    """Apply what the options say; replace port 0 by a free one."""
    wished = address.port if port is None else port
    return Address(address.host if host is None else host, wished or free_port())
