"""The names of everything that is said on NATS (`ARCHITECTURE.md`, section 2)."""

from dataclasses import dataclass

from eventline_common.ids import ExecutionId, ProjectId, StepId


@dataclass(frozen=True, slots=True)
class Subjects:
    """Builds subjects below one prefix, so that several platforms can share a NATS server."""

    prefix: str = "eventline"

    def event(self, connector: str, name: str) -> str:
        """An event waits; no payload."""
        return f"{self.prefix}.event.{connector}.{name}"

    def execution_run(self, runner: str) -> str:
        """An execution can start; the payload is its id."""
        return f"{self.prefix}.execution.run.{runner}"

    def execution_status(self, project_id: ProjectId, status: str) -> str:
        """An execution changed; the payload is its id."""
        return f"{self.prefix}.execution.status.{project_id}.{status}"

    def execution_statuses(self, project_id: ProjectId) -> str:
        """Every change of the executions of a project."""
        return f"{self.prefix}.execution.status.{project_id}.*"

    def execution_abort(self, id: ExecutionId) -> str:
        """The execution is aborted: its executor stops it; no payload."""
        return f"{self.prefix}.execution.abort.{id}"

    def execution_aborts(self) -> str:
        """Every abort."""
        return f"{self.prefix}.execution.abort.*"

    def output(self, step_id: StepId) -> str:
        """The output of a step grew; the payload is the offset in decimal, a line feed, and the bytes."""
        return f"{self.prefix}.output.{step_id}"

    def notification(self) -> str:
        """A notification waits; no payload."""
        return f"{self.prefix}.notification"

    def subscription(self) -> str:
        """A subscription, timer or refresh time changed, or an execution that is followed ended; no payload."""
        return f"{self.prefix}.subscription"
