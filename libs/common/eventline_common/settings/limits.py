"""Settings of the limits on what people may send and jobs may write (G-92); sizes are in bytes."""

from dataclasses import dataclass

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class LimitsSettings:
    """Settings `limits`; a `step_output` of 0 is no limit."""

    request_body: int = 10 * 1024 * 1024
    webhook_body: int = 25 * 1024 * 1024
    jobs_per_deployment: int = 1000
    step_output: int = 4 * 1024 * 1024 * 1024


def read_limits(block: Block) -> LimitsSettings:
    """Read `limits`."""
    default = LimitsSettings()
    return LimitsSettings(
        request_body=block.integer("request_body", default.request_body, least=1024),
        webhook_body=block.integer("webhook_body", default.webhook_body, least=1024),
        jobs_per_deployment=block.integer("jobs_per_deployment", default.jobs_per_deployment, least=1),
        step_output=block.integer("step_output", default.step_output, least=0),
    )
