"""`eventline up`: the whole platform on one machine, embedded servers included."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from eventline_common.embedded.directory_lock import lock_directory
from eventline_common.embedded.nats import NatsOptions
from eventline_common.embedded.ports import free_port
from eventline_common.embedded.postgresql import PostgresqlOptions
from eventline_common.settings import load_settings
from eventline_standalone.addresses import Addresses, plan_addresses
from eventline_standalone.configuration import (
    Decided,
    complete_document,
    named_server,
    number,
    render_document,
    web_uri,
)
from eventline_standalone.data_directory import DataDirectory, write_private
from eventline_standalone.embedded_parts import NatsStarter, PostgresqlStarter
from eventline_standalone.leftovers import end_leftovers
from eventline_standalone.log_rotation import rotate_logs
from eventline_standalone.migration_step import run_migrations
from eventline_standalone.options import UpOptions
from eventline_standalone.parts import PartReport, Stage
from eventline_standalone.service_parts import ServicePlan, require_free_addresses, service_stages
from eventline_standalone.starting_point import read_starting_point
from eventline_standalone.state_file import WrittenState, read_state, write_state
from eventline_standalone.summary import Running, render_summary
from eventline_standalone.supervisor import Supervisor, Watching
from eventline_standalone.terminal import Terminal

SPARE_SECONDS = 15.0


def up(options: UpOptions, terminal: Terminal) -> int:
    """Start everything, print where it is, and return 0 after SIGINT or SIGTERM once all of it has ended."""
    directory = DataDirectory(options.data_directory.resolve())
    directory.create()
    lock = lock_directory(directory.path, purpose="eventline up", wait=0)
    try:
        run_in(directory, options, terminal)
    finally:
        lock.release()
    return 0


def run_in(directory: DataDirectory, options: UpOptions, terminal: Terminal) -> None:
    """Plan and run, inside a data directory that is ours now."""
    end_previous(directory, terminal)
    start = read_starting_point(options.cfg_file, os.environ)
    addresses = plan_addresses(start, options.ports, free_port=free_port)
    require_free_addresses(addresses)
    key = str(start.get("encryption_key") or directory.read_or_make_key())
    plan = Plan(directory, options, start, addresses, servers(directory, options, start), key, terminal)
    Supervisor(plan.stages(), plan.watching(), terminal.log).run()


def end_previous(directory: DataDirectory, terminal: Terminal) -> None:
    """Wait for what a killed supervisor left, so that its ports and executions are free."""
    state = read_state(directory.state)
    left = end_leftovers(state.parts, str(directory.configuration)) if state else []
    if left:
        terminal.log("previous_services_ended", parts=",".join(left))


@dataclass(frozen=True)
class Servers:
    """PostgreSQL and NATS: embedded ones to start, or the addresses of others."""

    postgresql: PostgresqlStarter | None
    nats: NatsStarter | None
    given_pg_uri: str
    given_nats_uri: str

    @property
    def pg_uri(self) -> str:
        """Give the address; of an embedded one once it has started."""
        return self.postgresql.uri if self.postgresql else self.given_pg_uri

    @property
    def nats_uri(self) -> str:
        """Give the address; of an embedded one once it has started."""
        return self.nats.uri if self.nats else self.given_nats_uri


def servers(directory: DataDirectory, options: UpOptions, start: Mapping[str, object]) -> Servers:
    """Decide: an option, else the configuration file, else an embedded server."""
    pg_uri = options.pg_uri or named_server(start, "pg")
    nats_uri = options.nats_uri or named_server(start, "nats")
    postgresql = PostgresqlStarter(PostgresqlOptions(directory.postgresql, options.pg_port))
    nats = NatsStarter(NatsOptions(directory.nats, options.nats_port, sync_always=options.nats_sync_always))
    return Servers(None if pg_uri else postgresql, None if nats_uri else nats, pg_uri or "", nats_uri or "")


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before the first program starts."""

    directory: DataDirectory
    options: UpOptions
    start: Mapping[str, object]
    addresses: Addresses
    servers: Servers
    encryption_key: str
    terminal: Terminal
    began: float = field(default_factory=time.monotonic)

    def stages(self) -> list[Stage]:
        """Give the stages: the servers together, then, with configuration and schema in place, the services."""
        embedded = [server.part() for server in (self.servers.postgresql, self.servers.nats) if server]
        services = service_stages(self.service_plan())
        first = Stage(services[0].parts, prepare=self.prepare_services)
        return [Stage(embedded), first, *services[1:]]

    def service_plan(self) -> ServicePlan:
        """Give what the services have in common."""
        grace = number(self.start, "executor", "shutdown_grace", 10) + number(self.start, "executor", "kill_delay", 5)
        return ServicePlan(
            configuration=self.directory.configuration,
            addresses=self.addresses,
            logs=self.directory.path / "logs",
            flags=self.options.flags.words,
            executor_stop=grace + SPARE_SECONDS,
        )

    def prepare_services(self) -> None:
        """Write the configuration file, let the settings check it, and bring the schema to the newest revision."""
        decided = Decided(
            self.addresses,
            self.servers.pg_uri,
            self.servers.nats_uri,
            self.encryption_key,
            str(self.directory.executions),
        )
        write_private(self.directory.configuration, render_document(complete_document(self.start, decided)))
        load_settings(self.directory.configuration, os.environ)
        run_migrations(self.directory.configuration, self.directory.log("migrate"))

    def watching(self) -> Watching:
        """Say what happens at each change, when all is ready, and each minute."""
        return Watching(changed=self.write_state, ready=self.print_summary, minute_passed=self.rotate_logs)

    def write_state(self, parts: Sequence[PartReport]) -> None:
        """Tell `eventline status`."""
        write_state(self.directory.state, WrittenState(os.getpid(), parts))

    def print_summary(self) -> None:
        """Tell the person who started us."""
        running = Running(
            version=version("eventline"),
            addresses=self.addresses,
            web_uri=web_uri(self.start, self.addresses),
            pg_uri=self.servers.pg_uri,
            nats_uri=self.servers.nats_uri,
            data_directory=self.directory.path,
            seconds=time.monotonic() - self.began,
        )
        self.terminal.say(render_summary(running))

    def rotate_logs(self) -> None:
        """Keep the logs bounded."""
        root: Path = self.directory.path
        rotate_logs([*(root / "logs").glob("*.log"), *root.glob("*/server.log")])
