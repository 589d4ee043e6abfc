"""`eventline status`: which parts run, since when, and whether they are ready."""

from collections.abc import Sequence

from eventline_common.embedded.directory_lock import lock_holder
from eventline_standalone.data_directory import DataDirectory
from eventline_standalone.health import answers_ready
from eventline_standalone.parts import PartReport, PartState
from eventline_standalone.state_file import read_state
from eventline_standalone.terminal import Terminal

HEADINGS = ("part", "state", "pid", "since", "restarts", "address")
ALL_READY, NOT_READY, NOT_RUNNING = 0, 1, 3


def show_status(directory: DataDirectory, terminal: Terminal) -> int:
    """Print the parts; return 0 when all are ready, 1 when one is not, 3 when nothing runs there."""
    holder = lock_holder(directory.path)
    state = read_state(directory.state)
    if holder is None or state is None:
        terminal.say(f"eventline does not run in {directory.path}")
        return NOT_RUNNING
    parts = [(part, live_state(part)) for part in state.parts]
    terminal.say(f"eventline runs in {directory.path} (process {holder})\n")
    for line in render_table([HEADINGS, *(row(part, shown) for part, shown in parts)]):
        terminal.say(line)
    return ALL_READY if all(shown == PartState.READY for _, shown in parts) else NOT_READY


def live_state(part: PartReport) -> str:
    """Give what the supervisor wrote, except that a part which answers its health route now decides itself."""
    if part.state != PartState.READY or not part.health:
        return part.state
    return PartState.READY if answers_ready(part.health) else "not ready"


def row(part: PartReport, shown: str) -> tuple[str, ...]:
    """Give the cells of one part."""
    return (part.name, shown, str(part.pid or "-"), part.since or "-", str(part.restarts), part.address or "-")


def render_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align the columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
