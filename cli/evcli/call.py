"""What a command is given: its arguments, the terminal, the configuration, and the API once it asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evcli.arguments import Values
from evcli.configuration import Configuration
from evcli.errors import EvcliError
from evcli.terminal import Terminal

if TYPE_CHECKING:
    from evcli.client import Client
    from evcli.transport import Transport

DEFAULT_PROJECT = "main"


@dataclass(frozen=True)
class Call:
    """One run of one command."""

    command: str
    options: Values
    arguments: tuple[str, ...]
    terminal: Terminal
    environment: Mapping[str, str]
    configuration: Configuration
    configuration_path: Path | None
    _client: "list[Client]" = field(default_factory=list)
    _transports: "list[Transport]" = field(default_factory=list)

    @property
    def api(self) -> "Client":
        """The API with the key of the user and, for commands that use one, the project."""
        if not self._client:
            self._client.append(connect(self, key=self.api_key()))
        return self._client[0]

    def api_key(self) -> str:
        """Return the API key; raise EvcliError with advice if there is none."""
        key = self.environment.get("EVENTLINE_API_KEY") or self.configuration.key
        if not key:
            raise EvcliError(
                'missing API key: run "evcli login", or set the environment variable EVENTLINE_API_KEY or the '
                'configuration entry "api.key"'
            )
        return key

    def enter_project(self) -> None:
        """Find the project of the command and use it in every request from now on."""
        self._client[:] = [self.api.in_project(find_project_id(self))]

    def open_transport(self) -> "Transport":
        """Return what sends requests until the command ends."""
        from evcli.transport import Transport

        transport = Transport(self.environment, self.terminal.debug)
        self._transports.append(transport)
        return transport

    def close(self) -> None:
        """Close the connections of the command."""
        for transport in self._transports:
            transport.close()


def connect(call: Call, *, key: str, endpoint: str | None = None) -> "Client":
    """Return a client for an endpoint, by default the configured one; nothing is sent yet."""
    from evcli.client import Client, check_header_value, parse_endpoint

    origin = parse_endpoint(call.configuration.endpoint if endpoint is None else endpoint)
    call.terminal.debug(1, f"using endpoint {origin}")
    key = check_header_value(key, "API key") if key else ""
    return Client(call.open_transport(), origin, key)


def find_project_id(call: Call) -> str:
    """Return the id of the project of a command; the first source that is given decides (evcli, section 6)."""
    from evcli.client import check_header_value

    id, name = _given_project(call)
    if id is not None:
        call.terminal.debug(1, f"using project id {id}")
        return check_header_value(id, "project id")
    if not name:
        raise EvcliError("invalid project name: it must not be empty")
    call.terminal.debug(1, f'using project "{name}"')
    project = call.api.get("projects", "name", name)
    return check_header_value(str(project["id"]), "project id")


def _given_project(call: Call) -> tuple[str | None, str]:
    id, name = call.options.text("project-id"), call.options.text("project-name")
    if id is not None or name is not None:
        return id, name or ""
    id = call.environment.get("EVENTLINE_PROJECT_ID") or None
    return id, call.environment.get("EVENTLINE_PROJECT_NAME") or DEFAULT_PROJECT
