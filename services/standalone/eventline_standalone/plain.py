"""`eventline -c <file>`: all services with the servers that the file names, in the foreground, keeping no files."""

import os
from collections.abc import Mapping
from pathlib import Path

from eventline_common.embedded.ports import free_port
from eventline_common.logging import configure_logging, get_logger
from eventline_common.settings import load_settings
from eventline_standalone.addresses import WantedPorts, plan_addresses
from eventline_standalone.configuration import number
from eventline_standalone.errors import StandaloneError
from eventline_standalone.migration_step import run_migrations
from eventline_standalone.options import ServiceFlags
from eventline_standalone.parts import Stage
from eventline_standalone.service_parts import ServicePlan, require_free_addresses, service_stages
from eventline_standalone.starting_point import read_starting_point
from eventline_standalone.supervisor import Supervisor, Watching

SPARE_SECONDS = 15.0


def run_plain(cfg_file: Path | None, flags: ServiceFlags) -> int:
    """Migrate, start all services, and return 0 after SIGINT or SIGTERM once they have ended.

    Their log lines go to standard error, as those of one server.
    """
    settings = load_settings(cfg_file, os.environ)
    if cfg_file is None:
        raise StandaloneError("name a configuration file with --cfg-file, or start everything with: eventline up")
    configure_logging(settings.logger, quiet=flags.quiet, debug_level=flags.debug_level)
    log = get_logger("eventline")
    configuration = cfg_file.resolve()
    document = read_starting_point(cfg_file, os.environ)
    stages = plain_stages(document, configuration, flags)
    watching = Watching(
        changed=lambda _parts: None,
        ready=lambda: log.info("eventline_started", configuration=str(configuration)),
        minute_passed=lambda: None,
    )
    Supervisor(stages, watching, log.info).run()
    return 0


def plain_stages(document: Mapping[str, object], configuration: Path, flags: ServiceFlags) -> list[Stage]:
    """Give the stages of the services, with the addresses of the file, after the migrations."""
    addresses = plan_addresses(document, WantedPorts(), free_port=free_port)
    require_free_addresses(addresses)
    grace = number(document, "executor", "shutdown_grace", 10) + number(document, "executor", "kill_delay", 5)
    plan = ServicePlan(configuration, addresses, logs=None, flags=flags.words, executor_stop=grace + SPARE_SECONDS)
    first, *others = service_stages(plan)
    return [Stage(first.parts, prepare=lambda: run_migrations(configuration, None)), *others]
