"""Settings of the duties that run again and again; times are in milliseconds (service-config.md, section 3)."""

from dataclasses import dataclass

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Settings `workers.<name>`; None leaves the duty's own pace."""

    disabled: bool = False
    initial_delay: int | None = None
    error_delay: int | None = None
    sleep_duration: int | None = None


def read_worker(block: Block) -> WorkerSettings:
    """Read `workers.<name>`."""
    return WorkerSettings(
        disabled=block.boolean("disabled", False),
        initial_delay=block.optional_integer("initial_delay"),
        error_delay=block.optional_integer("error_delay"),
        sleep_duration=block.optional_integer("sleep_duration"),
    )
