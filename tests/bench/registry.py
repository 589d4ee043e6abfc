"""Every measurement: a new one is a module in `measures/` and a line here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.lines import Line
from tests.bench.measures import (
    api_requests,
    commands,
    docker_start,
    engine,
    history,
    idle,
    latency,
    masking,
    output,
    shell_jobs,
    succession,
    takeover,
    ticks,
    timers,
    webhooks,
)
from tests.bench.nothing_executor import NO_LOCAL_EXECUTIONS
from tests.bench.stack import Stack


@dataclass(frozen=True)
class Measure:
    """A measurement, and how the configuration of its platform differs from the defaults."""

    take: Callable[[Stack], Awaitable[Sequence[Line]]]
    configuration: str = ""


MEASURES: Mapping[str, Measure] = {
    "idle": Measure(idle.measure),
    "commands": Measure(commands.measure),
    "latency": Measure(latency.measure),
    "succession": Measure(succession.measure),
    "ticks": Measure(ticks.measure),
    "shell-jobs": Measure(shell_jobs.measure),
    "docker": Measure(docker_start.measure, docker_start.CONFIGURATION),
    "requests": Measure(api_requests.measure),
    "webhooks": Measure(webhooks.measure),
    "output": Measure(output.measure),
    "masking": Measure(masking.measure),
    "engine": Measure(engine.measure, NO_LOCAL_EXECUTIONS),
    "timers": Measure(timers.measure),
    "takeover": Measure(takeover.measure),
    "history": Measure(history.measure, NO_LOCAL_EXECUTIONS),
}
