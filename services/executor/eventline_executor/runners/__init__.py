"""The runners that an executor can serve. A new one is a module with a `RunnerFactory` and a line here."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from typing import cast

from eventline_common.settings import Settings
from eventline_executor.runners.protocol import RunnerFactory

# Module and class; imported when an executor serves them, because their libraries are large.
RUNNERS: Mapping[str, tuple[str, str]] = {
    "local": ("eventline_executor.runners.local", "LocalRunners"),
    "docker": ("eventline_executor.runners.docker", "DockerRunners"),
    "ssh": ("eventline_executor.runners.ssh", "SshRunners"),
    "kubernetes": ("eventline_executor.runners.kubernetes", "KubernetesRunners"),
}


def served_runners(settings: Settings) -> tuple[str, ...]:
    """Return the names of the runners that this executor serves: those of its settings that the platform allows."""
    return tuple(name for name in settings.executor.runners if name in settings.allowed_runners)


async def start_runners(settings: Settings, stack: AsyncExitStack) -> Mapping[str, RunnerFactory]:
    """Build the served runners, clean up what dead executors left, and close them with the stack."""
    runners: dict[str, RunnerFactory] = {}
    for name in served_runners(settings):
        runners[name] = runner_factory(name, settings)
        stack.push_async_callback(runners[name].close)
        await runners[name].recover()
    return runners


def runner_factory(name: str, settings: Settings) -> RunnerFactory:
    """Build the factory of a runner; its class has a class method `of(settings)`."""
    module, class_name = RUNNERS[name]
    return cast("RunnerFactory", getattr(import_module(module), class_name).of(settings))
