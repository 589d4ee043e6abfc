"""Step output on the terminal: bytes to stdout as they are, a line about each step to stderr."""

import base64
import json
from dataclasses import dataclass, field
from typing import Final

from evcli.client import Client, Object
from evcli.durations import duration_between
from evcli.errors import ConnectionFailure
from evcli.sse import ServerEvent
from evcli.terminal import Color, Terminal, printable

CHUNK: Final = 1 << 20


@dataclass
class StepPrinter:
    """Prints steps as they go on; what has been printed is remembered, so a resumed stream repeats nothing."""

    terminal: Terminal
    only_position: int = 0
    _steps: dict[str, Object] = field(default_factory=dict)
    _printed: dict[str, int] = field(default_factory=dict)
    _current: str = ""
    _ended: set[str] = field(default_factory=set)

    def wants(self, step: Object) -> bool:
        """Whether the user asked for this step."""
        return self.only_position in {0, step.get("position")}

    def see(self, event: ServerEvent) -> None:
        """Print what an event of the follow stream says about steps."""
        if event.type == "restart":
            return self._forget()
        if event.type not in {"step", "output"}:
            return None
        content = json.loads(event.data)
        if event.type == "step":
            self.see_step(content)
        elif self.wants(content):
            offset = int(content["offset"])
            self._steps.setdefault(content["step_id"], content)
            self.print_output(content["step_id"], offset, base64.b64decode(content["data"]))

        return None

    def see_step(self, step: Object) -> None:
        """Note the state of a step; its beginning and its end are announced once."""
        self._steps[step["id"]] = step
        if not self.wants(step):
            return
        if step.get("status") != "created" and step["id"] not in self._printed:
            self._enter(step["id"])
        if step.get("end_time") and step["id"] not in self._ended:
            self._ended.add(step["id"])
            self.terminal.note(self.terminal.paint_error(_ending(step), _color(step)))

    def print_output(self, step_id: str, offset: int, data: bytes) -> None:
        """Print output that begins at an offset, without what has been printed already."""
        if step_id != self._current:
            self._enter(step_id)
        fresh = data[max(self._printed[step_id] - offset, 0) :]
        if fresh:
            self._printed[step_id] = offset + len(data)
            self.terminal.write_data(fresh)

    def print_all(self, client: Client, step: Object) -> None:
        """Fetch the stored output of a step from where printing has stopped, and print it."""
        if not self.wants(step):
            return
        size = int(step.get("output_size") or 0)
        while True:
            offset = self._printed.get(step["id"], 0)
            query = (("offset", str(offset)), ("limit", str(CHUNK)))
            part = client.get_bytes("step_executions", "id", step["id"], "output", query=query)
            size = max(size, _integer(part.headers, "eventline-output-size", size))
            self.print_output(step["id"], _integer(part.headers, "eventline-output-offset", offset), part.body)
            if not part.body or self._printed[step["id"]] >= size:
                return

    def _forget(self) -> None:
        """The execution was restarted: its steps begin again."""
        self.terminal.info("job execution restarted")
        for seen in (self._steps, self._printed, self._ended):
            seen.clear()
        self._current = ""

    def _enter(self, step_id: str) -> None:
        self._current = step_id
        self._printed.setdefault(step_id, 0)
        step = self._steps.get(step_id, {})
        self.terminal.heading(f"step {step.get('position', '?')}: {printable(str(step.get('label', '')))}")


def _ending(step: Object) -> str:
    took = duration_between(step.get("start_time"), step.get("end_time"))
    message = printable(str(step.get("failure_message") or ""))
    parts = f"step {step.get('position')} {step.get('status')}" + (f" after {took}" if took else "")
    return f"{parts}: {message}" if message else parts


def _color(step: Object) -> Color:
    return Color.GREEN if step.get("status") == "successful" else Color.RED


def _integer(headers: object, name: str, default: int) -> int:
    text = headers.get(name) if isinstance(headers, dict) else None
    if text is None:
        return default
    if not text.isdigit():
        raise ConnectionFailure(f'the server sent "{text}" as {name}')
    return int(text)
