"""What can be wrong with a request about jobs, beyond its form."""

from eventline_common.errors import InvalidValue, NotFound


class UnknownJob(NotFound):
    """The selected project has no such job."""

    code = "unknown_job"

    def __init__(self, reference: str) -> None:
        super().__init__(f'unknown job "{reference}"')


class DuplicateJobName(InvalidValue):
    """Another job of the project has this name (G-09)."""

    code = "duplicate_job_name"

    def __init__(self, name: str) -> None:
        super().__init__(f'another job of this project is named "{name}" already')


class JobLoop(InvalidValue):
    """Jobs would start each other for ever."""

    code = "job_loop"
