"""What a follower was told already, and so what it has to be told next: pure."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace

from eventline_api.job_executions.execution import UNFINISHED, StepExecution
from eventline_api.job_executions.schemas import execution_view, step_view
from eventline_api.live.messages import Position, message
from eventline_api.live.store import Snapshot
from eventline_api.step_executions.store import Chunk
from eventline_common.domain.states import Status

# What changes while nothing happens.
_RESTLESS = ("update_time", "refresh_time")


class Progress:
    """Keeps the attempt, the offset in each output, and the last view of everything that was sent."""

    def __init__(self, snapshot: Snapshot, resumed: Position | None) -> None:
        self._attempt = snapshot.execution.attempt if resumed is None else resumed.attempt
        self._offsets = {step.position: 0 for step in snapshot.steps}
        if resumed is not None:
            self._offsets.update(zip(self._offsets, resumed.offsets, strict=False))
        self._views: dict[int, Mapping[str, object]] = {}

    @property
    def position(self) -> Position:
        """Where a follower resumes after what was sent so far."""
        return Position(self._attempt, tuple(self._offsets.values()))

    def offset(self, step: int) -> int:
        """Return how many bytes of the output of a step were sent."""
        return self._offsets[step]

    def is_announced(self, step: int) -> bool:
        """Tell whether it was said that a step has started."""
        return self._views.get(step, {}).get("status", Status.CREATED) != Status.CREATED

    def is_complete(self, snapshot: Snapshot) -> bool:
        """Tell whether all output was sent."""
        return all(self._offsets[step.position] >= step.output_size for step in snapshot.steps)

    def restart(self, snapshot: Snapshot) -> bytes | None:
        """Forget everything when the execution was restarted, or when what the follower has is none of it."""
        beyond = any(self._offsets.get(step.position, 0) > step.output_size for step in snapshot.steps)
        if self._attempt == snapshot.execution.attempt and not beyond:
            return None
        self._attempt = snapshot.execution.attempt
        self._offsets = {step.position: 0 for step in snapshot.steps}
        self._views = {}
        data = {"job_execution_id": snapshot.execution.id, "attempt": self._attempt}
        return message("restart", data, id=self.position)

    def execution(self, snapshot: Snapshot) -> bytes | None:
        """Say how the execution is, if that is news."""
        return self._news(0, "execution", execution_view(snapshot.execution))

    def step(self, step: StepExecution) -> bytes | None:
        """Say how a step is, if that is news; its end is only news once its output is sent."""
        if step.status not in UNFINISHED and self._offsets[step.position] < step.output_size:
            if self.is_announced(step.position):
                return None
            step = replace(step, status=Status.STARTED, end_time=None, failure_message=None)
        return self._news(step.position, "step", step_view(replace(step, output_size=0)), step.output_size)

    def output(self, step: StepExecution, chunk: Chunk) -> bytes | None:
        """Send what is new of a chunk that begins at or before the offset."""
        data = chunk.data[self._offsets[step.position] - chunk.position :]
        if not data:
            return None
        offset = self._offsets[step.position]
        self._offsets[step.position] = offset + len(data)
        view = {"step_id": step.id, "position": step.position, "offset": offset, "data": b64encode(data).decode()}
        return message("output", view, id=self.position)

    def end(self, snapshot: Snapshot) -> bytes:
        """Say that everything was sent."""
        data = {"job_execution_id": snapshot.execution.id, "status": snapshot.execution.status.value}
        return message("end", data, id=self.position)

    def _news(self, place: int, event: str, view: Mapping[str, object], output_size: int | None = None) -> bytes | None:
        calm = {name: value for name, value in view.items() if name not in _RESTLESS}
        if self._views.get(place) == calm:
            return None
        self._views[place] = calm
        sent = view if output_size is None else {**view, "output_size": output_size}
        return message(event, sent, id=self.position)
