"""The trace of an execution: how long it waited, how long it and each of its steps ran."""

from eventline_common.executions import Claimed, Finish
from eventline_common.tracing import Span, Tracing


class ExecutionTrace:
    """The spans of one attempt; below the request or event that made the execution, if that was traced."""

    def __init__(self, tracing: Tracing, claimed: Claimed) -> None:
        self._tracing = tracing
        if claimed.attempt == 1:
            tracing.begin("wait", parent=claimed.trace_parent, start=claimed.creation_time).end()
        attributes: dict[str, str | int] = {
            "eventline.job_execution.id": claimed.id,
            "eventline.job_execution.attempt": claimed.attempt,
            "eventline.job.id": claimed.job_id,
            "eventline.job.name": str(claimed.spec["name"]),
            "eventline.project.name": claimed.project_name,
        }
        self._span = tracing.begin("execution", parent=claimed.trace_parent, attributes=attributes)

    @property
    def trace_parent(self) -> str | None:
        """What the programs name as the parent of their own spans."""
        return self._span.trace_parent

    def step(self, position: int) -> Span:
        """Begin the span of a step."""
        return self._tracing.begin("step", parent=self.trace_parent, attributes={"eventline.step.position": position})

    def end(self, outcome: Finish) -> None:
        """End the whole; failure messages have no secrets any more."""
        attributes: dict[str, str | int] = {"eventline.job_execution.status": outcome.status}
        self._span.end(error=outcome.failure_message, attributes=attributes)
