"""The services as parts: one process each, ready when their own health route says so."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eventline_common.embedded.child import Command, spawn
from eventline_common.embedded.ports import require_free
from eventline_standalone.addresses import Address, Addresses
from eventline_standalone.health import accepts_connections, answers_ready
from eventline_standalone.parts import Part, Stage

# Those that work start first and stop last; those through which the world comes in start last and stop first.
WORKERS = ("executor", "scheduler", "notifier")
WAYS_IN = ("api", "connectors", "web")
SERVICE_STOP = 25.0
EXECUTOR = "executor"


@dataclass(frozen=True)
class ServicePlan:
    """What all service processes have in common.

    `logs` is the folder of their log files; None = they write to our standard error. `executor_stop` is how long the
    executor may take to end what it runs.
    """

    configuration: Path
    addresses: Addresses
    logs: Path | None
    flags: tuple[str, ...] = ()
    executor_stop: float = 40.0


def service_stages(plan: ServicePlan) -> list[Stage]:
    """Give the stages of all services, in the order in which they start."""
    return [Stage([service_part(name, plan) for name in names]) for names in (WORKERS, WAYS_IN)]


def service_part(name: str, plan: ServicePlan) -> Part:
    """Describe one service. It is ready when it says so, or, without monitoring, when it listens."""
    listening, monitoring = plan.addresses.listening.get(name), plan.addresses.monitoring.get(name)
    seconds = plan.executor_stop if name == EXECUTOR else SERVICE_STOP
    return Part(
        name=name,
        start=lambda: start_service(name, plan),
        is_ready=lambda: is_ready(listening, monitoring),
        log_file=log_file(name, plan),
        address=str(listening) if listening else "",
        health=str(monitoring.reachable) if monitoring else "",
        stop_signals=((signal.SIGTERM, seconds),),
    )


def log_file(name: str, plan: ServicePlan) -> Path | None:
    """Give the service's log file, None when it writes to the terminal."""
    return plan.logs / f"{name}.log" if plan.logs else None


def is_ready(listening: Address | None, monitoring: Address | None) -> bool:
    """Ask the service; one without monitoring that listens nowhere is taken at its word: it runs."""
    if monitoring is not None:
        return answers_ready(str(monitoring.reachable))
    return listening is None or accepts_connections(listening.reachable.host, listening.port)


def start_service(name: str, plan: ServicePlan) -> "subprocess.Popen[bytes]":
    """Start the service's process.

    Should we be killed, the executor is asked to end, so that it can stop what it runs; the others hold nothing
    that could be lost and go at once.
    """
    return spawn(
        Command(
            arguments=(sys.executable, "-P", "-m", f"eventline_{name}", "-c", str(plan.configuration), *plan.flags),
            environment=service_environment(os.environ),
            log_file=log_file(name, plan),
            directory=Path.cwd(),
            death_signal=signal.SIGTERM if name == EXECUTOR else signal.SIGKILL,
        )
    )


def service_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Give our own environment, with output that is written at once."""
    return {**environment, "PYTHONUNBUFFERED": "1"}


def require_free_addresses(addresses: Addresses) -> None:
    """Raise PortInUse, which names port, purpose and holder, for the first address that cannot be listened on."""
    for name, address in addresses.listening.items():
        remedy = f"choose another port with --{name}-port"
        require_free(address.host, address.port, purpose=f"the {name} service", remedy=remedy)
    for name, address in addresses.monitoring.items():
        remedy = "choose others with --monitoring-port"
        require_free(address.host, address.port, purpose=f"the monitoring of the {name} service", remedy=remedy)
